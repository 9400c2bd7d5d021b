"""A history that an earlier version wrote, with tasks in it, is whole in this one."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from desktop.engine.config import HistoryConfig
from desktop.engine.history.database import open_writer
from desktop.engine.history.history import FILE, History
from desktop.engine.history.schema import STEPS
from desktop.engine.history.writer import Writer
from desktop.engine.history_commands import ListTasks, Selection, TaskFigures
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from tests.engine.history.conftest import a_task

BACK = {
    2: "ALTER TABLE task DROP COLUMN doubt",
    3: "DROP TABLE depth",
    4: "INSERT INTO task_text (task_text, rank) VALUES ('automerge', 4)",
}
"""Step n of the schema, taken back."""


def old_file(path: Path, version: int, tasks: list[Task]) -> None:
    """A file as that version left it: steps only add, so taking them back makes one."""
    now = time.time()
    made = open_writer(path)
    Writer(made, HistoryConfig().text_max_bytes).write(tasks, now)
    for step in range(len(STEPS), version, -1):
        made.execute(BACK[step])
    made.execute(f"PRAGMA user_version = {version}")
    made.close()
    fresh = open_writer(path.with_name("fresh.sqlite"), STEPS[:version])
    assert shape(path) == of(fresh)
    fresh.close()


def shape(path: Path) -> dict[str, list[str]]:
    connection = sqlite3.connect(path)
    try:
        return of(connection)
    finally:
        connection.close()


def of(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Tables with their columns."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: [one[1] for one in connection.execute(f"PRAGMA table_info({name})")]
        for (name,) in tables
    }


@pytest.mark.parametrize("version", range(1, len(STEPS)))
async def test_its_tasks_are_found_shown_counted_and_go_on(tmp_path: Path, version: int) -> None:
    at = float(int(time.time()) - 60)
    failed = a_task(
        at=at, name="shop.fetch", state=TaskState.FAILURE, exception="TimeoutError('slow')",
        traceback='Traceback:\n  File "/srv/fetch.py", line 88, in get\nTimeoutError: slow',
    )  # fmt: skip
    running = a_task(at=at + 1, state=TaskState.STARTED, finished_at=None, runtime_s=None)
    old_file(tmp_path / FILE, version, [failed, running, a_task(at=at + 2)])

    history = History(tmp_path)
    history.open(HistoryConfig())
    doubted = a_task(at=at + 3, state=TaskState.STARTED, doubt="worker-gone")
    ended = a_task(id=running.id, at=at + 4, clock=running.clock + 1)
    history.put([doubted, ended])
    history.note_depth(7)
    assert history.flush()

    async def found(query: str) -> set[str]:
        page = await history.page(ListTasks(selection=Selection(search=query)))
        return {task.id for task in page.tasks}

    assert len((await history.page(ListTasks())).tasks) == 4
    assert await found("fetch.py:88") == {failed.id}
    assert await found("state:started") == {doubted.id}
    assert (await history.detail(failed.id)).task == failed
    assert (await history.detail(doubted.id)).task.doubt == "worker-gone"
    assert (await history.detail(running.id)).task.state is TaskState.SUCCESS
    figures = await history.figures(TaskFigures(since=at - 3600))
    assert {one.name: one.count for one in figures.names} == {"shop.fetch": 1, "shop.mail.send": 2}
    assert history.findings() == ()
    await history.close()
