"""What is known of tasks, queues and schedules, as frozen values.

Instants are seconds since the epoch, durations seconds, sizes bytes. Names, arguments, results
and tracebacks come from other people's programs: they are text, and are only ever shown as text.
"""

from __future__ import annotations

import msgspec

from desktop.engine.states import TaskState
from desktop.words import Text


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """An earlier run of a task: one that was retried, or whose message was delivered again."""

    state: TaskState
    worker: str = ""
    worker_pid: int = 0
    received_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    exception: str = ""
    traceback: str = ""


class Task(msgspec.Struct, frozen=True, gc=False):
    """One task as far as it is known. A text that is not known is "", an instant None."""

    id: str
    name: str = ""
    state: TaskState = TaskState.PENDING
    worker: str = ""
    """Node that has or had it."""
    worker_pid: int = 0
    """Of the worker's main process; 0: not known."""
    queue: str = ""
    args: str = ""
    """The sender's ``repr``, possibly cut by Celery; never evaluated."""
    kwargs: str = ""
    result: str = ""
    """The worker's ``repr``, possibly cut by Celery."""
    exception: str = ""
    traceback: str = ""
    retries: int = 0
    starts: int = 0
    """How often a worker began it; more than ``retries + 1`` is a redelivery."""
    root_id: str = ""
    parent_id: str = ""
    sent_at: float | None = None
    received_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    runtime_s: float | None = None
    eta: float | None = None
    expires_at: float | None = None
    revoked_why: str = ""
    """"terminated", "expired" or "" of a revoked task."""
    seen_at: float = 0.0
    """Newest instant that anything told of it; orders the history."""
    clock: int = 0
    """Lamport clock of the newest event, within ``worker``."""
    attempts: tuple[Attempt, ...] = ()
    """Earlier ones, the oldest first; at most :data:`ATTEMPTS_MAX`."""
    doubt: str = ""
    """Why ``state`` may not hold any more, though nothing told of another: "worker-gone",
    "queued" (its message waits in a queue again), "not-running" (no worker that answers has it,
    and there is no result). "" when nothing speaks against it."""

    complete: bool = False
    """All that was ever told of it is in here: it replaces what was told before."""


ATTEMPTS_MAX = 20


class TaskNameStatistics(msgspec.Struct, frozen=True):
    """All runs of one task name within a span of time."""

    name: str
    count: int = 0
    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    revoked: int = 0
    per_minute: float = 0.0
    runtime_p50_s: float | None = None
    runtime_p95_s: float | None = None
    runtime_p99_s: float | None = None
    wait_p50_s: float | None = None
    """From received (or sent, where known) to started."""
    wait_p95_s: float | None = None


class FailureGroup(msgspec.Struct, frozen=True):
    """Failures of one exception at one place."""

    exception: str
    """Its type: "TimeoutError"."""
    place: str
    """"fetch.py:88"; "" when there is no traceback."""
    count: int
    first_at: float
    last_at: float
    names: tuple[str, ...] = ()
    """Of the tasks, the commonest first."""
    example_id: str = ""
    succeeded_since: int = 0
    """Tasks among them that were run again (same id or as a retry) and succeeded."""


class ChartPoint(msgspec.Struct, frozen=True):
    """One bucket of time; rates are tasks a minute."""

    at: float
    finished: float = 0.0
    failed: float = 0.0
    runtime_p50_s: float | None = None
    runtime_p95_s: float | None = None
    wait_p95_s: float | None = None
    depth: int | None = None
    """The most messages that waited in all queues of the app; None where nobody measured."""


class RegisteredTask(msgspec.Struct, frozen=True):
    """A task that a worker would run."""

    name: str
    signature: str = ""
    """"(url, *, retries=3)"; "" when not known."""
    doc: str = ""
    nodes: tuple[str, ...] = ()
    rate_limit: str = ""
    queue: str = ""


class QueueDetail(msgspec.Struct, frozen=True):
    """One queue of the broker."""

    name: str
    depth: int = 0
    by_priority: tuple[tuple[int, int], ...] = ()
    """(priority, messages), where there is more than one."""
    consumers: tuple[str, ...] | None = None
    """Nodes; None while nobody was asked."""
    unacked: int = 0
    redelivered_in_s: float | None = None
    """Until the oldest unacknowledged message goes back; None when there is none."""
    oldest_at: float | None = None
    """When the message that is taken next was sent, as far as it tells; see ``oldest_told``."""
    oldest_told: bool = False
    """It told so itself. Else it was seen first at ``oldest_at`` and may be older."""
    growth_per_minute: float | None = None
    """Of the depth; None until measured twice."""
    drained_in_s: float | None = None
    """At the present growth; None: not known, or never."""
    mine: bool = True
    """The app of the stack sends to it or takes from it."""
    depths: tuple[tuple[float, int], ...] = ()
    """(instant, depth) as the engine measured it, the oldest first; at most an hour."""
    near: str = ""
    """Of a queue that holds messages and that nobody consumes: a consumed one whose name is
    like it."""


class QueuedMessage(msgspec.Struct, frozen=True):
    """A message that waits."""

    position: int
    """0 is taken next."""
    id: str = ""
    name: str = ""
    args: str = ""
    kwargs: str = ""
    priority: int = 0
    sent_at: float | None = None
    eta: float | None = None
    expires_at: float | None = None
    size_bytes: int = 0
    redelivered: bool = False
    origin: str = ""
    body: str = ""
    """Its content as text, cut at 4 KB; "" of what is not opened (pickle)."""
    content_type: str = ""
    retries: int = 0
    queue: str = ""


class ScheduleEntry(msgspec.Struct, frozen=True):
    """One entry of beat."""

    name: str
    task: str
    schedule: str
    """As its author wrote it: "0 4 * * *"; "" where ``every_s`` says it."""
    args: str = ""
    kwargs: str = ""
    queue: str = ""
    last_run_at: float | None = None
    next_run_at: float | None = None
    total_runs: int | None = None
    late_s: float | None = None
    """How long it is overdue; None: it is not, or not known (a beat that runs tells late)."""
    enabled: bool = True
    every_s: float | None = None
    """Seconds from one run to the next, where that is all there is to it."""


class WaitingTask(msgspec.Struct, frozen=True):
    """A task that a worker holds until its time comes."""

    id: str
    name: str
    worker: str
    """Node; "" while the message waits in a queue."""
    at: float
    args: str = ""
    kwargs: str = ""
    retry: bool = False


class Reason(msgspec.Struct, frozen=True):
    """One step of the answer to "why does my task not run?"."""

    id: str
    """"queued", "no-consumer", "reserved", "eta", "unacked", "unregistered", …"""
    holds: bool | None
    """True: it is so; False: it is not; None: it could not be found out."""
    words: Text
    evidence: Text = Text("")
    fix: Text = Text("")
