"""The verbs about queues, schedules and what holds a task up, and what each answers.

Like :mod:`desktop.engine.commands`, of which they are a part.
"""

from __future__ import annotations

import msgspec

from desktop.engine.model import Problem
from desktop.engine.task_model import (
    QueueDetail,
    QueuedMessage,
    Reason,
    ScheduleEntry,
    Task,
    WaitingTask,
)
from desktop.words import Text


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
    told_at: float | None = None
    """When beat last wrote down what it has run; None: never, or not where it was looked for."""
    beats: int = 0
    """How many run."""


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


QueueCommand = ShowQueues | PeekQueue | PurgeQueue | MoveMessages | ShowSchedule | WhyTask

QueueAnswer = QueuesReport | QueuePeek | QueueReport | Schedule | WhyReport

QUEUE_QUESTIONS = (
    ShowQueues,
    PeekQueue,
    ShowSchedule,
    WhyTask,
)
"""Change nothing: breaking them off harms nothing."""
