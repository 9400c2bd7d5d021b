"""The history of one stack: what its engine records of tasks, and what is asked of it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from desktop.engine.config import HistoryConfig
from desktop.engine.history.details import family, find_task, neighbours, show_task
from desktop.engine.history.figures import task_figures
from desktop.engine.history.filters import Filters
from desktop.engine.history.pages import list_tasks, selected
from desktop.engine.history.readers import Question, Readers
from desktop.engine.history.recorder import Recorder
from desktop.engine.history.rows import id_text, task_of
from desktop.engine.history.schema import HELD, KEYS_A_SECOND, STATE_NUMBER, UNFINISHED
from desktop.engine.history.writer import SELECT
from desktop.engine.history_commands import (
    ListTasks,
    Selection,
    TaskDetail,
    TaskFigures,
    TaskFiguresReport,
    TaskPage,
)
from desktop.engine.model import Finding
from desktop.engine.states import Severity, TaskState
from desktop.engine.task_model import Task
from desktop.words import text, textn

T = TypeVar("T")

FILE = "history.sqlite"
FRESH_S = 0.25
"""A question waits this long at most until what was recorded before it is written."""
UNFINISHED_MAX = 100_000


class History:
    """Recorder and readers of ``history.sqlite`` in one folder."""

    def __init__(self, folder: Path, on_change: Callable[[], None] = lambda: None) -> None:
        """``on_change`` is called, from any thread, when :attr:`findings` may have changed."""
        self.path = folder / FILE
        self.filters = Filters(folder / "filters.json")
        self._recorder = Recorder(self.path, HistoryConfig(), on_change)
        self._readers = Readers(self.path)

    # --- recording -------------------------------------------------------------------------------

    def open(self, settings: HistoryConfig) -> None:
        """Record from now on, by these settings; with others when it is called again."""
        self._recorder.configure(settings)
        if settings.enabled:
            self._recorder.start()

    def put(self, tasks: Sequence[Task]) -> None:
        """Record what is known of these tasks now. Any thread; returns at once."""
        self._recorder.put(tasks)

    def note_depth(self, depth: int) -> None:
        """So many messages wait in the app's queues now. Returns at once."""
        self._recorder.note_depth(time.time(), depth)

    @property
    def mark(self) -> int:
        """Grows with each piece of news."""
        return self._recorder.puts

    def unfinished(self) -> tuple[str, ...]:
        """Ids of tasks that had not ended when they were last heard of, the newest first; at most
        :data:`UNFINISHED_MAX`. Blocks; not on the loop."""
        self.flush()
        return self._readers.ask_now(_unfinished)

    def had_by(self, node: str, pid: int) -> tuple[Task, ...]:
        """Tasks that this worker process had and had not ended when they were last heard of; the
        newest first, at most :data:`UNFINISHED_MAX`. Blocks; not on the loop."""
        self.flush()
        return self._readers.ask_now(lambda connection: _had_by(connection, node, pid))

    def heard_until(self) -> float | None:
        """When news of any task came last; None when there is none. Blocks; not on the loop."""
        self.flush()
        return self._readers.ask_now(_newest)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until what was put is written. Blocks; not on the loop."""
        return self._recorder.flush(timeout_s)

    async def close(self) -> None:
        """Write what is left."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        # Whoever closes the file last moves its journal into it; a reader can't.
        self._readers.close()
        self._recorder.close()

    # --- asking ----------------------------------------------------------------------------------

    async def page(self, command: ListTasks) -> TaskPage:
        """One page. Raises :class:`BadQuery`, :class:`TrayError`."""
        return await self._ask(lambda c: list_tasks(c, command, time.time()))

    async def detail(self, task_id: str) -> TaskDetail:
        """All of one task but the lines of its log. Raises :class:`TrayError` ``no-such-task``."""
        return await self._ask(lambda c: show_task(c, task_id))

    async def task(self, task_id: str) -> Task | None:
        """The task with exactly this id, None when it is not known."""
        return await self._ask(lambda c: find_task(c, task_id))

    async def family(self, task: Task, roots: Sequence[str]) -> tuple[Task, ...]:
        """It and all tasks of these roots, parents before children; at most 500."""
        return await self._ask(lambda c: family(c, task, roots))

    async def neighbours(self, task: Task) -> tuple[str, ...]:
        """Ids of tasks that nobody's task called and that came at about the same time."""
        return await self._ask(lambda c: neighbours(c, task))

    async def figures(self, command: TaskFigures) -> TaskFiguresReport:
        return await self._ask(lambda c: task_figures(c, command, time.time()))

    async def tasks(self, selection: Selection, most: int) -> tuple[Task, ...]:
        """The tasks of a selection that are known, without tracebacks, the newest first; at most
        ``most``. Raises :class:`BadQuery`, :class:`TrayError`."""
        return await self._ask(lambda c: selected(c, selection, time.time(), most))

    async def _ask(self, question: Question[T]) -> T:
        # Not in the loop's own pool of threads: workers that are slow to answer may fill that.
        return await self._readers.ask(question, self._freshen)

    def _freshen(self) -> None:
        if self._recorder.waiting:
            self._recorder.flush(FRESH_S)

    # --- what a person should know ---------------------------------------------------------------

    def findings(self) -> tuple[Finding, ...]:
        """That it can't be written, or that a broken file was set aside."""
        found = [broken_file(path) for path in self._recorder.broken]
        problem = self._recorder.problem
        if problem:
            found.append(
                Finding(
                    id=problem.code,
                    severity=Severity.WARNING,
                    title=problem.title,
                    detail=problem.message,
                    fix=problem.next_step,
                )
            )
        if self._recorder.dropped:
            found.append(dropped(self._recorder.dropped))
        return tuple(found)


def _unfinished(connection: sqlite3.Connection) -> tuple[str, ...]:
    states = ", ".join(str(STATE_NUMBER[state]) for state in UNFINISHED)
    # The second term is the index's own.
    question = (
        f"SELECT id FROM task WHERE state IN ({states}) "
        f"AND state != {STATE_NUMBER[TaskState.SUCCESS]} ORDER BY key DESC LIMIT ?"
    )
    return tuple(id_text(id_) for (id_,) in connection.execute(question, (UNFINISHED_MAX,)))


def _had_by(connection: sqlite3.Connection, node: str, pid: int) -> tuple[Task, ...]:
    states = ", ".join(str(STATE_NUMBER[state]) for state in HELD)
    question = (
        f"{SELECT} WHERE task.state IN ({states}) "
        f"AND task.state != {STATE_NUMBER[TaskState.SUCCESS]} AND node.text = ? AND task.pid = ? "
        "ORDER BY task.key DESC LIMIT ?"
    )
    return tuple(map(task_of, connection.execute(question, (node, pid, UNFINISHED_MAX))))


def _newest(connection: sqlite3.Connection) -> float | None:
    (key,) = connection.execute("SELECT max(key) FROM task").fetchone()
    return None if key is None else key / KEYS_A_SECOND


def broken_file(path: Path) -> Finding:
    return Finding(
        id="history-broken",
        severity=Severity.WARNING,
        title=text("The history of tasks was damaged; a new one was begun."),
        detail=text("What was recorded before is in {path}.", path=str(path)),
        fix=text("Keep that file if you want to have it looked at, or delete it."),
    )


def dropped(count: int) -> Finding:
    return Finding(
        id="history-dropped",
        severity=Severity.WARNING,
        title=textn(
            "{n} piece of news of a task was not recorded",
            "{n} pieces of news of tasks were not recorded",
            count,
        ),
        detail=text("The disk could not be written for too long."),
        fix=text("Free the disk. What was given up are tasks that ran at that time."),
    )
