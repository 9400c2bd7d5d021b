"""What the Cleanup page lists: the plan, the person's check marks and the progress, put together.

No Qt: the table draws these values, and the foot sums them up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desktop.engine.cleanup_model import CleanupItem, CleanupProgress, HeldTask
from desktop.engine.commands import CleanupPlan, Pick, PlanRow
from desktop.engine.leftovers import SAME_S
from desktop.engine.model import WorkerRow
from desktop.engine.states import CleanupStep, PlanAction
from desktop.words import tr

ENDED = frozenset({CleanupStep.STOPPED, CleanupStep.LEFT})


class Choices:
    """The person's check marks. A new look does not change them: each belongs to a process, which
    is its pid and its create time."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[float, bool]] = {}

    def choose(self, pid: int, create_time: float, checked: bool) -> None:
        self._made[pid] = (create_time, checked)

    def of(self, row: PlanRow) -> bool:
        """What the person chose, or else what the plan does by itself."""
        made = self._made.get(row.worker.pid)
        if made is None or abs(made[0] - row.worker.create_time) >= SAME_S:
            return row.selected
        return made[1]


@dataclass(frozen=True, slots=True)
class Line:
    """One process of the table."""

    pid: int
    create_time: float
    name: str
    checked: bool = False
    row: PlanRow | None = None
    """None: it is being cleaned up, and was in no plan that was seen here."""
    item: CleanupItem | None = None
    """How far it has come, while a cleanup goes on."""

    @property
    def pick(self) -> Pick:
        return Pick(self.pid, self.create_time)

    @property
    def tasks(self) -> tuple[HeldTask, ...] | None:
        """What it runs; None when that could not be asked."""
        if self.item is not None and self.item.step not in ENDED and self.item.tasks:
            return self.item.tasks
        return self.row.tasks if self.row else ()

    @property
    def waits(self) -> bool:
        """It was asked to stop and has not yet: only now is there something to force."""
        step = self.item.step if self.item else None
        return step in {CleanupStep.ASKED, CleanupStep.FINISHING}


@dataclass(frozen=True, slots=True)
class Summary:
    """The checked lines, counted."""

    processes: int = 0
    frees_bytes: int = 0
    running: int = 0
    """Tasks that finish first."""
    reserved: int = 0
    """Tasks that go back to their queues."""
    unknown: int = 0
    """Processes that could not be asked what they run."""


def is_cleaning(progress: CleanupProgress | None) -> bool:
    return progress is not None and progress.ended_at is None


def lines(
    plan: CleanupPlan | None, progress: CleanupProgress | None, choices: Choices
) -> tuple[Line, ...]:
    """What can be stopped, in the plan's order; then what is being stopped beside it."""
    items = list(progress.items) if progress is not None and is_cleaning(progress) else []
    made = []
    for row in plan.rows if plan else ():
        if row.action is not PlanAction.STOP:
            continue
        worker = row.worker
        item = next((one for one in items if _same(one, worker)), None)
        if item is not None:
            items.remove(item)
        name = process_name(worker)
        made.append(Line(worker.pid, worker.create_time, name, choices.of(row), row, item))
    others = (Line(item.pid, item.create_time, item.name, item=item) for item in items)
    return (*made, *others)


def left_alone(plan: CleanupPlan | None) -> tuple[PlanRow, ...]:
    """What the plan does not touch."""
    return tuple(row for row in (plan.rows if plan else ()) if row.action is PlanAction.LEAVE)


def summary(listed: Iterable[Line]) -> Summary:
    """Of those that are checked."""
    rows = [line.row for line in listed if line.checked and line.row]
    return Summary(
        processes=len(rows),
        frees_bytes=sum(row.worker.rss_bytes or 0 for row in rows),
        running=sum(len(row.tasks or ()) for row in rows),
        reserved=sum(row.worker.reserved or 0 for row in rows),
        unknown=sum(row.tasks is None for row in rows),
    )


def picks(listed: Sequence[Line]) -> tuple[Pick, ...]:
    """The checked ones, for the command."""
    return tuple(line.pick for line in listed if line.checked)


def process_name(worker: WorkerRow) -> str:
    """What a person knows it by."""
    return worker.node or worker.app or worker.command or tr("process {pid}", pid=worker.pid)


def _same(item: CleanupItem, worker: WorkerRow) -> bool:
    return item.pid == worker.pid and abs(item.create_time - worker.create_time) < SAME_S
