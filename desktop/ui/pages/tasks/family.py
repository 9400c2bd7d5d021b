"""The tasks of one root as a tree: chains, groups and chords as they called each other. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from desktop.engine.task_model import Task

ROWS_MAX = 40
DEPTH_MAX = 6
"""Deeper ones stand in the same column: the panel is narrow."""


class Branch(NamedTuple):
    """One row of the tree."""

    task: Task
    depth: int
    goes_on: tuple[bool, ...]
    """For each level above it: whether a sister follows further down, so that a rule leads on."""
    last: bool
    """No sister follows."""


def branches(family: Sequence[Task]) -> tuple[Branch, ...]:
    """All of them, parents before their children, children in the order of their start.

    Tasks whose parent is not among them, or that claim to be their own ancestor, stand at the
    top: a sender may say what it likes.
    """
    by_id = {task.id: task for task in family}
    children: dict[str, list[Task]] = defaultdict(list)
    tops: list[Task] = []
    for task in by_id.values():
        if task.parent_id in by_id and task.parent_id != task.id:
            children[task.parent_id].append(task)
        else:
            tops.append(task)
    made: list[Branch] = []
    done: set[str] = set()

    def walk(sisters: list[Task], goes_on: tuple[bool, ...]) -> None:
        waiting = [(sisters, 0, goes_on)]
        while waiting:
            siblings, place, above = waiting.pop()
            if place >= len(siblings):
                continue
            waiting.append((siblings, place + 1, above))
            task = siblings[place]
            if task.id in done:
                continue
            done.add(task.id)
            last = place == len(siblings) - 1
            made.append(Branch(task, len(above), above, last))
            waiting.append((sorted(children[task.id], key=begun), 0, (*above, not last)))

    walk(sorted(tops, key=begun), ())
    # What is left goes round in a circle.
    for task in by_id.values():
        if task.id not in done:
            walk([task], ())
    return tuple(made)


def around(rows: tuple[Branch, ...], task_id: str) -> tuple[tuple[Branch, ...], int]:
    """At most :data:`ROWS_MAX` of them with the one of this id among them, and how many that
    leaves out."""
    if len(rows) <= ROWS_MAX:
        return rows, 0
    place = next((n for n, row in enumerate(rows) if row.task.id == task_id), 0)
    start = max(0, min(place - ROWS_MAX // 2, len(rows) - ROWS_MAX))
    return rows[start : start + ROWS_MAX], len(rows) - ROWS_MAX


def begun(task: Task) -> float:
    """When it first showed; what was never seen comes last."""
    return task.sent_at or task.received_at or task.started_at or task.seen_at or float("inf")


def span_of(rows: Sequence[Branch]) -> tuple[float, float] | None:
    """From the first start to the last end of all; None when nothing has run."""
    starts = [row.task.started_at for row in rows if row.task.started_at]
    ends = [row.task.finished_at or row.task.seen_at for row in rows if row.task.started_at]
    return (min(starts), max(*ends, min(starts) + 0.001)) if starts else None
