"""In what two runs differ: as rows of words, side by side. No widgets here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from desktop.engine.task_model import Task
from desktop.quantities import fine_clock, span
from desktop.ui.pages.tasks.columns import revoked, wait_s
from desktop.ui.phrases import DASH, task_state
from desktop.ui.shown_text import BLOCK_MAX, NAME_MAX, block, one_line
from desktop.words import Text, text

LONG_MAX = BLOCK_MAX // 5


class Difference(NamedTuple):
    """One thing of both."""

    title: str
    one: str
    other: str
    differs: bool
    long: bool = False
    """Text of several lines, of a fixed width."""


def _instant(at: float | None) -> str:
    return fine_clock(at) if at else DASH


def _duration(seconds: float | None) -> str:
    return DASH if seconds is None else span(seconds)


_SHORT: tuple[tuple[Text, Callable[[Task], str]], ...] = (
    (text("ID"), lambda task: one_line(task.id, NAME_MAX)),
    (text("Task"), lambda task: one_line(task.name, NAME_MAX)),
    (text("State"), lambda task: " ".join(filter(None, (task_state(task.state), revoked(task))))),
    (text("Worker"), lambda task: one_line(task.worker, NAME_MAX)),
    (text("Queue"), lambda task: one_line(task.queue, NAME_MAX)),
    (text("Received"), lambda task: _instant(task.received_at)),
    (text("Wait"), lambda task: _duration(wait_s(task))),
    (text("Runtime"), lambda task: _duration(task.runtime_s)),
    (text("Retries"), lambda task: str(task.retries)),
)
_LONG: tuple[tuple[Text, Callable[[Task], str]], ...] = (
    (text("Arguments"), lambda task: task.args),
    (text("Named arguments"), lambda task: task.kwargs),
    (text("Result"), lambda task: task.result),
    (text("Exception"), lambda task: task.exception),
    (text("Traceback"), lambda task: task.traceback),
)
_ALWAYS_DIFFER = frozenset({"ID", "Received"})


def differences(one: Task, other: Task) -> tuple[Difference, ...]:
    """What is known of both; texts that neither has are left out."""
    rows = [
        Difference(
            str(title),
            of(one) or DASH,
            of(other) or DASH,
            of(one) != of(other) and title.template not in _ALWAYS_DIFFER,
        )
        for title, of in _SHORT
    ]
    for title, of in _LONG:
        if of(one) or of(other):
            shown = block(of(one), LONG_MAX), block(of(other), LONG_MAX)
            rows.append(Difference(str(title), *shown, of(one) != of(other), True))
    return tuple(rows)
