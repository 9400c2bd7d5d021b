"""Every verb that a face may call, as frozen values, and what each answers.

A command names its project: the absolute path of the folder that holds the configuration, or ""
for the bundled app. The engine opens a stack when it is first named.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from desktop.engine.cleanup_model import HeldTask, LostTask, RescuedTask, Stranded
from desktop.engine.flower_commands import (
    FLOWER_QUESTIONS,
    FlowerAnswer,
    FlowerCommand,
    Install,
)
from desktop.engine.history_commands import HISTORY_QUESTIONS, HistoryAnswer, HistoryCommand
from desktop.engine.metrics_commands import METRICS_QUESTIONS, MetricsAnswer, MetricsCommand
from desktop.engine.model import Problem, StackStatus, WorkerRow
from desktop.engine.node_commands import NODE_QUESTIONS, NodeAnswer, NodeCommand
from desktop.engine.queue_commands import QUEUE_QUESTIONS, QueueAnswer, QueueCommand
from desktop.engine.states import PlanAction
from desktop.engine.task_commands import TaskAnswer, TaskCommand
from desktop.words import Text


class Existing(StrEnum):
    """What to do about workers of the same app that already run and are not ours."""

    REFUSE = "refuse"
    """Start no worker beside them; answer who they are."""
    REPLACE = "replace"
    """Start ours, then stop them warmly; no task is lost."""
    KEEP = "keep"
    """Start beside them."""


class WorkerOptions(msgspec.Struct, frozen=True):
    """A worker asked for on the command line, over what the configuration says."""

    name: str = "worker1"
    concurrency: int | None = None
    queues: tuple[str, ...] = ()
    """Empty: all queues of the app."""
    pool: str | None = None
    loglevel: str | None = None


class Open(msgspec.Struct, frozen=True, tag=True):
    """Load the project's stack and show it; starts nothing. Answers :class:`StackStatus`."""

    project: str = ""


class Start(msgspec.Struct, frozen=True, tag=True):
    """Start services with all they need and answer when each is ready or has failed.

    Answers :class:`StartReport`.
    """

    project: str = ""
    services: tuple[str, ...] = ()
    """Empty: all that are enabled."""
    without: tuple[str, ...] = ()
    """Names or kinds to leave out ("web")."""
    worker: WorkerOptions | None = None
    existing: Existing = Existing.REFUSE
    install: Install = Install.NO


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Stop services, those that need others first. Answers :class:`StopReport`.

    Waits for running tasks as long as it takes; ``force`` goes down the ladder at once.
    """

    project: str = ""
    services: tuple[str, ...] = ()
    """Empty: all of ours."""
    force: bool = False
    """The person's consent to end what still runs tasks."""
    patience_s: float | None = None
    """Answer after this long even when something is still finishing; None: wait."""


class Restart(msgspec.Struct, frozen=True, tag=True):
    """A fresh process of each, with the code and the configuration as they are now. Answers
    :class:`StartReport` when all are ready.

    A worker is taken over without a gap, and the one before finishes its tasks in the background;
    where that can't be (another broker than Redis) it is stopped warmly first.
    """

    project: str = ""
    services: tuple[str, ...] = ()


class Census(msgspec.Struct, frozen=True, tag=True):
    """Look for every Celery process now. Answers :class:`CensusReport`."""

    project: str = ""


class StopExisting(msgspec.Struct, frozen=True, tag=True):
    """Warmly stop workers of this app that are not ours. Answers :class:`StopReport`."""

    project: str = ""
    pids: tuple[int, ...] = ()
    """Empty: all of them."""


class Pick(msgspec.Struct, frozen=True):
    """One process of a plan. It is looked at again before each signal."""

    pid: int
    create_time: float


class PlanCleanup(msgspec.Struct, frozen=True, tag=True):
    """Look now, and say what a cleanup would do. Signals nothing. Answers :class:`CleanupPlan`."""

    project: str = ""


class Cleanup(msgspec.Struct, frozen=True, tag=True):
    """Stop processes without losing a task, then put back what dead workers held.

    Answers :class:`CleanupReport` when all have ended or the patience is over. Its progress is in
    the snapshot. A second one while one is going on is refused.
    """

    project: str = ""
    picks: tuple[Pick, ...] | None = None
    """None: those that a fresh plan selects by itself; (): none, only rescue."""
    all_of_app: bool = False
    """With ``picks`` None: external workers of this app too."""
    patience_s: float | None = None
    """How long tasks may take to finish; None: the app's hard time limit."""
    force: bool = False
    """The person's consent to end what still runs after the patience; its tasks are rescued."""


class ForceCleanup(msgspec.Struct, frozen=True, tag=True):
    """The person's consent while a cleanup waits: end these now. Answers :class:`Done`."""

    project: str = ""
    picks: tuple[Pick, ...] = ()


class RunAgain(msgspec.Struct, frozen=True, tag=True):
    """Send lost tasks again, with their real arguments. Answers :class:`RunAgainReport`."""

    project: str = ""
    ids: tuple[str, ...] = ()


class CleanupLog(msgspec.Struct, frozen=True, tag=True):
    """What cleanups did, the newest first. Answers :class:`CleanupLogReport`."""

    project: str = ""
    limit: int = 200


class Watch(msgspec.Struct, frozen=True, tag=True):
    """How often this face wants CPU and memory measured, seconds; 0: not for its sake."""

    interval_s: float = 0.0
    frame_s: float = 0.0
    """At least so long between two changes that it is told of; never less than a tenth of a
    second."""


class Leave(msgspec.Struct, frozen=True, tag=True):
    """The engine ends; the services go on and the next engine adopts them."""


Command = (
    Open
    | Start
    | Stop
    | Restart
    | Census
    | StopExisting
    | PlanCleanup
    | Cleanup
    | ForceCleanup
    | RunAgain
    | CleanupLog
    | Watch
    | Leave
    | HistoryCommand
    | TaskCommand
    | NodeCommand
    | QueueCommand
    | FlowerCommand
    | MetricsCommand
)


class ServiceProblem(msgspec.Struct, frozen=True):
    service: str
    problem: Problem


class StillFinishing(msgspec.Struct, frozen=True):
    """A worker that ends as soon as it has finished its tasks; ours has taken over already."""

    pid: int
    service: str = ""
    """The worker of ours that it was before; "": somebody else's."""
    tasks: int | None = None
    """How many it finishes; None: not known."""


class StartReport(msgspec.Struct, frozen=True, tag=True):
    ready: tuple[str, ...] = ()
    failed: tuple[ServiceProblem, ...] = ()
    existing: tuple[WorkerRow, ...] = ()
    """Workers of the same app beside which nothing was started (``Existing.REFUSE``)."""
    replaced: tuple[int, ...] = ()
    """Pids of workers that were warmly stopped because ours took over."""
    finishing: tuple[StillFinishing, ...] = ()
    """Those that still finish tasks after ours took over; they end by themselves."""


class StopReport(msgspec.Struct, frozen=True, tag=True):
    stopped: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    """Still finishing tasks when the patience ran out; they go on stopping by themselves."""
    failed: tuple[ServiceProblem, ...] = ()


class CensusReport(msgspec.Struct, frozen=True, tag=True):
    workers: tuple[WorkerRow, ...] = ()


class PlanRow(msgspec.Struct, frozen=True):
    """What the cleanup would do with one process, and what that means for its tasks."""

    worker: WorkerRow
    action: PlanAction
    selected: bool
    """Chosen without asking: only what is certain."""
    why: Text
    tasks: tuple[HeldTask, ...] | None = None
    """What it runs; None when it could not be asked."""
    outcome: Text = Text("")
    """What happens to its tasks when it is stopped warmly."""
    outcome_of_force: Text = Text("")


class CleanupPlan(msgspec.Struct, frozen=True, tag=True):
    rows: tuple[PlanRow, ...] = ()
    stranded: Stranded | None = None


class LeftProcess(msgspec.Struct, frozen=True):
    pid: int
    why: Text


class CleanupReport(msgspec.Struct, frozen=True, tag=True):
    plan: tuple[PlanRow, ...] = ()
    stopped: tuple[int, ...] = ()
    left: tuple[LeftProcess, ...] = ()
    rescued: tuple[RescuedTask, ...] = ()
    lost: tuple[LostTask, ...] = ()
    stranded: Stranded | None = None


class RunAgainReport(msgspec.Struct, frozen=True, tag=True):
    sent: tuple[LostTask, ...] = ()
    failed: tuple[ServiceProblem, ...] = ()
    """``service`` is the task's id."""


class CleanupEntry(msgspec.Struct, frozen=True):
    """One line of the audit log."""

    at: float
    what: str
    """"asked", "stopped", "left", "forced", "rescued", "lost", "run-again", "refused"."""
    words: Text
    pid: int = 0
    task_id: str = ""


class CleanupLogReport(msgspec.Struct, frozen=True, tag=True):
    entries: tuple[CleanupEntry, ...] = ()


class Done(msgspec.Struct, frozen=True, tag=True):
    pass


class Opened(msgspec.Struct, frozen=True, tag=True):
    stack: StackStatus


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The command could not be done; an :class:`desktop.engine.errors.TrayError` as a value."""

    problem: Problem
    exit_code: int = 1


Answer = (
    StartReport
    | StopReport
    | CensusReport
    | CleanupPlan
    | CleanupReport
    | RunAgainReport
    | CleanupLogReport
    | Opened
    | Done
    | Refused
    | HistoryAnswer
    | TaskAnswer
    | NodeAnswer
    | QueueAnswer
    | FlowerAnswer
    | MetricsAnswer
)

QUESTIONS = (
    *HISTORY_QUESTIONS,
    *NODE_QUESTIONS,
    *QUEUE_QUESTIONS,
    *FLOWER_QUESTIONS,
    *METRICS_QUESTIONS,
)
"""Change nothing: breaking them off harms nothing."""
