"""The one writer of the history, in a thread of its own.

Who has news hands it over and goes on at once; the news of a second become one transaction.
While the disk refuses, news waits in memory, merged, up to a bound.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from desktop.engine.config import HistoryConfig
from desktop.engine.errors import TrayError
from desktop.engine.history import database
from desktop.engine.history.backlog import Backlog
from desktop.engine.history.depths import Depths
from desktop.engine.history.retention import Retention
from desktop.engine.history.writer import Writer
from desktop.engine.model import Problem
from desktop.engine.task_model import Task
from desktop.words import text, verbatim

log = logging.getLogger(__name__)

WRITE_INTERVAL_S = 0.9
"""News is written at the latest so long after it came; a crash loses no more."""
BATCH_MAX = 5_000
"""Tasks in one transaction: more at once cost each less, but hold the thread longer."""
KEEP_INTERVAL_S = 600.0
"""How often the rules of keeping are looked at while nothing is written."""
KEEP_WHILE_WRITING_S = 10.0
KEEP_AT_ONCE_S = 0.2
"""Forgetting goes on for no longer before it is written again."""
_RETRY_FIRST_S = 1.0
_RETRY_MAX_S = 30.0


class Recorder:
    """Writes tasks into one file, and forgets those past their time."""

    def __init__(
        self, path: Path, settings: HistoryConfig, on_change: Callable[[], None] = lambda: None
    ) -> None:
        """Nothing is opened before :meth:`start`. ``on_change`` is called from the thread when
        :attr:`problem` has changed."""
        self.problem: Problem | None = None
        """Why nothing is written at present."""
        self.broken: tuple[Path, ...] = ()
        """Files that were damaged and set aside."""
        self.puts = 0
        """How often there was news."""
        self._path = path
        self._settings = settings
        self._on_change = on_change
        self._backlog = Backlog()
        self._depths = Depths()
        self._wake = threading.Condition()
        self._hurry = False
        self._closing = False
        self._busy = False
        self._refused = False
        """Recording is over for this file: it is of a newer version."""
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._writer: Writer | None = None
        self._retention: Retention | None = None

    # --- any thread ------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to write; makes the file when there is none."""
        if self._thread is None:
            self._closing = False
            self._thread = threading.Thread(target=self._run, name="history", daemon=True)
            self._thread.start()

    def put(self, tasks: Sequence[Task]) -> None:
        """Record what is known of these tasks now; an id may come any number of times. Returns at
        once."""
        with self._wake:
            if self._refused or not self._settings.enabled:
                return
            self.puts += 1
            was_empty = not self._backlog
            self._backlog.put(tasks)
            if was_empty or len(self._backlog) >= BATCH_MAX:
                self._wake.notify_all()

    def note_depth(self, at: float, depth: int) -> None:
        """Record that so many messages waited in the app's queues then. Returns at once."""
        with self._wake:
            if self._refused or not self._settings.enabled:
                return
            self._depths.note(at, depth)
            if self._depths.due:
                self._wake.notify_all()

    def configure(self, settings: HistoryConfig) -> None:
        """Keep by these rules from now on."""
        with self._wake:
            self._settings = settings
            if self._retention:
                self._retention.settings = settings
            if not settings.enabled:
                self._backlog.clear()

    def flush(self, timeout_s: float) -> bool:
        """Wait until what was put is written; False when it is not in that time."""
        with self._wake:
            if self._thread is None or not self._has_news:
                return not self._backlog
            self._hurry = True
            self._wake.notify_all()
            return self._wake.wait_for(lambda: not self._has_news or self._closing, timeout_s)

    @property
    def _has_news(self) -> bool:
        return bool(self._backlog or self._depths or self._busy)

    @property
    def waiting(self) -> bool:
        """Whether there is something that is not written yet."""
        return bool(self._thread and self._has_news)

    @property
    def dropped(self) -> int:
        """Records that were given up because the disk refused for too long."""
        return self._backlog.dropped

    def close(self) -> None:
        """Write what is left and close the file. Not from the thread."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        thread.join()

    # --- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        pause_s = _RETRY_FIRST_S
        keep_at = time.monotonic()
        while not self._closing:
            try:
                if self._connection is None:
                    self._open()
                with self._wake:
                    self._wait_for_news(max(0.0, keep_at - time.monotonic()))
                if self._write():
                    keep_at = min(keep_at, time.monotonic() + KEEP_WHILE_WRITING_S)
                if time.monotonic() >= keep_at:
                    keep_at = time.monotonic() + (0.0 if self._keep() else KEEP_INTERVAL_S)
                self._told(None)
                pause_s = _RETRY_FIRST_S
            except TrayError as error:
                self._refuse(error.problem)
                return
            except (sqlite3.Error, OSError) as error:
                self._failed(error)
                with self._wake:
                    self._wake.wait_for(lambda: self._closing, pause_s)
                pause_s = min(pause_s * 2, _RETRY_MAX_S)
        self._finish()

    def _keep(self) -> bool:
        """Forget what is past its time, for a moment; True when there is more."""
        assert self._retention is not None  # noqa: S101 - opened before
        deadline = time.monotonic() + KEEP_AT_ONCE_S
        while self._retention.step(time.time()):
            if time.monotonic() > deadline or self._closing:
                return True
        return False

    def _wait_for_news(self, keep_s: float) -> None:
        """Sleep until there is something to write and its time has come, or ``keep_s`` is over."""
        self._wake.wait_for(
            lambda: self._backlog or self._closing or self._depths.due or self._hurry, keep_s
        )
        if self._backlog:
            self._wake.wait_for(
                lambda: self._hurry or self._closing or len(self._backlog) >= BATCH_MAX,
                WRITE_INTERVAL_S,
            )

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = database.open_writer(self._path)
        broken = database.broken_files(self._path)
        if broken != self.broken:
            self.broken = broken
            self._on_change()
        self._writer = Writer(self._connection, self._settings.text_max_bytes)
        self._retention = Retention(self._connection, self._writer, self._settings)

    def _write(self) -> bool:
        """Write all that waits, in transactions of a bounded size; False when nothing did."""
        assert self._writer is not None  # noqa: S101 - opened before
        wrote = False
        while True:
            with self._wake:
                batch = self._backlog.take(BATCH_MAX)
                depths = self._depths.take()
                self._busy = bool(batch or depths)
                if not self._busy:
                    self._hurry = False
                    self._wake.notify_all()
                    return wrote
            wrote = True
            try:
                if depths:
                    self._writer.write_depths(depths)
                if batch:
                    self._writer.write(batch, time.time())
            except (sqlite3.Error, OSError):
                with self._wake:
                    self._backlog.give_back(batch)
                    self._depths.give_back(depths)
                    self._busy = False
                raise
            except Exception:
                log.exception("news that can't be written; each alone now")
                self._write_singly(batch)

    def _write_singly(self, batch: list[Task]) -> None:
        """What one task says that nobody foresaw must not keep the others out."""
        assert self._writer is not None  # noqa: S101 - opened before
        for task in batch:
            try:
                self._writer.write([task], time.time())
            except Exception as error:  # noqa: BLE001 - told, and the task is left out
                log.warning("a task was not recorded: %s: %s", task.id[:80], error)

    def _failed(self, error: sqlite3.Error | OSError) -> None:
        self._shut()
        if database.is_broken(error):
            with contextlib.suppress(OSError):
                aside = database.set_aside(self._path)
                log.error("the history is broken (%s); set aside as %s", error, aside)
                return
        if self.problem is None:
            log.warning("the history can't be written: %s", error)
        self._told(not_written(error))

    def _refuse(self, problem: Problem) -> None:
        self._shut()
        with self._wake:
            self._refused = True
            self._backlog.clear()
            self._wake.notify_all()
        self._told(problem)

    def _finish(self) -> None:
        try:
            if self._connection is None:
                self._open()
            self._write()
        except (TrayError, sqlite3.Error, OSError) as error:
            log.warning("the end of the history was not written: %s", error)
        self._shut()

    def _shut(self) -> None:
        connection, self._connection = self._connection, None
        self._writer = self._retention = None
        if connection:
            connection.close()

    def _told(self, problem: Problem | None) -> None:
        if problem != self.problem:
            self.problem = problem
            self._on_change()


def not_written(error: BaseException) -> Problem:
    return Problem(
        code="history-not-written",
        title=text("The history of tasks can't be written."),
        message=verbatim(str(error) or type(error).__name__),
        next_step=text(
            "Free the disk. What happens meanwhile is kept in memory and written as soon as it "
            "can be."
        ),
    )
