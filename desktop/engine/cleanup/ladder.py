"""The way down for one process: asked warmly, waited for, forced only on a person's word. Pure.

::

    [what would start it again ends] -> TERM -> tasks finish -> [consent: QUIT -> KILL]

A second TERM is ignored by a worker and TERM followed by KILL strands what it holds for the
visibility timeout (facts): so it is asked once, and force begins with QUIT, after which a worker
hands its messages back.
"""

from __future__ import annotations

from enum import StrEnum, auto

import msgspec

from desktop.engine.cleanup import keepers
from desktop.engine.cleanup_model import CleanupItem, HeldTask
from desktop.engine.commands import PlanRow
from desktop.engine.process import Sent
from desktop.engine.states import CleanupStep, Role
from desktop.words import Text, text, textn

FORCE_STEP_S = 8.0
"""How long a worker gets to hand its messages back after QUIT, before KILL, as in a stop."""
KEEPER_PATIENCE_S = 5.0
"""How long a shell loop or watchfiles gets to end; they have nothing to finish."""
STUCK_PATIENCE_S = 30.0
"""How long an end is waited for of what finishes nothing: it is suspended, or ran no task."""

END = frozenset({CleanupStep.STOPPED, CleanupStep.LEFT})


class Act(StrEnum):
    """What is to be done to a process now."""

    END_KEEPER = auto()
    TERM = auto()
    QUIT = auto()
    KILL = auto()


class Seen(msgspec.Struct, frozen=True):
    """What the process table shows."""

    alive: bool
    suspended: bool = False
    keeper_alive: bool = False
    running: frozenset[int] = frozenset()
    """Those of the pids of its tasks that still run."""


class _Phase(StrEnum):
    BEGIN = auto()
    KEEPER_ENDS = auto()
    ASKED = auto()
    QUIT = auto()
    KILLED = auto()
    OVER = auto()


class Descent:
    """One process on its way. :meth:`tick` names the next act, :meth:`done` takes its result."""

    def __init__(self, plan: PlanRow, patience_s: float, *, force: bool = False) -> None:
        """``force``: a person's consent to end what still runs after ``patience_s``."""
        self.plan = plan
        self.row = plan.worker
        self.step = CleanupStep.ASKED
        self.note = Text("")
        self.forced = False
        """It was ended by force, or is being so."""
        self.cut_off: tuple[HeldTask, ...] = ()
        """The tasks that ran when force began."""
        self._tasks = plan.tasks
        self._patience_s = patience_s
        self._consent = force
        self._now = False
        self._phase = _Phase.BEGIN
        self._since = 0.0
        self._asked_at = 0.0
        self._seen = Seen(alive=True)

    @property
    def over(self) -> bool:
        return self._phase is _Phase.OVER

    @property
    def tasks(self) -> tuple[HeldTask, ...] | None:
        """Those that are still to finish, as far as the process table tells: a pool process ends
        with its task once its worker was asked to stop. None: not known."""
        if self._tasks is None or self._phase in {_Phase.BEGIN, _Phase.KEEPER_ENDS}:
            return self._tasks
        return tuple(
            task for task in self._tasks if task.pid == 0 or task.pid in self._seen.running
        )

    @property
    def task_pids(self) -> tuple[int, ...]:
        return tuple({task.pid for task in self._tasks or () if task.pid})

    def item(self) -> CleanupItem:
        """How far it has come, for the faces."""
        row = self.row
        tasks = () if self.step is CleanupStep.STOPPED else self.tasks or ()
        return CleanupItem(
            row.pid, row.create_time, row.node or row.command, self.step, self.note, tasks
        )

    def set_tasks(self, tasks: tuple[HeldTask, ...]) -> None:
        """What it runs, told later than the plan."""
        self._tasks = tasks

    def force_now(self) -> None:
        """A person's consent while it is waited for: end it without more patience."""
        self._consent = self._now = True

    def tick(self, now: float, seen: Seen) -> Act | None:
        """The next act, if any is due. ``now`` is monotonic time."""
        self._seen = seen
        if self._phase is _Phase.BEGIN:
            self._asked_at = now
            if self._keeper in keepers.ENDED_BY and seen.keeper_alive:
                self._to(_Phase.KEEPER_ENDS, now)
                return Act.END_KEEPER
            return self._ask(now, seen)
        if self._phase is _Phase.KEEPER_ENDS:
            return self._await_keeper(now, seen)
        if self._phase is _Phase.OVER:
            return None
        if not seen.alive:
            self._stop()
            return None
        if self._phase is _Phase.ASKED:
            return self._wait(now, seen)
        return self._force_on(now)

    def done(self, act: Act, sent: Sent) -> None:
        """What became of the act that was named last."""
        if sent in {Sent.SENT, Sent.GONE}:
            return
        if act is Act.END_KEEPER:
            self._leave(text("What starts it again could not be ended; nothing was done."))
        elif sent is Sent.CHANGED:
            self._leave(text("It is another program by now; it got no signal."))
        else:
            self._leave(text("It may not be signalled or verified."))

    # --- phases --------------------------------------------------------------------------------

    @property
    def _keeper(self) -> str:
        return self.row.keeper.kind if self.row.keeper else ""

    def _ask(self, now: float, seen: Seen) -> Act | None:
        if not seen.alive:
            self._stop()
            return None
        self._to(_Phase.ASKED, now)
        self._tell(seen)
        return Act.TERM

    def _await_keeper(self, now: float, seen: Seen) -> Act | None:
        if not seen.keeper_alive:
            return self._ask(now, seen)
        if now - self._since >= KEEPER_PATIENCE_S:
            pid = self.row.keeper.pid if self.row.keeper else 0
            self._leave(
                text(
                    "What starts it again (process {pid}) does not end: end it where it was "
                    "started.",
                    pid=str(pid),
                )
            )
        return None

    def _wait(self, now: float, seen: Seen) -> Act | None:
        self._tell(seen)
        waited_s = now - self._asked_at
        if self._consent and (self._now or waited_s >= self._patience_s):
            self.forced = True
            self.cut_off = self.tasks or ()
            self.step, self.note = CleanupStep.FORCING, Text("")
            hands_back = self.row.role is Role.WORKER and not seen.suspended
            self._to(_Phase.QUIT if hands_back else _Phase.KILLED, now)
            return Act.QUIT if hands_back else Act.KILL
        stuck = seen.suspended or self._tasks == ()
        patience_s = min(self._patience_s, STUCK_PATIENCE_S) if stuck else self._patience_s
        if not self._consent and waited_s >= patience_s:
            self._leave(self._still(seen))
        return None

    def _force_on(self, now: float) -> Act | None:
        if now - self._since < FORCE_STEP_S:
            return None
        if self._phase is _Phase.QUIT:
            self._to(_Phase.KILLED, now)
            return Act.KILL
        self._leave(text("It does not end even by force."))
        return None

    def _stop(self) -> None:
        self.step, self.note = CleanupStep.STOPPED, Text("")
        self._phase = _Phase.OVER

    def _leave(self, why: Text) -> None:
        self.step, self.note = CleanupStep.LEFT, why
        self._phase = _Phase.OVER

    def _to(self, phase: _Phase, now: float) -> None:
        self._phase, self._since = phase, now

    # --- words ---------------------------------------------------------------------------------

    def _tell(self, seen: Seen) -> None:
        tasks = self.tasks
        self.step = CleanupStep.FINISHING if tasks else CleanupStep.ASKED
        if seen.suspended:
            self.note = _suspended(self.row.pid)
        elif tasks is None:
            self.note = text("What it runs is unknown.")
        else:
            self.note = Text("")  # the tasks themselves are told

    def _still(self, seen: Seen) -> Text:
        tasks = self.tasks
        if seen.suspended:
            return _suspended(self.row.pid)
        if tasks:
            return textn(
                "It still finishes {n} task, and ends by itself after it.",
                "It still finishes {n} tasks, and ends by itself after them.",
                len(tasks),
            )
        if tasks is None:
            return text("It has not ended yet; what it runs is unknown. It ends by itself.")
        return text("It was asked to end and does not; it can be forced.")


def _suspended(pid: int) -> Text:
    return text("is suspended; to go on: kill -CONT {pid}", pid=str(pid))
