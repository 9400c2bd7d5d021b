"""Words that many rows share, stored once: names of tasks, nodes and queues."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from desktop.engine.history.rows import storable

CACHED_MAX = 10_000
CHARS_MAX = 500
"""A longer name is cut: it is the name of nothing."""


def stored(words: str) -> str:
    """The words as the table has them."""
    return storable(words)[:CHARS_MAX]


class Vocabulary:
    """One table ``(id, text)``."""

    def __init__(self, connection: sqlite3.Connection, table: str) -> None:
        self._connection = connection
        self._add = f"INSERT OR IGNORE INTO {table} (text) VALUES (?)"
        self._ask = f"SELECT id FROM {table} WHERE text = ?"
        self._numbers = _Numbers(self._look_up)
        self.number: Callable[[str], int] = self._numbers.__getitem__
        """The small integer that stands for words, made when they are new."""

    def _look_up(self, words: str) -> int:
        value = (stored(words),)
        found = self._connection.execute(self._ask, value).fetchone()
        if found is None:
            self._connection.execute(self._add, value)
            found = self._connection.execute(self._ask, value).fetchone()
        if len(self._numbers) >= CACHED_MAX:
            self._numbers.clear()
        self._numbers[words] = found[0]
        return int(found[0])

    def forget(self) -> None:
        """Read all anew from the file."""
        self._numbers.clear()


class _Numbers(dict[str, int]):
    """Asks for what it does not have; what it has costs no call of Python."""

    def __init__(self, look_up: Callable[[str], int]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, words: str) -> int:
        return self._look_up(words)


_UNUSED = (
    "DELETE FROM name WHERE id NOT IN (SELECT id FROM tally WHERE kind = 'name') "
    "AND id NOT IN (SELECT name FROM figure)",
    "DELETE FROM node WHERE id NOT IN (SELECT id FROM tally WHERE kind = 'node')",
    "DELETE FROM queue WHERE id NOT IN (SELECT queue FROM task)",
    "DELETE FROM fault WHERE id NOT IN (SELECT fault FROM task WHERE fault IS NOT NULL)",
)


def forget_unused(connection: sqlite3.Connection) -> int:
    """Forget the words that neither a task nor a figure refers to; returns how many. Who remembers
    numbers must forget them then. Reads the whole table of tasks."""
    return sum(connection.execute(one).rowcount for one in _UNUSED)
