"""Tasks in tables for a person."""

from __future__ import annotations

from collections.abc import Sequence

from desktop.cli.render import Cell, Table
from desktop.cli.states import TASK
from desktop.engine.states import TaskState
from desktop.engine.task_model import FailureGroup, Task, TaskNameStatistics
from desktop.quantities import clock, percent, span
from desktop.words import tr

SHOWN_MAX = 80


def tasks_table(tasks: Sequence[Task]) -> Table:
    headers = (
        tr("When"),
        tr("State"),
        tr("Task"),
        "ID",
        tr("Worker"),
        tr("Runtime"),
        tr("Arguments and result"),
    )
    return Table(headers, tuple(map(_row, tasks)))


def names_table(names: Sequence[TaskNameStatistics]) -> Table:
    headers = (
        tr("Task"),
        tr("Count"),
        tr("Per minute"),
        tr("Failed"),
        tr("Retries"),
        tr("Runtime p50"),
        "p95",
        "p99",
        tr("Wait p50"),
        "p95",
    )
    return Table(headers, tuple(map(_statistics, names)))


def failures_table(failures: Sequence[FailureGroup]) -> Table:
    headers = (
        tr("Count"),
        tr("Exception"),
        tr("Place"),
        tr("First"),
        tr("Last"),
        tr("Succeeded since"),
        tr("Example"),
        tr("Tasks"),
    )
    return Table(headers, tuple(map(_failure, failures)))


def short(words: str) -> str:
    """Foreign text on one line, not too long."""
    line = " ".join(words[: SHOWN_MAX * 4].split())
    return line if len(line) <= SHOWN_MAX else f"{line[: SHOWN_MAX - 1]}…"


def _row(task: Task) -> tuple[Cell | str, ...]:
    look = TASK[task.state]
    return (
        clock(task.seen_at),
        Cell(str(look), look.style),
        short(task.name),
        short(task.id),
        short(task.worker),
        _seconds(task.runtime_s),
        short(_said(task)),
    )


def _said(task: Task) -> str:
    """The exception of what failed, else arguments and result."""
    if task.exception and task.state in {TaskState.FAILURE, TaskState.RETRY}:
        return task.exception
    named = task.kwargs if task.kwargs not in {"", "{}"} else ""
    given = " ".join(part for part in (task.args, named) if part)
    return f"{given} → {task.result}" if task.result else given


def _statistics(one: TaskNameStatistics) -> tuple[Cell | str, ...]:
    failed = percent(100 * one.failed / one.count) if one.failed and one.count else ""
    return (
        short(one.name),
        str(one.count),
        f"{one.per_minute:.1f}",
        Cell(f"{one.failed} ({failed})" if failed else "0", "bad" if one.failed else ""),
        str(one.retried),
        *map(
            _seconds,
            (
                one.runtime_p50_s,
                one.runtime_p95_s,
                one.runtime_p99_s,
                one.wait_p50_s,
                one.wait_p95_s,
            ),
        ),
    )


def _failure(one: FailureGroup) -> tuple[Cell | str, ...]:
    return (
        Cell(str(one.count), "bad"),
        short(one.exception),
        short(one.place),
        clock(one.first_at),
        clock(one.last_at),
        str(one.succeeded_since),
        short(one.example_id),
        short(", ".join(one.names)),
    )


def _seconds(value: float | None) -> str:
    return "" if value is None else span(value)
