"""Small questions to the file that a good plan needs: what words stand for, how many there are."""

from __future__ import annotations

import sqlite3
from functools import cached_property

from desktop.engine.history.schema import STATES
from desktop.engine.history.sums import MARK, STATE
from desktop.engine.states import TaskState

LISTED_MAX = 64
"""Numbers that a condition names one by one."""
FEW_MAX = 1_000
"""Tasks that are rather all looked at than the table walked for them."""


class Lookup:
    """Of one question; what it was told once it remembers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tallies: dict[tuple[str, int], int] = {}
        self._known_ids: dict[tuple[bytes | str, bytes | str], bool] = {}

    def numbers(self, table: str, pattern: str, *, exact: bool) -> tuple[int, ...] | None:
        """See :class:`desktop.engine.history.conditions.Words`."""
        how = "text = ?" if exact else "text LIKE ? ESCAPE '\\'"
        question = f"SELECT id FROM {table} WHERE {how} LIMIT {LISTED_MAX + 1}"
        found = tuple(number for (number,) in self._connection.execute(question, (pattern,)))
        return found if len(found) <= LISTED_MAX else None

    def is_an_id(self, low: bytes | str, high: bytes | str) -> bool:
        """See :class:`desktop.engine.history.conditions.Words`."""
        if (low, high) not in self._known_ids:
            question = "SELECT 1 FROM task WHERE id BETWEEN ? AND ? LIMIT 1"
            found = self._connection.execute(question, (low, high)).fetchone()
            self._known_ids[low, high] = found is not None
        return self._known_ids[low, high]

    def few_run(self, operator: str, seconds: float) -> bool:
        """See :class:`desktop.engine.history.conditions.Words`."""
        found = f"SELECT 1 FROM task WHERE runtime {operator} ? LIMIT {FEW_MAX + 1}"
        question = f"SELECT count(*) FROM ({found})"
        return bool(self._connection.execute(question, (seconds,)).fetchone()[0] <= FEW_MAX)

    def tally(self, column: str, number: int) -> int:
        """How many tasks have this number in ``state``, ``name`` or ``node``."""
        known = self._tallies.get((column, number))
        if known is None:
            question = "SELECT n FROM tally WHERE kind = ? AND id = ?"
            found = self._connection.execute(question, (column, number)).fetchone()
            known = self._tallies[column, number] = found[0] if found else 0
        return known

    def names(self, table: str) -> list[tuple[int, str]]:
        """(number, text) of the ``name`` or ``node`` of any task, sorted by text."""
        question = (
            f"SELECT {table}.id, {table}.text FROM tally "
            f"JOIN {table} ON {table}.id = tally.id "
            f"WHERE tally.kind = ? AND tally.n > 0 ORDER BY {table}.text"
        )
        return self._connection.execute(question, (table,)).fetchall()

    @cached_property
    def by_state(self) -> dict[TaskState, int]:
        question = "SELECT id, n FROM tally WHERE kind = ? AND n > 0 ORDER BY id"
        found = self._connection.execute(question, (STATE,))
        return {STATES[number]: n for number, n in found}

    @property
    def kept(self) -> int:
        """Tasks in the file."""
        return sum(self.by_state.values())

    @property
    def mark(self) -> int:
        """Grows with every change of the file."""
        return self.tally(MARK, 0)
