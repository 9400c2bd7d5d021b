"""Which pages of the history the table holds, and how to come to those before and behind them."""

from __future__ import annotations

ROWS_MAX = 2_000
"""Rows that are held at most, but for a page that has just come."""


class PagesHeld:
    """A page begins behind a cursor, which the page before it gave; the first one behind "".

    Cursors of pages that were let go are kept (a few bytes each), so that one can scroll back.
    """

    def __init__(self) -> None:
        self._cursors: list[str] = [""]
        """Where each page begins, from the first one on; the last is of the next to come."""
        self._counts: list[int] = []
        """Rows of those that are held."""
        self._first = 0
        """Number of the first page that is held."""

    def begin(self, next_: str, rows: int) -> None:
        """Only the first page is held."""
        self._cursors = ["", next_]
        self._counts = [rows]
        self._first = 0

    @property
    def behind(self) -> str:
        """Where the page behind the last begins; "" when there is none."""
        place = self._first + len(self._counts)
        return self._cursors[place] if 0 < place < len(self._cursors) else ""

    @property
    def before(self) -> str | None:
        """Where the page before the first begins; None when the first one is held."""
        return self._cursors[self._first - 1] if self._first else None

    def behind_came(self, next_: str, rows: int) -> int:
        """The page behind has come with so many rows. How many rows at the start to let go."""
        self._counts.append(rows)
        place = self._first + len(self._counts)
        self._cursors[place:] = [next_]
        gone = 0
        while sum(self._counts) > ROWS_MAX and len(self._counts) > 1:
            gone += self._counts.pop(0)
            self._first += 1
        return gone

    def before_came(self, rows: int) -> int:
        """The page before has come with so many rows. How many rows at the end to let go."""
        self._first -= 1
        self._counts.insert(0, rows)
        gone = 0
        while sum(self._counts) > ROWS_MAX and len(self._counts) > 1:
            gone += self._counts.pop()
        return gone
