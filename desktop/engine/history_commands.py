"""The verbs about the history of tasks, and what each answers.

A part of :mod:`desktop.engine.task_commands`, which names them all.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from desktop.engine.states import TaskState
from desktop.engine.task_model import ChartPoint, FailureGroup, Task, TaskNameStatistics
from desktop.words import Text


class TaskOrder(StrEnum):
    """What a list of tasks is sorted by."""

    SEEN = "seen"
    RECEIVED = "received"
    NAME = "name"
    STATE = "state"
    WORKER = "worker"
    RUNTIME = "runtime"


class Selection(msgspec.Struct, frozen=True):
    """Tasks of the history: those named, or all that match; with both, of those named the ones
    that match."""

    ids: tuple[str, ...] = ()
    search: str | None = None
    """In the query language; "" matches all, None only ``ids``."""
    states: tuple[TaskState, ...] = ()
    """Of those that match; (): any."""


class ListTasks(msgspec.Struct, frozen=True, tag=True):
    """One page of the history. Answers :class:`TaskPage`. A query that can't be read is refused
    with the place of the mistake (code ``bad-query``)."""

    project: str = ""
    selection: Selection = Selection(search="")
    order: TaskOrder = TaskOrder.SEEN
    descending: bool = True
    after: str = ""
    """``next`` of the page before; "": the first."""
    limit: int = 100
    count: bool = False
    """Count all that match, too (slower)."""


class TaskPage(msgspec.Struct, frozen=True, tag=True):
    tasks: tuple[Task, ...] = ()
    """Without tracebacks."""
    next: str = ""
    """To go on behind the last; "": there are no more."""
    total: int | None = None
    """All that match; None when not asked, or when there are more than were counted."""
    kept: int = 0
    """Tasks in the history."""
    mark: int = 0
    """Grows with every change of the history: equal marks, equal answers."""
    by_state: dict[TaskState, int] = {}
    """Tasks in the history, of each state that there is."""


class ShowTask(msgspec.Struct, frozen=True, tag=True):
    """All of one task. Answers :class:`TaskDetail`; refused with ``no-such-task``."""

    project: str = ""
    id: str = ""


class TaskDetail(msgspec.Struct, frozen=True, tag=True):
    task: Task
    family: tuple[Task, ...] = ()
    """Tasks of the same root, itself included, and of the groups that any of them is in, as far as
    results tell; parents before children, at most 500."""
    log: tuple[str, ...] = ()
    """Lines of its worker's log that name it."""
    again: Text = Text("")
    """Why it can't be run again as it was; "" when it can."""
    code: str = ""
    """The Python call that sends it again, with its real arguments where they are known; "" from a
    history that is read without an engine."""


class TaskFigures(msgspec.Struct, frozen=True, tag=True):
    """Aggregates of what finished in a span of time. Answers :class:`TaskFiguresReport`."""

    project: str = ""
    since: float = 0.0
    until: float | None = None
    name: str = ""
    """Of one task; "": of all."""
    points: int = 60


class TaskFiguresReport(msgspec.Struct, frozen=True, tag=True):
    names: tuple[TaskNameStatistics, ...] = ()
    failures: tuple[FailureGroup, ...] = ()
    points: tuple[ChartPoint, ...] = ()


class SaveFilter(msgspec.Struct, frozen=True, tag=True):
    """Keep a search under a name. Answers :class:`SavedFilters`; refused when it can't be read."""

    project: str = ""
    name: str = ""
    search: str = ""
    """"": forget it."""


class ListFilters(msgspec.Struct, frozen=True, tag=True):
    """The searches that were saved. Answers :class:`SavedFilters`."""

    project: str = ""


class SavedFilters(msgspec.Struct, frozen=True, tag=True):
    filters: tuple[tuple[str, str], ...] = ()
    """(name, search), in the order in which they were saved."""


HistoryCommand = ListTasks | ShowTask | TaskFigures | SaveFilter | ListFilters

HistoryAnswer = TaskPage | TaskDetail | TaskFiguresReport | SavedFilters

HISTORY_QUESTIONS = (
    ListTasks,
    ShowTask,
    TaskFigures,
)
"""Change nothing: breaking them off harms nothing."""
