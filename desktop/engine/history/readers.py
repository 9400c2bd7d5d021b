"""Questions to the history, answered in threads of their own, and broken off when nobody waits."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from desktop.engine.errors import TrayError
from desktop.engine.history import database
from desktop.words import text

T = TypeVar("T")
Question = Callable[[sqlite3.Connection], T]

THREADS = 3
"""A slow search keeps one of them; the others answer."""
TIMEOUT_S = 30.0
_STEPS = 2_000
"""Of SQLite's machine between two looks at whether to go on: well under a millisecond."""


class Readers:
    """Read-only connections to one file. Where there is no file yet, an empty one answers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool: ThreadPoolExecutor | None = None
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._file: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._closing = False

    async def ask(self, question: Question[T], first: Callable[[], object] = lambda: None) -> T:
        """The answer, worked out in a thread of the pool, where ``first`` is called before it.
        Cancelling breaks the work off. Raises :class:`TrayError` when the file can't be read or it
        takes too long."""
        self._closing = False
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="history-reader")
        given_up = threading.Event()

        def asked() -> T:
            first()
            return self.ask_now(question, given_up)

        work = asyncio.get_running_loop().run_in_executor(self._pool, asked)
        try:
            return await work
        except asyncio.CancelledError:
            given_up.set()
            raise

    def ask_now(self, question: Question[T], given_up: threading.Event | None = None) -> T:
        """The same in this thread."""
        deadline = time.monotonic() + TIMEOUT_S

        def must_end() -> bool:
            left = given_up is not None and given_up.is_set()
            return left or self._closing or time.monotonic() > deadline

        try:
            connection = self._connection()
        except sqlite3.Error as error:
            if self._path.exists() and database.is_broken(error):
                raise database.unreadable(error) from None
            return _of_nothing(question)
        connection.set_progress_handler(must_end, _STEPS)
        try:
            # One state of the file for all that the question asks.
            connection.execute("BEGIN")
            answer = question(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            connection.close()
            if time.monotonic() > deadline:
                raise takes_too_long() from None
            raise database.unreadable(error) from None
        except BaseException:
            connection.close()
            raise
        connection.set_progress_handler(None, 0)
        self._idle.put(connection)
        return answer

    def close(self) -> None:
        """Let the connections go; what is being answered is broken off."""
        self._closing = True
        pool, self._pool = self._pool, None
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)
        self._drop()

    def _connection(self) -> sqlite3.Connection:
        with self._lock:
            now = _identity(self._path)
            if now != self._file:
                self._file = now
                self._drop()  # a broken file was set aside, and another one begun
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return database.open_reader(self._path)

    def _drop(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino


def _of_nothing(question: Question[T]) -> T:
    """The answer of a history in which nothing has happened."""
    connection = database.open_empty()
    try:
        return question(connection)
    finally:
        connection.close()


def takes_too_long() -> TrayError:
    return TrayError(
        "history-slow",
        text("The search was broken off after {seconds} s.", seconds=int(TIMEOUT_S)),
        text("It looks at every task that was recorded."),
        text("Add since:1d, a state: or a name:, or search for whole words."),
    )
