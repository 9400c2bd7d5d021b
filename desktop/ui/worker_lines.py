"""What the Workers page lists: the census and the stack's own services, put together. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.engine.leftovers import SAME_S, worker_of
from desktop.engine.model import ServiceStatus, StackStatus, WorkerRow
from desktop.engine.states import ALIVE, Role, ServiceKind, ServiceState, TaskState
from desktop.ui import icons
from desktop.ui.findings import Mark, marks
from desktop.ui.phrases import service_state
from desktop.ui.theme import Tone
from desktop.ui.view import View
from desktop.words import tr, trn

SLOTS_MAX = 12
"""More than these are told by their number alone."""


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """One worker of the table."""

    node: str
    pid: int
    create_time: float
    marks: tuple[Mark, ...]
    pool: str = ""
    slots: int | None = None
    """Tasks that it can run at a time."""
    busy: int | None = None
    """None: it was not asked, or did not answer."""
    queues: tuple[str, ...] = ()
    done: int | None = None
    rss_bytes: int | None = None
    age_s: float | None = None
    service: str = ""
    """The service of ours that it is."""
    row: WorkerRow | None = None

    def is_same(self, other: WorkerLine) -> bool:
        """The same process, or the same service between two of them."""
        if not self.pid or not other.pid:
            return bool(self.service) and self.service == other.service
        return self.pid == other.pid and abs(self.create_time - other.create_time) < SAME_S


def worker_lines(view: View) -> tuple[WorkerLine, ...]:
    """Ours in the order of the services, then the others as they were found."""
    stack = view.stack
    if stack is None:
        return ()
    own = [one for one in stack.services if one.kind is ServiceKind.WORKER]
    rows = {one.name: worker_of(stack, one) for one in own if one.pid}
    taken = {row.pid for row in rows.values() if row}
    lines = [_own(one, rows.get(one.name), view, stack) for one in own if _shown(one)]
    lines += [
        _found(row, view, stack)
        for row in stack.workers
        if row.role is Role.WORKER and row.this_app and row.pid not in taken
    ]
    return tuple(lines)


def _shown(service: ServiceStatus) -> bool:
    return service.state in ALIVE or service.enabled or service.state is ServiceState.FAILED


def _own(
    service: ServiceStatus, row: WorkerRow | None, view: View, stack: StackStatus
) -> WorkerLine:
    up = service.state is ServiceState.RUNNING
    said = tuple(mark for mark in marks(row) if mark.loud) if row and up else ()
    glyph, tone = icons.STATES[service.state]
    loud = service.state not in {ServiceState.RUNNING, ServiceState.STOPPED}
    state = Mark(glyph, tone, service_state(service.state), loud)
    age_s = view.uptime_s(service)
    return WorkerLine(
        node=service.node or service.name,
        pid=service.pid or 0,
        create_time=service.create_time or (row.create_time if row else 0.0),
        marks=said or (state,),
        pool=row.pool if row else "",
        slots=row.concurrency if row else None,
        busy=_busy(stack, service.node, row) if up else None,
        queues=row.queues if row else (),
        done=row.total if row else None,
        rss_bytes=service.rss_bytes,
        age_s=age_s,
        service=service.name,
        row=row,
    )


def _found(row: WorkerRow, view: View, stack: StackStatus) -> WorkerLine:
    return WorkerLine(
        node=row.node or row.app or tr("process {pid}", pid=row.pid),
        pid=row.pid,
        create_time=row.create_time,
        marks=marks(row),
        pool=row.pool,
        slots=row.concurrency,
        busy=_busy(stack, row.node, row),
        queues=row.queues,
        done=row.total,
        rss_bytes=row.rss_bytes,
        age_s=max(0.0, view.now - row.create_time) if row.create_time else None,
        row=row,
    )


def _busy(stack: StackStatus, node: str, row: WorkerRow | None) -> int | None:
    """By the events, which tell at once; or as it said itself, where it sends none."""
    heard = sum(
        task.state is TaskState.STARTED
        and task.worker == node
        and (not task.worker_pid or row is None or task.worker_pid == row.pid)
        for task in stack.active
    )
    said = row.active if row else None
    return heard or said if said is not None or heard else None


def busy_words(line: WorkerLine) -> str:
    """ "3 of 4" """
    if line.busy is None:
        return "–"
    if line.slots is None:
        return str(line.busy)
    return tr("{busy} of {slots}", busy=line.busy, slots=line.slots)


def sentence(lines: tuple[WorkerLine, ...]) -> tuple[str, str, str]:
    """How they are, in a line, with its glyph and colour."""
    running = [one for one in lines if one.pid]
    words = trn("{n} worker running", "{n} workers running", len(running))
    odd = sum(any(mark.loud and mark.tone is not Tone.RUN for mark in one.marks) for one in lines)
    if odd:
        words += " · " + trn("{n} needs a look", "{n} need a look", odd)
        return words, "state-attention", "warn"
    return words, ("state-ok" if running else "state-idle"), ("ok" if running else "off")
