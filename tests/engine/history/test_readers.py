"""Questions are answered beside each other, and broken off when nobody waits for them."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from desktop.engine.errors import TrayError
from desktop.engine.history import readers
from desktop.engine.history.database import open_writer
from desktop.engine.history.history import FILE
from desktop.engine.history.readers import THREADS, Readers

FOR_EVER = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def one(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT 1").fetchone()[0])


async def test_a_question_that_nobody_waits_for_is_broken_off(tmp_path: Path) -> None:
    open_writer(tmp_path / FILE).close()
    asked = Readers(tmp_path / FILE)
    begun, ended = threading.Event(), threading.Event()

    def for_ever(connection: sqlite3.Connection) -> None:
        begun.set()
        try:
            connection.execute(FOR_EVER).fetchone()
        finally:
            ended.set()

    # As many as there are threads: the next is answered only when they are given up.
    waiting = [asyncio.create_task(asked.ask(for_ever)) for _ in range(THREADS)]
    await asyncio.to_thread(begun.wait, 10)
    for task in waiting:
        task.cancel()
    assert await asked.ask(one) == 1
    assert await asyncio.to_thread(ended.wait, 10)
    await asyncio.to_thread(asked.close)


async def test_a_question_that_takes_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "TIMEOUT_S", 0.1)
    open_writer(tmp_path / FILE).close()
    asked = Readers(tmp_path / FILE)
    with pytest.raises(TrayError) as caught:
        await asked.ask(lambda connection: connection.execute(FOR_EVER).fetchone())
    assert caught.value.problem.code == "history-slow"
    assert await asked.ask(one) == 1
    asked.close()


async def test_nothing_has_happened_where_there_is_no_file(tmp_path: Path) -> None:
    asked = Readers(tmp_path / FILE)
    assert await asked.ask(lambda c: c.execute("SELECT count(*) FROM task").fetchone()) == (0,)
    asked.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_reader_changes_nothing(tmp_path: Path) -> None:
    open_writer(tmp_path / FILE).close()
    asked = Readers(tmp_path / FILE)
    with pytest.raises(TrayError):
        await asked.ask(lambda connection: connection.execute("DELETE FROM task"))
    asked.close()


async def test_the_loop_goes_on_while_a_question_is_answered(tmp_path: Path) -> None:
    open_writer(tmp_path / FILE).close()
    asked = Readers(tmp_path / FILE)
    slow = asyncio.create_task(
        asked.ask(
            lambda c: c.execute(FOR_EVER.replace("FROM n)", "FROM n LIMIT 2000000)")).fetchone()
        )
    )
    turns = 0
    deadline = time.monotonic() + 20
    while not slow.done() and time.monotonic() < deadline:
        await asyncio.sleep(0.001)
        turns += 1
    assert (await slow) == (2_000_000,) and turns > 10
    asked.close()
