"""The model behind a table of rows that come anew as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from desktop.ui.widgets import row_table
from desktop.ui.widgets.row_table import Shape

Index = QModelIndex | QPersistentModelIndex
Item = TypeVar("Item")


class RowModel(QAbstractTableModel, Generic[Item]):
    """One row an item. While the same items come again, a selection stays where it is."""

    def __init__(self, shapes: Mapping[Any, Shape], parent: QWidget | None = None) -> None:
        """``shapes`` by column, in their order."""
        super().__init__(parent)
        self.shapes = shapes
        self.rows: tuple[Item, ...] = ()

    def is_same(self, one: Item, other: Item) -> bool:
        """Whether both tell of the same thing, however it is now."""
        raise NotImplementedError

    def show_rows(self, rows: tuple[Item, ...]) -> bool:
        """Show these; True when rows came or went, so that the view has to select again."""
        same = len(rows) == len(self.rows) and all(map(self.is_same, rows, self.rows))
        if not same:
            self.beginResetModel()
        self.rows = rows
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.shapes) - 1))
        return not same

    def row(self, number: int) -> Item | None:
        return self.rows[number] if 0 <= number < len(self.rows) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.shapes)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        return row_table.header_data(self.shapes, section, orientation, role)
