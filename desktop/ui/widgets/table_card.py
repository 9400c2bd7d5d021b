"""The card around a table; it carries the table's focus ring."""

from __future__ import annotations

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.widgets.card import Card


class TableCard(Card):
    """Its edge is the accent while the table has the keyboard."""

    def __init__(self, table: QWidget) -> None:
        super().__init__()
        self._table = table
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(table)

    def paintEvent(self, event: QPaintEvent) -> None:
        self.set_surface("card", "accent" if self._table.hasFocus() else "border")
        super().paintEvent(event)
