"""Figures over a span of time: per task name, per failure, and over time.

Counts and durations come from the sums that the writer keeps (:mod:`figure_bins`), so an answer
costs the same for a thousand tasks as for millions, and what retention has forgotten is still
counted. Failures are counted from the tasks themselves, by an index that holds them alone.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import NamedTuple

from desktop.engine.history import depths
from desktop.engine.history.figure_bins import (
    BUCKETS_MAX,
    LEVELS,
    OUTCOME,
    RUNTIME,
    WAIT,
    percentile,
)
from desktop.engine.history.rows import id_text
from desktop.engine.history.schema import KEYS_A_SECOND, STATE_NUMBER, STATES
from desktop.engine.history_commands import TaskFigures, TaskFiguresReport
from desktop.engine.states import TaskState
from desktop.engine.task_model import ChartPoint, FailureGroup, TaskNameStatistics

NAMES_MAX = 500
FAILURES_MAX = 200
NAMES_OF_A_FAILURE_MAX = 5
POINTS_MAX = 500
_SUCCESS = STATE_NUMBER[TaskState.SUCCESS]

Bins = list[tuple[int, int]]


class Span(NamedTuple):
    """A span of time in buckets of one width; ``since`` is a bucket's beginning."""

    level: int
    since: float
    until: float

    @property
    def width_s(self) -> int:
        return LEVELS[self.level].width_s


def task_figures(
    connection: sqlite3.Connection, command: TaskFigures, now: float
) -> TaskFiguresReport:
    """The report for a command; spans that lie before the first task begin with it."""
    span = _span(connection, command, now)
    name = None
    if command.name:
        found = connection.execute("SELECT id FROM name WHERE text = ?", (command.name,)).fetchone()
        if found is None:
            return TaskFiguresReport()
        name = int(found[0])
    return TaskFiguresReport(
        names=_names(connection, span, name),
        failures=_failures(connection, command.since, span.until, name),
        points=_points(connection, span, name, command.points),
    )


def _span(connection: sqlite3.Connection, command: TaskFigures, now: float) -> Span:
    until = min(command.until if command.until is not None else now, now)
    (first,) = connection.execute(
        "SELECT min(at) FROM figure WHERE level = ?", (len(LEVELS) - 1,)
    ).fetchone()
    known = [float(at) for at in (first, depths.first(connection)) if at is not None]
    since = max(command.since, min(known, default=until))
    level = next(
        number
        for number, one in enumerate(LEVELS)
        if (since >= now - one.kept_s and (until - since) / one.width_s <= BUCKETS_MAX)
        or number == len(LEVELS) - 1
    )
    width = LEVELS[level].width_s
    return Span(level, since // width * width, max(until, since))


# --- by name -------------------------------------------------------------------------------------


def _names(
    connection: sqlite3.Connection, span: Span, name: int | None
) -> tuple[TaskNameStatistics, ...]:
    """Those with the most tasks first."""
    sql = (
        "SELECT figure.name, kind, bin, sum(n) FROM figure "
        "WHERE level = ? AND at >= ? AND at <= ? "
        + ("AND figure.name = ? " if name is not None else "")
        + "GROUP BY figure.name, kind, bin ORDER BY figure.name, kind, bin"
    )
    values = (span.level, span.since, span.until, *(() if name is None else (name,)))
    sums: dict[int, dict[int, Bins]] = defaultdict(lambda: defaultdict(list))
    for number, kind, bin_, n in connection.execute(sql, values):
        if n > 0:
            sums[number][kind].append((bin_, n))
    minutes = max(span.until - span.since, span.width_s) / 60
    counted = [(_ended(kinds[OUTCOME]), number) for number, kinds in sums.items()]
    most = sorted(counted, reverse=True)[:NAMES_MAX]
    return tuple(
        _statistics(_text(connection, "name", number), sums[number], minutes) for _, number in most
    )


def _statistics(name: str, kinds: dict[int, Bins], minutes: float) -> TaskNameStatistics:
    outcomes = {STATES[number]: n for number, n in kinds[OUTCOME]}
    count = _ended(kinds[OUTCOME])
    return TaskNameStatistics(
        name=name,
        count=count,
        succeeded=outcomes.get(TaskState.SUCCESS, 0),
        failed=outcomes.get(TaskState.FAILURE, 0),
        retried=outcomes.get(TaskState.RETRY, 0),
        revoked=outcomes.get(TaskState.REVOKED, 0),
        per_minute=count / minutes,
        runtime_p50_s=percentile(kinds[RUNTIME], 0.5),
        runtime_p95_s=percentile(kinds[RUNTIME], 0.95),
        runtime_p99_s=percentile(kinds[RUNTIME], 0.99),
        wait_p50_s=percentile(kinds[WAIT], 0.5),
        wait_p95_s=percentile(kinds[WAIT], 0.95),
    )


def _ended(outcomes: Bins) -> int:
    """How many tasks ended; a retry is not an end."""
    return sum(n for number, n in outcomes if STATES[number] is not TaskState.RETRY)


# --- by failure ----------------------------------------------------------------------------------


def _failures(
    connection: sqlite3.Connection, since: float, until: float, name: int | None
) -> tuple[FailureGroup, ...]:
    """The groups with the most failures first."""
    sql = (
        "SELECT fault, state, name, count(*), min(key), max(key) FROM task INDEXED BY task_fault "
        "WHERE fault IS NOT NULL AND key >= ? AND key <= ? "
        + ("AND name = ? " if name is not None else "")
        + "GROUP BY fault, state, name"
    )
    low, high = int(max(0.0, since) * KEYS_A_SECOND), int(until * KEYS_A_SECOND)
    values = (low, high, *(() if name is None else (name,)))
    groups: dict[int, list[tuple[int, int, int, int, int]]] = defaultdict(list)
    for fault, *rest in connection.execute(sql, values):
        groups[fault].append(tuple(rest))
    most = sorted(groups, key=lambda fault: -sum(row[2] for row in groups[fault]))[:FAILURES_MAX]
    return tuple(_group(connection, fault, groups[fault]) for fault in most)


def _group(
    connection: sqlite3.Connection, fault: int, rows: list[tuple[int, int, int, int, int]]
) -> FailureGroup:
    ask = "SELECT exception, place FROM fault WHERE id = ?"
    exception, place = connection.execute(ask, (fault,)).fetchone() or ("", "")
    newest = max(row[4] for row in rows)
    (example,) = connection.execute("SELECT id FROM task WHERE key = ?", (newest,)).fetchone()
    names: dict[int, int] = defaultdict(int)
    for _, number, n, _, _ in rows:
        names[number] += n
    common = sorted(names, key=lambda number: -names[number])[:NAMES_OF_A_FAILURE_MAX]
    return FailureGroup(
        exception=exception,
        place=place,
        count=sum(row[2] for row in rows),
        first_at=min(row[3] for row in rows) / KEYS_A_SECOND,
        last_at=newest / KEYS_A_SECOND,
        names=tuple(_text(connection, "name", number) for number in common),
        example_id=id_text(example),
        succeeded_since=sum(row[2] for row in rows if row[0] == _SUCCESS),
    )


# --- over time -----------------------------------------------------------------------------------


def _points(
    connection: sqlite3.Connection, span: Span, name: int | None, points: int
) -> tuple[ChartPoint, ...]:
    points = min(max(points, 1), POINTS_MAX)
    buckets = int((span.until - span.since) // span.width_s) + 1
    width = max(1, -(-(buckets - 1) // points)) * span.width_s
    sql = (
        f"SELECT CAST((at - ?) / {width:d} AS INTEGER), kind, bin, sum(n) "
        "FROM figure WHERE level = ? AND at >= ? AND at <= ? "
        + ("AND name = ? " if name is not None else "")
        + "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    since = int(span.since)
    values = (since, span.level, span.since, span.until, *(() if name is None else (name,)))
    sums: dict[int, dict[int, Bins]] = defaultdict(lambda: defaultdict(list))
    for place, kind, bin_, n in connection.execute(sql, values):
        if n > 0:
            sums[place][kind].append((bin_, n))
    waiting = depths.depths(connection, span.level, since, span.until, width)
    count = -(-buckets * span.width_s // width)
    return tuple(
        _point(since + place * width, sums[place], width / 60, waiting.get(place))
        for place in range(count)
    )


def _point(at: float, kinds: dict[int, Bins], minutes: float, depth: int | None) -> ChartPoint:
    failed = sum(n for number, n in kinds[OUTCOME] if STATES[number] is TaskState.FAILURE)
    return ChartPoint(
        at=float(at),
        finished=_ended(kinds[OUTCOME]) / minutes,
        failed=failed / minutes,
        runtime_p50_s=percentile(kinds[RUNTIME], 0.5),
        runtime_p95_s=percentile(kinds[RUNTIME], 0.95),
        wait_p95_s=percentile(kinds[WAIT], 0.95),
        depth=depth,
    )


def _text(connection: sqlite3.Connection, table: str, number: int) -> str:
    ask = f"SELECT text FROM {table} WHERE id = ?"
    found = connection.execute(ask, (number,)).fetchone()
    return str(found[0]) if found else ""
