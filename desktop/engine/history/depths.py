"""How many messages waited over time: of each bucket the most that was measured.

Kept for the widths of time of the figures (:data:`LEVELS`), so that the file grows by one row an
hour in the end. A peak is told, whatever it is drawn beside; a mean would hide it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from desktop.engine.history.figure_bins import LEVELS

HOLDS_S = 60.0
"""A measure holds so long where none follows: the engine measures each 30 s while nobody looks."""
MOST = 2**31
_FINEST_S = LEVELS[0].width_s
_ADD = (
    "INSERT INTO depth VALUES (?, ?, ?) "
    "ON CONFLICT (level, at) DO UPDATE SET n = max(n, excluded.n)"
)


class Depths:
    """What was measured and is not written yet. Not locked; its owner is."""

    def __init__(self) -> None:
        self._most: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._most)

    @property
    def due(self) -> bool:
        """A bucket is over: it is worth a transaction of its own."""
        return len(self._most) > 1

    def note(self, at: float, depth: int) -> None:
        """So many waited at this instant."""
        bucket = int(at // _FINEST_S) * _FINEST_S
        self._most[bucket] = max(self._most.get(bucket, 0), min(max(depth, 0), MOST))
        while len(self._most) * _FINEST_S > LEVELS[0].kept_s:  # the disk refuses for hours
            del self._most[next(iter(self._most))]

    def take(self) -> dict[int, int]:
        """All of it, which is then its caller's."""
        taken, self._most = self._most, {}
        return taken

    def give_back(self, taken: Mapping[int, int]) -> None:
        """It was not written."""
        for bucket, depth in taken.items():
            self.note(bucket, depth)


def write(connection: sqlite3.Connection, most: Mapping[int, int]) -> None:
    """Add what was measured: the most of each bucket of the finest width."""
    for number, level in enumerate(LEVELS):
        rows = ((number, at // level.width_s * level.width_s, n) for at, n in most.items())
        connection.executemany(_ADD, rows)


def prune(connection: sqlite3.Connection, now: float) -> None:
    """Forget the finer ones that are past their time."""
    for number, level in enumerate(LEVELS):
        oldest = now - level.kept_s
        if oldest > 0:
            connection.execute("DELETE FROM depth WHERE level = ? AND at < ?", (number, oldest))


def first(connection: sqlite3.Connection) -> int | None:
    """When it was measured first, to the hour."""
    ask = "SELECT min(at) FROM depth WHERE level = ?"
    (at,) = connection.execute(ask, (len(LEVELS) - 1,)).fetchone()
    return None if at is None else int(at)


def depths(
    connection: sqlite3.Connection, level: int, since: int, until: float, width_s: int
) -> dict[int, int]:
    """The most of each point that is ``width_s`` wide, by its place from ``since`` on."""
    sql = (
        f"SELECT (at - ?) / {width_s:d}, max(n) FROM depth "
        "WHERE level = ? AND at >= ? AND at <= ? GROUP BY 1 ORDER BY 1"
    )
    found = dict(connection.execute(sql, (since, level, since, until)).fetchall())
    holds = int(HOLDS_S // width_s)
    for place, depth in tuple(found.items()):
        for next_ in range(place + 1, place + 1 + holds):
            if next_ in found or since + next_ * width_s > until:
                break
            found[next_] = depth
    return found
