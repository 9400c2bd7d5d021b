"""The verbs about tasks, queues, nodes and schedules, and what each answers.

Like :mod:`desktop.engine.commands`, of which they are a part.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from desktop.engine.history_commands import ListFilters as ListFilters
from desktop.engine.history_commands import ListTasks as ListTasks
from desktop.engine.history_commands import SavedFilters as SavedFilters
from desktop.engine.history_commands import SaveFilter as SaveFilter
from desktop.engine.history_commands import Selection as Selection
from desktop.engine.history_commands import ShowTask as ShowTask
from desktop.engine.history_commands import TaskDetail as TaskDetail
from desktop.engine.history_commands import TaskFigures as TaskFigures
from desktop.engine.history_commands import TaskFiguresReport as TaskFiguresReport
from desktop.engine.history_commands import TaskOrder as TaskOrder
from desktop.engine.history_commands import TaskPage as TaskPage
from desktop.engine.model import Problem
from desktop.engine.task_model import (
    QueueDetail,
    QueuedMessage,
    Reason,
    RegisteredTask,
    ScheduleEntry,
    Task,
    WaitingTask,
)
from desktop.words import Text

# --- actions on tasks --------------------------------------------------------------------------


class TaskVerb(StrEnum):
    REVOKE = "revoke"
    TERMINATE = "terminate"
    RUN_AGAIN = "run-again"


class ActOnTasks(msgspec.Struct, frozen=True, tag=True):
    """Revoke, terminate or run again. Answers :class:`TaskActionReport`.

    With ``dry_run`` nothing is done and the report says what would be.
    """

    project: str = ""
    verb: TaskVerb = TaskVerb.REVOKE
    selection: Selection = Selection()
    signal: str = "TERM"
    dry_run: bool = False
    undo: bool = False
    """Of REVOKE: take the revocation back, as far as the workers can."""


class RunTask(msgspec.Struct, frozen=True, tag=True):
    """Send a task by hand. Answers :class:`TaskActionReport`."""

    project: str = ""
    name: str = ""
    args: str = "[]"
    """A JSON list."""
    kwargs: str = "{}"
    """A JSON object."""
    queue: str = ""
    """"": where the app sends this task."""
    countdown_s: float | None = None
    again: str = ""
    """Id of the task that this one repeats, if any."""


class TaskOutcome(msgspec.Struct, frozen=True):
    """What happened, or would happen, to one task."""

    id: str
    name: str = ""
    done: bool = True
    words: Text = Text("")
    new_id: str = ""
    """Of the task that was sent."""
    args: str = ""
    """JSON for the form, where the real arguments must be repaired by a person."""
    kwargs: str = ""


class TaskActionReport(msgspec.Struct, frozen=True, tag=True):
    outcomes: tuple[TaskOutcome, ...] = ()
    """At most 1,000; the counts are of all."""
    done: int = 0
    failed: int = 0
    words: Text = Text("")
    """In a sentence: "3 tasks revoked; 1 had ended already"."""


class RegisteredTasks(msgspec.Struct, frozen=True, tag=True):
    """What the workers would run. Answers :class:`RegisteredTasksReport`."""

    project: str = ""


class RegisteredTasksReport(msgspec.Struct, frozen=True, tag=True):
    tasks: tuple[RegisteredTask, ...] = ()


# --- nodes -------------------------------------------------------------------------------------


class NodeVerb(StrEnum):
    """What a worker can be told while it runs."""

    GROW = "grow"
    SHRINK = "shrink"
    AUTOSCALE = "autoscale"
    ADD_CONSUMER = "add-consumer"
    CANCEL_CONSUMER = "cancel-consumer"
    RATE_LIMIT = "rate-limit"
    TIME_LIMIT = "time-limit"
    RESTART_POOL = "restart-pool"
    ENABLE_EVENTS = "enable-events"
    DISABLE_EVENTS = "disable-events"
    WARM_STOP = "warm-stop"


class TellNode(msgspec.Struct, frozen=True, tag=True):
    """Tell one process of a node. Answers :class:`NodeReport`; refused when it does not answer,
    or when the name is a duplicate's and cannot single out the process."""

    project: str = ""
    node: str = ""
    pid: int = 0
    verb: NodeVerb = NodeVerb.GROW
    n: int = 1
    """Processes to grow or shrink by; of AUTOSCALE the most."""
    least: int = 0
    """Of AUTOSCALE."""
    queue: str = ""
    task: str = ""
    rate: str = ""
    """"10/m"."""
    soft_s: float | None = None
    hard_s: float | None = None


class NodeReport(msgspec.Struct, frozen=True, tag=True):
    words: Text
    """What the worker said it did."""


class ShowNode(msgspec.Struct, frozen=True, tag=True):
    """All that one worker tells of itself, and the processes behind it. Answers
    :class:`NodeDetail`."""

    project: str = ""
    node: str = ""
    pid: int = 0


class NodeProcess(msgspec.Struct, frozen=True):
    """A process of a worker: its main, or one of its pool's."""

    pid: int
    main: bool = False
    cpu_percent: float | None = None
    rss_bytes: int | None = None
    started_at: float | None = None
    task_id: str = ""
    task_name: str = ""
    task_started_at: float | None = None
    task_usual_s: float | None = None
    """Median runtime of this task in the history."""


class NodeDetail(msgspec.Struct, frozen=True, tag=True):
    node: str
    pid: int
    answered: bool = True
    processes: tuple[NodeProcess, ...] = ()
    pool: str = ""
    concurrency: int | None = None
    autoscale: tuple[int, int] | None = None
    """(most, least)."""
    prefetch: int | None = None
    queues: tuple[str, ...] = ()
    registered: tuple[RegisteredTask, ...] = ()
    configuration: tuple[tuple[str, str], ...] = ()
    """Settings that are not the default's; secrets masked."""
    clock: int | None = None
    uptime_s: float | None = None
    totals: tuple[tuple[str, int], ...] = ()
    """(task name, how many it has run)."""
    reserved: tuple[WaitingTask, ...] = ()
    events: bool | None = None
    """Whether it sends task events."""


class DumpNode(msgspec.Struct, frozen=True, tag=True):
    """Where a process of a worker hangs: its stacks, as text. Answers :class:`StackDump`."""

    project: str = ""
    node: str = ""
    pid: int = 0


class StackDump(msgspec.Struct, frozen=True, tag=True):
    text: str
    by: str
    """"py-spy", "faulthandler" or "celery"."""


# --- queues, schedule, why ---------------------------------------------------------------------


class ShowQueues(msgspec.Struct, frozen=True, tag=True):
    """Every queue of the stack's broker, looked at now. Answers :class:`QueuesReport`."""

    project: str = ""


class QueuesReport(msgspec.Struct, frozen=True, tag=True):
    queues: tuple[QueueDetail, ...] = ()


class PeekQueue(msgspec.Struct, frozen=True, tag=True):
    """The next messages of a queue; takes none. Answers :class:`QueuePeek`."""

    project: str = ""
    queue: str = ""
    start: int = 0
    limit: int = 50


class QueuePeek(msgspec.Struct, frozen=True, tag=True):
    messages: tuple[QueuedMessage, ...] = ()
    depth: int = 0


class PurgeQueue(msgspec.Struct, frozen=True, tag=True):
    """Drop the messages of a queue. Answers :class:`QueueReport`."""

    project: str = ""
    queue: str = ""
    most: int | None = None
    """So many at most, the next ones first: what the person saw. None: all."""


class MoveMessages(msgspec.Struct, frozen=True, tag=True):
    """Put messages of one queue behind those of another. Answers :class:`QueueReport`."""

    project: str = ""
    queue: str = ""
    to: str = ""
    ids: tuple[str, ...] = ()
    """(): all."""


class QueueReport(msgspec.Struct, frozen=True, tag=True):
    count: int
    words: Text


class ShowSchedule(msgspec.Struct, frozen=True, tag=True):
    """Beat's entries and the tasks that wait for their time. Answers :class:`Schedule`."""

    project: str = ""


class Schedule(msgspec.Struct, frozen=True, tag=True):
    entries: tuple[ScheduleEntry, ...] = ()
    waiting: tuple[WaitingTask, ...] = ()
    beat_runs: bool = False
    problem: Problem | None = None
    """Why the entries can't be told."""


class WhyTask(msgspec.Struct, frozen=True, tag=True):
    """Why does this task not run? Answers :class:`WhyReport`."""

    project: str = ""
    id: str = ""


class WhyReport(msgspec.Struct, frozen=True, tag=True):
    task: Task | None
    answer: Text
    """In one sentence."""
    reasons: tuple[Reason, ...] = ()
    """In the order in which they were looked at."""


TaskCommand = (
    ListTasks
    | ShowTask
    | TaskFigures
    | SaveFilter
    | ListFilters
    | ActOnTasks
    | RunTask
    | RegisteredTasks
    | TellNode
    | ShowNode
    | DumpNode
    | ShowQueues
    | PeekQueue
    | PurgeQueue
    | MoveMessages
    | ShowSchedule
    | WhyTask
)

TaskAnswer = (
    TaskPage
    | TaskDetail
    | TaskFiguresReport
    | SavedFilters
    | TaskActionReport
    | RegisteredTasksReport
    | NodeReport
    | NodeDetail
    | StackDump
    | QueuesReport
    | QueuePeek
    | QueueReport
    | Schedule
    | WhyReport
)

QUESTIONS = (ListTasks, ShowTask, TaskFigures, ShowQueues, PeekQueue, ShowNode, WhyTask)
"""Change nothing: breaking them off harms nothing."""
