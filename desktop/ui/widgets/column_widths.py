"""Widths that a person gives the columns of a table by dragging, kept in place of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import IntEnum
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QHeaderView, QTableView

from desktop.ui.widgets.row_table import Shape

Column = TypeVar("Column", bound=IntEnum)

WIDEST = 2_000
SETTLED_MS = 400
"""A drag is over when nothing has moved for so long."""


class ColumnWidths(QObject, Generic[Column]):
    """One column takes what is left, so the columns always fit: what one gains, its neighbour on
    the right loses. The mode is Interactive, which costs no more than Fixed does: no width depends
    on what the rows say."""

    dragged = Signal()
    """A person has changed some (see :attr:`kept`)."""

    def __init__(
        self,
        table: QTableView,
        shapes: Mapping[Column, Shape],
        rest: Column,
        *,
        rest_px: int,
        narrowest_px: int,
    ) -> None:
        """``rest`` takes what is left, ``rest_px`` at least; no other gets less than
        ``narrowest_px``."""
        super().__init__(table)
        self._table = table
        self._shapes = shapes
        self._rest = rest
        self._least = dict.fromkeys(shapes, narrowest_px) | {rest: rest_px}
        self._given: dict[Column, int] = {}
        self._sharing = False
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self.dragged)
        header = table.horizontalHeader()
        header.setResizeContentsPrecision(0)  # a double click measures what is seen, not all rows
        for column in shapes:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        header.sectionResized.connect(self._on_resized)

    def of(self, column: Column) -> int:
        """Pixels; 0 of the one that takes what is left."""
        return 0 if column == self._rest else self._given.get(column, self._shapes[column].width)

    def share_out(self, shown: Collection[Column]) -> None:
        """Show these, and share out the width of the table."""
        room = self._table.viewport().width() - sum(map(self.of, shown))
        header = self._table.horizontalHeader()
        self._sharing = True
        for column in self._shapes:
            self._table.setColumnHidden(column, column not in shown)
            header.resizeSection(column, self.of(column) or max(room, self._least[column]))
        self._sharing = False

    # --- what is kept -----------------------------------------------------------------------

    @property
    def kept(self) -> tuple[str, ...]:
        """ "name=pixels" of each that was dragged, for the preferences."""
        return tuple(f"{column.name.lower()}={width}" for column, width in self._given.items())

    def restore(self, kept: tuple[str, ...]) -> None:
        """As it was kept. What makes no sense is passed over: people edit the file."""
        by_name = {column.name.lower(): column for column in self._shapes}
        for one in kept:
            name, _, digits = one.partition("=")
            column = by_name.get(name)
            if column is None or column == self._rest or not digits.isdecimal():
                continue
            self._given[column] = min(max(int(digits[:6]), self._least[column]), WIDEST)

    # --- dragging ---------------------------------------------------------------------------

    def _on_resized(self, section: int, before: int, now: int) -> None:
        # Qt lays the columns out itself before a table is seen.
        if self._sharing or not before or not self._table.isVisible():
            return
        column = next(one for one in self._shapes if one == section)
        right = [c for c in self._shapes if c > section and not self._table.isColumnHidden(c)]
        gain = 0
        if right:
            spare = self._table.columnWidth(right[0]) - self._least[right[0]]
            gain = min(max(now, self._least[column]) - before, max(spare, 0))
        self._sharing = True
        self._give(column, before + gain)
        if right and gain:
            self._give(right[0], self._table.columnWidth(right[0]) - gain)
        self._sharing = False
        if gain:
            self._settled.start()

    def _give(self, column: Column, width: int) -> None:
        self._table.horizontalHeader().resizeSection(column, width)
        if column != self._rest:
            self._given[column] = width
