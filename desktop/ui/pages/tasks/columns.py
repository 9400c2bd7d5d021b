"""The columns of the table of tasks: what each says, how wide it is, and what it sorts by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from desktop.calls import arguments
from desktop.engine.history_commands import TaskOrder
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.quantities import clock, span
from desktop.ui.phrases import DASH, task_state
from desktop.ui.shown_text import NAME_MAX, one_line
from desktop.ui.widgets.row_table import Shape
from desktop.words import text, tr, trn


class Column(IntEnum):
    STATE = 0
    TASK = 1
    ARGUMENTS = 2
    OUTCOME = 3
    WORKER = 4
    QUEUE = 5
    RECEIVED = 6
    FINISHED = 7
    WAIT = 8
    RUNTIME = 9
    RETRIES = 10
    ID = 11


@dataclass(frozen=True, slots=True)
class Kind(Shape):
    """A shape, and how the engine sorts by it (None: it does not)."""

    key: str = ""
    """What the preferences call it."""
    order: TaskOrder | None = None
    descending: bool = False
    """Which way its first click sorts."""


KINDS: dict[Column, Kind] = {
    Column.STATE: Kind(text("State"), 116, key="state", order=TaskOrder.STATE),
    Column.TASK: Kind(text("Task"), 0, key="task", order=TaskOrder.NAME),
    Column.ARGUMENTS: Kind(text("Arguments"), 180, key="arguments"),
    Column.OUTCOME: Kind(text("Result"), 180, key="result"),
    Column.WORKER: Kind(text("Worker"), 72, key="worker", order=TaskOrder.WORKER),
    Column.QUEUE: Kind(text("Queue"), 86, key="queue"),
    Column.RECEIVED: Kind(
        text("Received"), 84, key="received", order=TaskOrder.RECEIVED, descending=True
    ),
    Column.FINISHED: Kind(text("Finished"), 86, key="finished"),
    Column.WAIT: Kind(text("Wait"), 84, True, key="wait"),
    Column.RUNTIME: Kind(
        text("Runtime"), 80, True, key="runtime", order=TaskOrder.RUNTIME, descending=True
    ),
    Column.RETRIES: Kind(text("Retries"), 70, True, key="retries"),
    Column.ID: Kind(text("ID"), 150, key="id"),
}
TASK_MIN = 148
"""The name of a task never gets less."""
ALWAYS = (Column.STATE, Column.TASK)
DEFAULT = (Column.STATE, Column.TASK, Column.WORKER, Column.RECEIVED, Column.RUNTIME)
EXPENDABLE = (
    Column.ID,
    Column.QUEUE,
    Column.FINISHED,
    Column.RETRIES,
    Column.OUTCOME,
    Column.ARGUMENTS,
    Column.WAIT,
    Column.WORKER,
    Column.RECEIVED,
    Column.RUNTIME,
)
"""Left out in this order where there is no room for all that were chosen."""

ENDED = frozenset({TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVOKED, TaskState.REJECTED})


def chosen(keys: tuple[str, ...]) -> tuple[Column, ...]:
    """The columns of these names (those that nobody knows are passed over), in their order here;
    without any, the usual ones."""
    wanted = tuple(c for c, kind in KINDS.items() if kind.key in keys or c in ALWAYS)
    return wanted if len(wanted) > len(ALWAYS) else DEFAULT


def split_name(name: str) -> tuple[str, str]:
    """The function and the module of a task's name, in one line each."""
    module, _, function = name.rpartition(".")
    return one_line(function, NAME_MAX), one_line(module, NAME_MAX)


def short_node(node: str) -> str:
    """ "w1" of "w1@host": where all run on one machine its name says nothing new."""
    return one_line(node.partition("@")[0] or node, NAME_MAX)


def outcome(task: Task) -> str:
    """What it gave, or why it did not."""
    if task.state is TaskState.SUCCESS:
        return task.result
    if task.state is TaskState.REVOKED:
        return revoked(task)
    return task.exception


def revoked(task: Task) -> str:
    """Why a task was revoked, in a word; "" when nothing tells."""
    match task.revoked_why:
        case "terminated":
            return tr("terminated")
        case "expired":
            return tr("expired")
        case _:
            return one_line(task.revoked_why, NAME_MAX)


def wait_s(task: Task) -> float | None:
    """From where it was received (or sent, if that is known) until it began; None: unknown."""
    begun = task.attempts[0].started_at if task.attempts else task.started_at
    since = task.sent_at or task.received_at
    return None if begun is None or since is None else max(0.0, begun - since)


def runtime_s(task: Task, now: float) -> float | None:
    """How long it ran, or has run so far; None when it has not."""
    if task.runtime_s is not None:
        return task.runtime_s
    if task.started_at is None:
        return None
    if task.state is TaskState.STARTED:
        return max(0.0, now - task.started_at)
    if task.finished_at is not None and task.state is TaskState.FAILURE:
        return max(0.0, task.finished_at - task.started_at)
    return None


def cell(task: Task, column: Column, now: float) -> str:
    """What a cell says, in one line."""
    match column:
        case Column.STATE:
            return task_state(task.state)
        case Column.TASK:
            return one_line(task.name, NAME_MAX) or tr("(name not known)")
        case Column.ARGUMENTS:
            return one_line(arguments(task))
        case Column.OUTCOME:
            return one_line(outcome(task))
        case Column.WORKER:
            return short_node(task.worker) or DASH
        case Column.QUEUE:
            return one_line(task.queue, NAME_MAX) or DASH
        case Column.RECEIVED:
            at = task.received_at or task.sent_at
            return clock(at) if at else DASH
        case Column.FINISHED:
            return clock(task.finished_at) if task.finished_at else DASH
        case Column.WAIT:
            waited = wait_s(task)
            return DASH if waited is None else span(waited)
        case Column.RUNTIME:
            ran = runtime_s(task, now)
            return DASH if ran is None else span(ran)
        case Column.RETRIES:
            return str(task.retries) if task.retries else DASH
        case _:
            return one_line(task.id, NAME_MAX)


def spoken(task: Task, now: float) -> str:
    """A row as a screen reader says it: state, name, where, when, how long."""
    parts = [cell(task, Column.STATE, now), cell(task, Column.TASK, now)]
    if task.worker:
        parts.append(f"{KINDS[Column.WORKER].title} {short_node(task.worker)}")
    for column in (Column.RECEIVED, Column.RUNTIME):
        words = cell(task, column, now)
        if words != DASH:
            parts.append(f"{KINDS[column].title} {words}")
    if task.retries:
        parts.append(trn("{n} retry", "{n} retries", task.retries))
    return ", ".join(parts)
