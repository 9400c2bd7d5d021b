"""What is forgotten: by age, by number, by size; failures later than the rest."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from desktop.engine.config import HistoryConfig
from desktop.engine.history.figures import task_figures
from desktop.engine.history.history import FILE
from desktop.engine.history.retention import STEP_TASKS, Retention
from desktop.engine.history.writer import Writer
from desktop.engine.history_commands import TaskFigures
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from tests.engine.history.conftest import NOW, a_task

DAY_S = 86_400.0


def run(connection: sqlite3.Connection, writer: Writer, **settings: float) -> None:
    rules = Retention(connection, writer, HistoryConfig(**settings))  # type: ignore[arg-type]
    for _ in range(1000):
        if not rules.step(NOW):
            return
    pytest.fail("it never comes to an end")


def kept(connection: sqlite3.Connection) -> list[int]:
    return [state for (state,) in connection.execute("SELECT state FROM task ORDER BY key")]


def of_days(*ages: float, **known: object) -> list[Task]:
    return [a_task(at=NOW - age * DAY_S, **known) for age in ages]


def test_failures_are_kept_longer_than_the_rest(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    writer.write(of_days(1, 9, 11, 29, 31), NOW)
    writer.write(of_days(2, 12, 28, 32, state=TaskState.FAILURE, exception="E()"), NOW)
    writer.write(of_days(40, state=TaskState.STARTED), NOW)
    run(connection, writer, keep_days=10, keep_failures_days=30)
    states = connection.execute("SELECT state, count(*) FROM task GROUP BY 1 ORDER BY 1")
    assert states.fetchall() == [(4, 2), (5, 3)]


def test_beyond_the_number_the_oldest_go_and_failures_last(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    failed = [a_task(state=TaskState.FAILURE) for _ in range(20)]
    others = [a_task() for _ in range(2 * STEP_TASKS)]
    writer.write(failed + others, NOW)
    run(connection, writer, max_tasks=100)
    left = connection.execute("SELECT state, count(*), min(key) FROM task GROUP BY 1").fetchall()
    assert [(state, n) for state, n, _ in left] == [(4, 80), (5, 20)]
    assert left[0][2] / 1e6 == others[-80].seen_at


def test_failures_go_too_when_they_are_half_of_all(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    writer.write([a_task() for _ in range(50)], NOW)
    writer.write([a_task(state=TaskState.FAILURE) for _ in range(300)], NOW)
    run(connection, writer, max_tasks=100)
    counts = connection.execute("SELECT state, count(*) FROM task GROUP BY 1").fetchall()
    assert counts == [(4, 50), (5, 50)]


def test_the_file_keeps_its_size_and_gives_back_its_pages(
    writer: Writer, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    for _ in range(12):
        writer.write([a_task(result="'" + "r" * 8000 + "'") for _ in range(200)], NOW)
    run(connection, writer, max_mb=10)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (tmp_path / FILE).stat().st_size < 12 * 1024 * 1024
    assert connection.execute("SELECT count(*) FROM task").fetchone()[0] > 500
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_is_forgotten_is_not_found_but_counted(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    writer.write(of_days(20, args="('forgotten',)"), NOW)
    writer.write(of_days(1, args="('here',)"), NOW)
    run(connection, writer, keep_days=10, keep_failures_days=10)
    found = "SELECT count(*) FROM task_text WHERE task_text MATCH ?"
    assert connection.execute(found, ("forgotten",)).fetchone() == (0,)
    assert connection.execute(found, ("here",)).fetchone() == (1,)
    (names,) = task_figures(connection, TaskFigures(since=NOW - 30 * DAY_S), NOW).names
    assert names.count == 2


def test_a_step_is_small(writer: Writer, connection: sqlite3.Connection) -> None:
    writer.write(of_days(*[20] * 3 * STEP_TASKS), NOW)
    rules = Retention(connection, writer, HistoryConfig(keep_days=10))
    assert rules.step(NOW)
    assert len(kept(connection)) == 2 * STEP_TASKS


def test_names_that_no_task_has_any_more_do_not_drive_out_those_that_come(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    for number in range(6_000):
        writer.write([a_task(name=f"{number}" * 120, queue=f"q{number}" * 90)], NOW)
    late = [a_task(name="shop.late", state=TaskState.FAILURE) for _ in range(50)]
    writer.write(late, NOW)
    run(connection, writer, max_mb=1)
    names = "SELECT count(*) FROM task JOIN name ON name.id = task.name WHERE name.text = ?"
    assert connection.execute(names, ("shop.late",)).fetchone() == (50,)
    (tasks,) = connection.execute("SELECT count(*) FROM task").fetchone()
    (words,) = connection.execute("SELECT count(*) FROM name").fetchone()
    assert 50 < tasks < 6_000
    assert words <= tasks / 0.9  # what is unused is looked for when a tenth has gone
    # Words that come again have numbers of their own.
    again = a_task(name="0" * 120, queue="q0" * 90)
    writer.write([again], NOW)
    assert connection.execute(names, ("0" * 120,)).fetchone() == (1,)


def test_figures_of_long_ago_go_before_any_task(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    add = "INSERT INTO figure VALUES (2, ?, ?, 0, ?, 1)"
    begun = int(NOW - 300 * DAY_S)
    rows = [(begun + 3600 * at, 1, number) for at in range(1_000) for number in range(80)]
    connection.executemany(add, rows)
    tasks = [a_task() for _ in range(100)]
    writer.write(tasks, NOW)
    run(connection, writer, max_mb=1)
    assert len(kept(connection)) == 100
    (left,) = connection.execute("SELECT count(*) FROM figure WHERE level = 2").fetchone()
    assert 0 < left < len(rows)
