"""Counts that are kept beside the tasks: how many there are of a kind, and the figures.

Gathered in memory during a transaction and added to the file at its end: a batch of thousands
changes some hundred sums.
"""

from __future__ import annotations

import sqlite3
from collections import Counter

from desktop.engine.history.figure_bins import LEVELS, shares
from desktop.engine.history.schema import KEYS_A_SECOND, STATE_NUMBER
from desktop.engine.history.vocabulary import Vocabulary
from desktop.engine.task_model import Task

STATE, NAME, NODE, MARK = "state", "name", "node", "mark"
"""Kinds of tallies. The one of MARK, id 0, grows with every change of the history."""
_ADD_TALLY = (
    "INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET n = n + excluded.n"
)
_ADD_FIGURE = (
    "INSERT INTO figure VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (level, at, name, kind, bin) DO UPDATE SET n = n + excluded.n"
)


class Sums:
    """Of one transaction at a time."""

    def __init__(self, connection: sqlite3.Connection, names: Vocabulary) -> None:
        self._connection = connection
        self._names = names
        self._tallies: Counter[tuple[str, int]] = Counter()
        self._figures: Counter[tuple[int, int, int, int]] = Counter()

    def add(self, task: Task, key: int, node: int, sign: int, *, figures: bool = True) -> None:
        """Count a task, which has this key, in (``sign`` 1) or out (-1)."""
        name = self._names.number(task.name)
        self._tallies[STATE, STATE_NUMBER[task.state]] += sign
        self._tallies[NAME, name] += sign
        self._tallies[NODE, node] += sign
        if figures:
            for at, kind, number, n in shares(task, key / KEYS_A_SECOND):
                self._figures[int(at / LEVELS[0].width_s), name, kind, number] += sign * n

    def flush(self) -> None:
        """Add what was gathered to the file."""
        tallies = [(kind, id_, n) for (kind, id_), n in self._tallies.items() if n]
        self._connection.executemany(_ADD_TALLY, (*tallies, (MARK, 0, 1)))
        for number, level in enumerate(LEVELS):
            fold = level.width_s // LEVELS[0].width_s
            sums: Counter[tuple[int, int, int, int]] = Counter()
            for (at, name, kind, bin_), n in self._figures.items():
                sums[at // fold * level.width_s, name, kind, bin_] += n
            self._connection.executemany(
                _ADD_FIGURE, ((number, *where, n) for where, n in sums.items() if n)
            )
        self.forget()

    def prune(self, now: float) -> None:
        """Forget the finer figures that are past their time, and sums of nothing."""
        for number, level in enumerate(LEVELS):
            oldest = now - level.kept_s
            if oldest > 0:
                self._connection.execute(
                    "DELETE FROM figure WHERE level = ? AND at < ?", (number, oldest)
                )
        self._connection.execute("DELETE FROM tally WHERE n = 0 AND kind != ?", (MARK,))

    def forget(self) -> None:
        """Drop what was gathered."""
        self._tallies.clear()
        self._figures.clear()
