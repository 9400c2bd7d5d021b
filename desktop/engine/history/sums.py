"""Counts that are kept beside the tasks: how many there are of a kind, and the figures.

Gathered in memory during a transaction and added to the file at its end: a batch of thousands
changes some hundred sums.
"""

from __future__ import annotations

import sqlite3
from collections import Counter

from desktop.engine.history.figure_bins import LEVELS, Share, share_of
from desktop.engine.history.schema import KEYS_A_SECOND, STATE_NUMBER
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

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._kinds: list[tuple[int, int, int, int]] = []
        self._shares: list[tuple[Share, int, int]] = []

    def add(
        self, task: Task, key: int, name: int, node: int, sign: int, *, figures: bool = True
    ) -> None:
        """Count a task, which has this key, in (``sign`` 1) or out (-1)."""
        self._kinds.append((STATE_NUMBER[task.state], name, node, sign))
        if figures and (share := share_of(task, key / KEYS_A_SECOND)) is not None:
            self._shares.append((share, name, sign))

    def flush(self) -> None:
        """Add what was gathered to the file."""
        tallies: Counter[tuple[str, int]] = Counter()
        # Counting whole tuples is C's work; there are few different ones.
        for (state, name, node, sign), n in Counter(self._kinds).items():
            tallies[STATE, state] += sign * n
            tallies[NAME, name] += sign * n
            tallies[NODE, node] += sign * n
        changed = [(kind, id_, n) for (kind, id_), n in tallies.items() if n]
        self._connection.executemany(_ADD_TALLY, (*changed, (MARK, 0, 1)))
        figures: Counter[tuple[int, int, int, int]] = Counter()
        for (share, name, sign), n in Counter(self._shares).items():
            for kind, number, each in share.counts():
                figures[share.bucket, name, kind, number] += sign * n * each
        for level_number, level in enumerate(LEVELS):
            fold = level.width_s // LEVELS[0].width_s
            sums: Counter[tuple[int, int, int, int]] = Counter()
            for (bucket, name, kind, number), n in figures.items():
                sums[bucket // fold * level.width_s, name, kind, number] += n
            self._connection.executemany(
                _ADD_FIGURE, ((level_number, *where, n) for where, n in sums.items() if n)
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

    def forget_before(self, key: int | None, span_s: float) -> bool:
        """Forget the oldest sums of the widest level, ``span_s`` of them, if they end before the
        task with this key. False when there are none."""
        level = len(LEVELS) - 1
        ask = "SELECT min(at) FROM figure WHERE level = ?"
        (first,) = self._connection.execute(ask, (level,)).fetchone()
        if first is None:
            return False
        until = first + span_s
        if key is not None:
            # The hour of the oldest task stays whole.
            until = min(until, key / KEYS_A_SECOND - LEVELS[level].width_s)
        forget = "DELETE FROM figure WHERE level = ? AND at < ?"
        return self._connection.execute(forget, (level, until)).rowcount > 0

    def forget_of_nobody(self) -> int:
        """Forget the sums of names that no task has; returns how many."""
        forget = (
            "DELETE FROM figure WHERE name NOT IN (SELECT id FROM tally WHERE kind = ? AND n > 0)"
        )
        self._connection.execute("DELETE FROM tally WHERE n = 0 AND kind != ?", (MARK,))
        return self._connection.execute(forget, (NAME,)).rowcount

    def forget(self) -> None:
        """Drop what was gathered."""
        self._kinds.clear()
        self._shares.clear()
