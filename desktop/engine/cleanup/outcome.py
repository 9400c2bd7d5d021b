"""What happens to a process's tasks when it is stopped, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from desktop.engine.cleanup_model import HeldTask
from desktop.engine.states import Role
from desktop.words import Text, text, textn, verbatim

NAMED_MAX = 3
"""So many tasks are told of by name, the others counted."""


def outcome(role: Role, tasks: Sequence[HeldTask] | None, waiting: int | None) -> Text:
    """What happens to its tasks when it is stopped warmly. ``waiting``: how many it holds back;
    None as for ``tasks``: not known."""
    if role is not Role.WORKER:
        return text("It runs no tasks.")
    if tasks is None:
        return text("What it runs is unknown: it did not answer. It finishes its tasks first.")
    if tasks and waiting:
        return text(
            "{finishes} {gives_back}", finishes=_finishes(len(tasks)), gives_back=_back(waiting)
        )
    if tasks:
        return _finishes(len(tasks))
    return _back(waiting) if waiting else text("It runs nothing.")


def outcome_of_force(role: Role, tasks: Sequence[HeldTask] | None, now: float) -> Text:
    """What happens to them when it is ended by force."""
    if role is not Role.WORKER:
        return text("It runs no tasks.")
    if tasks is None:
        return text("What it runs is unknown: some of it could be lost.")
    if not tasks:
        return text("Nothing would be lost.")
    # Those that would be lost come first.
    order = sorted(tasks, key=lambda task: task.acknowledged is False)
    told = [_fate(task, now) for task in order[:NAMED_MAX]]
    if rest := len(order) - len(told):
        told.append(textn("And {n} more.", "And {n} more.", rest))
    words = told[0]
    for more in told[1:]:
        words = text("{one} {other}", one=words, other=more)
    return words


def _finishes(count: int) -> Text:
    return textn("Finishes {n} task first.", "Finishes {n} tasks first.", count)


def _back(count: int) -> Text:
    return textn("Gives back {n} waiting one.", "Gives back {n} waiting ones.", count)


def _fate(task: HeldTask, now: float) -> Text:
    name = task.name or task.id
    if task.started_at is not None:
        named = text("{task} ({time} so far)", task=name, time=_span(max(now - task.started_at, 0)))
    else:
        named = verbatim(name)
    if task.acknowledged is None:
        return text("{task} could be lost: how it is acknowledged is unknown.", task=named)
    if task.acknowledged:
        return text("{task} is acknowledged early: it would be lost.", task=named)
    return text("{task} would run again.", task=named)


def _span(seconds: float) -> Text:
    if seconds < 60:
        return text("{seconds} s", seconds=int(seconds))
    if seconds < 3600:
        return text("{minutes} min", minutes=int(seconds // 60))
    return text("{hours} h", hours=int(seconds // 3600))
