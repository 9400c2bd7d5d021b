"""Writes tasks into the file: one transaction a batch, each task one row.

New tasks are inserted; those that the file has are read, merged and put where their newest news
belongs. Used by the recorder's thread alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import TypeVar

from desktop.engine.history import depths
from desktop.engine.history.faults import fault_of
from desktop.engine.history.merge import merge
from desktop.engine.history.rows import Row, id_value, key_of, row_maker, storable, task_of
from desktop.engine.history.schema import COLUMNS, TEXT_COLUMNS
from desktop.engine.history.sums import Sums
from desktop.engine.history.text_index import NAME, NODE, STATE, spaced
from desktop.engine.history.vocabulary import Vocabulary, forget_unused, stored
from desktop.engine.task_model import Task

T = TypeVar("T")

CHUNK = 500
"""Values in one question; SQLite's own default limit is higher."""
_INSERT = f"INSERT INTO task VALUES ({', '.join('?' * len(COLUMNS))})"
_TEXTS = ", ".join(TEXT_COLUMNS)
_INDEX = f"INSERT INTO task_text (rowid, {_TEXTS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_UNINDEX = (
    f"INSERT INTO task_text (task_text, rowid, {_TEXTS}) VALUES ('delete', ?, ?, ?, ?, ?, ?, ?, ?)"
)
_TASK = ", ".join(
    {"name": "name.text", "node": "node.text", "queue": "queue.text"}.get(column, f"task.{column}")
    for column in COLUMNS
)
SELECT = (
    f"SELECT {_TASK} FROM task "
    "CROSS JOIN name ON name.id = task.name "
    "CROSS JOIN node ON node.id = task.node "
    "CROSS JOIN queue ON queue.id = task.queue "
)
"""A row as :func:`~desktop.engine.history.rows.task_of` reads it."""


class Writer:
    """The one that changes the file. Raises :class:`sqlite3.Error`; then nothing was changed."""

    def __init__(self, connection: sqlite3.Connection, most_bytes: int) -> None:
        self._connection = connection
        self._names = Vocabulary(connection, "name")
        self._nodes = Vocabulary(connection, "node")
        self._queues = Vocabulary(connection, "queue")
        self._faults: dict[tuple[str, str], int] = {}
        self._sums = Sums(connection)
        self._make = row_maker(
            self._names.number, self._nodes.number, self._queues.number, self._fault, most_bytes
        )
        newest = connection.execute("SELECT max(key) FROM task").fetchone()[0]
        self._newest: int = newest or 0

    def write(self, tasks: Sequence[Task], now: float) -> None:
        """Record tasks, each id at most once; ``now`` is the wall clock."""
        ids = {id_value(task.id): task for task in tasks}
        with self._transaction():
            known = self._known(list(ids))
            old = self._rows(list(known.values()))
            changed: list[tuple[bytes | str, Task]] = []
            replaced: list[Row] = []
            for id_, task in ids.items():
                before = old.get(known.get(id_, 0))
                if before is None:
                    changed.append((id_, task))
                    continue
                was = task_of(before)
                merged = merge(was, task)
                if merged != was:
                    replaced.append(before)
                    changed.append((id_, merged))
            self._remove(replaced)
            self._insert(changed, now)
            if changed:
                self._sums.flush()

    def remove(self, keys: Sequence[int]) -> None:
        """Forget these tasks; what they count for in the figures stays."""
        with self._transaction():
            self._remove(list(self._rows(list(keys)).values()), figures=False)
            self._sums.flush()

    def write_depths(self, most: Mapping[int, int]) -> None:
        """Record how many messages waited (:class:`~desktop.engine.history.depths.Depths`)."""
        with self._transaction():
            depths.write(self._connection, most)

    def prune_figures(self, now: float) -> None:
        """Forget figures of the finer widths that are past their time."""
        with self._transaction():
            self._sums.prune(now)
            depths.prune(self._connection, now)

    def forget_old_figures(self, span_s: float) -> bool:
        """Forget the oldest figures, ``span_s`` of them, of the time before the oldest task. False
        when there are none."""
        with self._transaction():
            oldest = self._connection.execute("SELECT min(key) FROM task").fetchone()[0]
            return self._sums.forget_before(oldest, span_s)

    def forget_unused(self) -> bool:
        """Forget figures of names that no task has any more, and words that nothing refers to.
        False when there are none. Takes as long as there are figures: a second for millions."""
        with self._transaction():
            gone = self._sums.forget_of_nobody() + forget_unused(self._connection)
        if gone:
            self.forget_cached()
        return bool(gone)

    def merge_text(self, pages: int) -> bool:
        """Merge pieces of the index of full text, so many pages of it; of all pieces where that is
        negative, which begins it. True while there is more."""
        before = self._connection.total_changes
        # https://sqlite.org/fts5.html#the_merge_command tells when it is done.
        merge = "INSERT INTO task_text (task_text, rank) VALUES ('merge', ?)"
        self._connection.execute(merge, (pages,))
        return self._connection.total_changes - before >= 2

    def forget_cached(self) -> None:
        """After somebody else changed the tables of words."""
        for words in (self._names, self._nodes, self._queues):
            words.forget()
        self._faults.clear()

    # --- parts of a transaction ------------------------------------------------------------------

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection, self)

    def rolled_back(self) -> None:
        """What was remembered of the undone transaction is not so."""
        self.forget_cached()
        self._sums.forget()
        self._newest = self._connection.execute("SELECT max(key) FROM task").fetchone()[0] or 0

    def _known(self, ids: list[bytes | str]) -> dict[bytes | str, int]:
        found: dict[bytes | str, int] = {}
        for chunk in _chunks(ids):
            question = f"SELECT id, key FROM task WHERE id IN ({_marks(chunk)})"
            found.update(self._connection.execute(question, chunk))
        return found

    def _rows(self, keys: list[int]) -> dict[int, Row]:
        found: dict[int, Row] = {}
        for chunk in _chunks(keys):
            question = f"{SELECT} WHERE task.key IN ({_marks(chunk)})"
            found.update((row[0], row) for row in self._connection.execute(question, chunk))
        return found

    def _remove(self, rows: list[Row], *, figures: bool = True) -> None:
        if not rows:
            return
        # The index is quick where it is told of keys in their order.
        rows.sort(key=itemgetter(0))
        texts: list[Row] = []
        for row in rows:
            name, node = self._names.number(row[2]), self._nodes.number(row[4])
            texts.append(_indexed(row, row[2], name, node))
            self._sums.add(task_of(row), row[0], name, node, -1, figures=figures)
        self._connection.executemany(_UNINDEX, texts)
        self._connection.executemany("DELETE FROM task WHERE key = ?", ((row[0],) for row in rows))

    def _insert(self, tasks: list[tuple[bytes | str, Task]], now: float) -> None:
        wishes = sorted((key_of(task.seen_at, now), place) for place, (_, task) in enumerate(tasks))
        rows: list[Row] = []
        texts: list[Row] = []
        last = 0
        for wish, place in wishes:
            key = last = self._free(max(wish, last + 1))
            id_, task = tasks[place]
            row = self._make(key, id_, task)
            rows.append(row)
            texts.append(_indexed(row, stored(task.name), row[2], row[4]))
            self._sums.add(task, key, row[2], row[4], 1)
        self._connection.executemany(_INSERT, rows)
        self._connection.executemany(_INDEX, texts)
        self._newest = max(self._newest, last)

    def _free(self, key: int) -> int:
        if key > self._newest:
            return key
        taken = self._connection.execute
        while taken("SELECT 1 FROM task WHERE key = ?", (key,)).fetchone():
            key += 1
        return key

    def _fault(self, task: Task) -> int | None:
        found = fault_of(task)
        if found is None:
            return None
        fault = storable(found[0]), storable(found[1])
        number = self._faults.get(fault)
        if number is None:
            add = "INSERT OR IGNORE INTO fault (exception, place) VALUES (?, ?)"
            self._connection.execute(add, fault)
            ask = "SELECT id FROM fault WHERE exception = ? AND place = ?"
            (number,) = self._connection.execute(ask, fault).fetchone()
            if len(self._faults) >= CHUNK:
                self._faults.clear()
            self._faults[fault] = number
        return number


class _Transaction:
    """All or nothing."""

    def __init__(self, connection: sqlite3.Connection, writer: Writer) -> None:
        self._connection = connection
        self._writer = writer

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
                return
        except sqlite3.Error:
            self._undo()
            raise
        self._undo()

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._writer.rolled_back()


def _indexed(row: Row, name: str, name_number: int, node_number: int) -> Row:
    """Key and texts of a row as the index was, or is, given them."""
    facets = f"{STATE}{row[3]} {NAME}{name_number} {NODE}{node_number}"
    args, kwargs, result, exception, traceback = row[7:12]
    # Not called for what needs nothing: six calls a task are a microsecond.
    return (
        row[0],
        facets,
        name if name.isascii() else spaced(name),
        args if args is None or args.isascii() else spaced(args),
        kwargs if kwargs is None or kwargs.isascii() else spaced(kwargs),
        result if result is None or result.isascii() else spaced(result),
        exception if exception is None or exception.isascii() else spaced(exception),
        traceback if traceback is None or traceback.isascii() else spaced(traceback),
    )


def _chunks(values: list[T]) -> Iterable[list[T]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
