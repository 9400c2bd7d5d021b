"""A history in a folder of the test, and tasks to put into it."""

from __future__ import annotations

import itertools
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from desktop.engine.config import HistoryConfig
from desktop.engine.history.database import open_writer
from desktop.engine.history.history import FILE, History
from desktop.engine.history.writer import Writer
from desktop.engine.history_commands import ListTasks, Selection, TaskPage
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task

NOW = 1_800_000_000.0
_COUNT = itertools.count()


def a_task(**known: Any) -> Task:
    """A task that succeeded a while before :data:`NOW`, each a second later than the last."""
    number = next(_COUNT)
    at = known.pop("at", NOW - 1_000_000 + number)
    return Task(
        **{
            "id": str(uuid.UUID(int=number, version=4)),
            "name": "shop.mail.send",
            "state": TaskState.SUCCESS,
            "worker": "worker1@host",
            "args": f"({number},)",
            "received_at": at - 2,
            "started_at": at - 1,
            "finished_at": at,
            "runtime_s": 1.0,
            "starts": 1,
            "seen_at": at,
            "clock": number,
            **known,
        }
    )


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A fresh file, open for writing."""
    made = open_writer(tmp_path / FILE)
    yield made
    made.close()


@pytest.fixture
def writer(connection: sqlite3.Connection) -> Writer:
    return Writer(connection, HistoryConfig().text_max_bytes)


@pytest_asyncio.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    """A history that records."""
    made = History(tmp_path)
    made.open(HistoryConfig())
    yield made
    await made.close()


Search = Callable[..., Any]


@pytest.fixture
def search(history: History) -> Search:
    """Ids of the tasks that a query finds, the newest first."""

    async def ask(query: str = "", **more: Any) -> list[str]:
        page = await history.page(ListTasks(selection=Selection(search=query), **more))
        assert isinstance(page, TaskPage)
        return [task.id for task in page.tasks]

    return ask


def eventually(ask: Callable[[], Any], timeout_s: float = 10.0) -> Any:
    """Ask until the answer is true; fails with the last one."""
    deadline = time.monotonic() + timeout_s
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"still {answer!r}"
        time.sleep(0.01)
    return answer
