"""What the fold keeps of one task that has not been forgotten yet."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from desktop.engine.states import TaskState
from desktop.engine.task_model import ATTEMPTS_MAX, Attempt, Task
from desktop.engine.telemetry.wire import Event

NEVER = -1.0
"""The place of something that has not happened."""

Skew = Callable[[str], float]
"""Seconds to be added to a node's time stamps, for they are of its own wall clock."""

RANK = {
    TaskState.PENDING: 0,
    TaskState.RECEIVED: 1,
    TaskState.STARTED: 2,
    TaskState.RETRY: 3,
    TaskState.REJECTED: 4,
    TaskState.REVOKED: 5,
    TaskState.FAILURE: 6,
    TaskState.SUCCESS: 7,
}
"""Of two events of one run the higher tells its state. Celery's own precedence
(``celery/states.py``), but for RETRY and REJECTED: Celery puts them below RECEIVED, for there they
stand for "it will come again", while here the next run is another run."""


class Run(msgspec.Struct, gc=False):
    """One time that a process of a node has had the task. ``r``, ``s`` and ``e`` are the places of
    its reception, start and end in the order of that process's events."""

    node: str = ""
    pid: int = 0
    state: TaskState = TaskState.RECEIVED
    r: float = NEVER
    s: float = NEVER
    e: float = NEVER
    at: float = 0.0
    """Time stamp of its newest event."""
    received_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    final: bool = False
    retries: int | None = None
    eta: float | None = None
    result: str = ""
    exception: str = ""
    traceback: str = ""
    runtime_s: float | None = None
    revoked_why: str = ""

    @property
    def first(self) -> float:
        return min(place for place in (self.r, self.s, self.e) if place >= 0.0)

    @property
    def begun_at(self) -> float:
        """The first time stamp of it; 0.0: none is known."""
        return self.received_at or self.started_at or self.ended_at or 0.0


class More(msgspec.Struct, gc=False):
    """What only some tasks have, beside the record: most never need the room."""

    ended_at: float | None = None
    """When the present run ended, though another may follow."""
    result: str = ""
    exception: str = ""
    traceback: str = ""
    runtime_s: float | None = None
    revoked_why: str = ""
    settled: bool = False
    """Its end was told by its result, not by an event."""
    eta: float | None = None
    expires_at: float | None = None
    doubt: str = ""
    retried: int = 0
    """Earlier runs that asked for another."""
    size: int = 0
    """Characters of its texts, where they are long."""
    earlier: list[Run] | None = None
    elsewhere: Run | None = None
    """Another process, or the same once more, has received it while this run goes on."""


NOTHING = More()
"""Of all that have none of it; never written to."""


class Record(msgspec.Struct, gc=False):
    """One task and its present run. What has the name of a field of :class:`Task` is that."""

    id: str
    name: str = ""
    state: TaskState = TaskState.PENDING
    worker: str = ""
    worker_pid: int = 0
    queue: str = ""
    args: str = ""
    kwargs: str = ""
    retries: int = 0
    starts: int = 0
    root_id: str = ""
    parent_id: str = ""
    sent_at: float | None = None
    received_at: float | None = None
    started_at: float | None = None
    seen_at: float = 0.0
    complete: bool = False
    r: float = NEVER
    """Places of the present run's reception, start and end, as in :class:`Run`."""
    s: float = NEVER
    e: float = NEVER
    final: bool = False
    """It has ended, and nothing is expected to begin it again."""
    gone: bool = False
    """Its node has it no more, as far as can be seen; what became of it is not known."""
    unseen: bool = False
    """Events were missed since: who has it is not known."""
    answered: bool = False
    """Its node said so itself when it was asked, and no event has told of it since: which of the
    node's processes it was is not known."""
    heard_at: float = 0.0
    """Monotonic, of the last event."""
    more: More = msgspec.field(default_factory=lambda: NOTHING)

    @property
    def at(self) -> float:
        """Time stamp of the present run's newest event."""
        instants = (self.received_at, self.started_at, self.more.ended_at)
        return max(one or 0.0 for one in instants)


def own(record: Record) -> More:
    """Its ``more``, to be written to."""
    if record.more is NOTHING:
        record.more = More()
    return record.more


def task_of(record: Record) -> Task:
    """The task as it is now."""
    more = record.more
    plain = more is NOTHING
    return Task(
        record.id,
        record.name,
        record.state,
        record.worker,
        record.worker_pid,
        record.queue,
        record.args,
        record.kwargs,
        more.result,
        more.exception,
        more.traceback,
        record.retries if plain else max(record.retries, more.retried),
        record.starts,
        record.root_id,
        record.parent_id,
        record.sent_at,
        record.received_at,
        record.started_at,
        more.ended_at if record.final else None,
        more.runtime_s,
        more.eta,
        more.expires_at,
        more.revoked_why,
        record.seen_at,
        int(max(record.r, record.s, record.e, 0.0)),
        attempts_of(record) if more.earlier else (),
        more.doubt,
        record.complete,
    )


def place_of(event: Event) -> float:
    """Where it stands among the events of its process: by the Lamport clock, or else by time."""
    return event.clock or event.timestamp


_NONE = "{}"


def describe(record: Record, event: Event) -> None:
    """What a ``task-received`` or ``task-sent`` tells of the task itself."""
    if event.name:
        record.name = event.name
    if event.args:
        record.args = event.args
    if event.kwargs:
        record.kwargs = _NONE if event.kwargs == _NONE else event.kwargs
    if event.root_id:
        # Most are their own root: one string serves.
        record.root_id = record.id if event.root_id == record.id else event.root_id
    if event.parent_id:
        record.parent_id = event.parent_id
    if event.queue:
        record.queue = event.queue


def asked_again(run: Run, record: Record) -> bool:
    """This earlier run has asked for another, though its event is still on its way: a run with more
    retries is there."""
    return run.e < 0.0 and run.retries is not None and run.retries < record.retries


def attempts_of(record: Record) -> tuple[Attempt, ...]:
    """The earlier runs that came to something, the oldest first."""
    told = (run for run in record.more.earlier or () if run.s >= 0.0 or run.e >= 0.0)
    return tuple(
        Attempt(
            state=TaskState.RETRY if asked_again(run, record) else run.state,
            worker=run.node,
            worker_pid=run.pid,
            received_at=run.received_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            exception=run.exception,
            traceback=run.traceback,
        )
        for run in told
    )[-ATTEMPTS_MAX:]
