"""What the fold keeps of one task that has not been forgotten yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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


if TYPE_CHECKING:
    _Thawed = Any  # a checker does not know that a struct may thaw what it inherits
else:
    _Thawed = Task


class Record(_Thawed, frozen=False, gc=False):  # type: ignore[call-arg, misc]
    """A :class:`Task` as it is written, with what only the fold needs.

    A finished one is handed over as it is: whoever gets it has a task that nobody changes.
    """

    r: float = NEVER
    """Places of the present run's reception, start and end, as in :class:`Run`."""
    s: float = NEVER
    e: float = NEVER
    at: float = 0.0
    """Time stamp of the present run's newest event."""
    ended_at: float | None = None
    told_retries: int | None = None
    """As the present run's reception told."""
    final: bool = False
    """It has ended, and nothing is expected to begin it again."""
    gone: bool = False
    """Its node has it no more, as far as can be seen; what became of it is not known."""
    unseen: bool = False
    """Events were missed since: who has it is not known."""
    settled: bool = False
    """Its end was told by its result, not by an event."""
    answered: bool = False
    """Its node said so itself when it was asked, and no event has told of it since: which of the
    node's processes it was is not known."""
    heard_at: float = 0.0
    """Monotonic, of the last event."""
    size: int = 0
    """Characters of its long texts."""
    earlier: list[Run] | None = None
    elsewhere: Run | None = None
    """Another process has received it while this one ran it."""


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


def attempts_of(record: Record) -> tuple[Attempt, ...]:
    """The earlier runs that came to something, the oldest first."""
    told = (run for run in record.earlier or () if run.s >= 0.0 or run.e >= 0.0)
    return tuple(
        Attempt(
            state=run.state,
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
