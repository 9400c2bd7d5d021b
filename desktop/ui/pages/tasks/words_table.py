"""A small table of words whose rows lead somewhere; sorted here, for it is short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.ui import theme
from desktop.ui.fonts import Role
from desktop.ui.widgets import row_table
from desktop.ui.widgets.label import draw_line, plain_tip
from desktop.ui.widgets.row_model import Index, RowModel
from desktop.ui.widgets.row_table import Shape

ROW = 30
HEADER = 28
PAD = 12
ROWS_SEEN = 8
ROWS_MAX = 500
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class WordsRow(NamedTuple):
    """Cells, what each sorts by, and what a click on the row asks for."""

    words: tuple[str, ...]
    keys: tuple[float | str, ...]
    query: str
    loud: frozenset[int] = frozenset()
    """Columns that are red."""


class WordsModel(RowModel[WordsRow]):
    def __init__(self, shapes: Sequence[Shape], parent: QWidget) -> None:
        super().__init__(dict(enumerate(shapes)), parent)
        self._unsorted: tuple[WordsRow, ...] = ()
        self._by: tuple[int, bool] | None = None

    def take(self, rows: Sequence[WordsRow]) -> None:
        if tuple(rows) != self._unsorted:
            self._unsorted = tuple(rows)[:ROWS_MAX]
            self._arrange()

    def sort_by(self, column: int, descending: bool) -> None:
        self._by = (column, descending)
        self._arrange()

    def _arrange(self) -> None:
        rows = self._unsorted
        if self._by is not None:
            column, descending = self._by
            rows = tuple(sorted(rows, key=lambda row: row.keys[column], reverse=descending))
        self.show_rows(rows)

    def is_same(self, one: WordsRow, other: WordsRow) -> bool:
        """A place in the order, whoever holds it: the order may be another each time."""
        return True

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        words = self.rows[index.row()].words[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.shapes[index.column()].title}: {words}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(words)
        return None


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, WordsModel):
            return
        rect: QRect = option.rect
        row_table.draw_row(painter, option, index)
        row, column = model.rows[index.row()], index.column()
        right = model.shapes[column].number
        loud = column in row.loud
        ink = "bad" if loud else ("text" if column == 0 else "sub")
        draw_line(
            painter,
            rect.adjusted(PAD, 0, -PAD, 0),
            row.words[column],
            Role.SECONDARY_MEDIUM if loud or column == 0 else Role.SECONDARY,
            theme.color(ink),
            align=Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft,
        )


class WordsTable(QTableView):
    """A click or Enter on a row asks for its tasks; a click on a head sorts."""

    chosen = Signal(str)

    def __init__(
        self, shapes: Sequence[Shape], expendable: Sequence[int], parent: QWidget | None = None
    ) -> None:
        """``expendable``: columns to leave out where there is no room, the first one first."""
        super().__init__(parent)
        self._expendable = tuple(expendable)
        self.model_ = WordsModel(shapes, self)
        self.setModel(self.model_)
        self.setItemDelegate(_Delegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        row_table.set_up(
            self, dict(enumerate(shapes)), row_px=ROW, header_px=HEADER, narrowest_px=30
        )
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        header.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header.sectionClicked.connect(self._on_section_clicked)

    def show_rows(self, rows: Sequence[WordsRow]) -> None:
        self.model_.take(rows)
        count = max(1, min(self.model_.rowCount(), ROWS_SEEN))
        self.setFixedHeight(HEADER + count * ROW + 2)

    def _on_section_clicked(self, section: int) -> None:
        # The style's mark for "ascending" points down, where the larger values are here.
        way = self.horizontalHeader().sortIndicatorOrder()
        self.model_.sort_by(section, way == Qt.SortOrder.AscendingOrder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER and self.currentIndex().isValid():
            self._choose(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self._choose(index.row())

    def _choose(self, row: int) -> None:
        query = self.model_.rows[row].query
        if query:
            self.chosen.emit(query)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        shapes, width = self.model_.shapes, self.viewport().width()
        hidden: set[int] = set()
        for column in self._expendable:
            taken = sum(s.width or 150 for n, s in shapes.items() if n not in hidden)
            if taken <= width:
                break
            hidden.add(column)
        fixed = sum(s.width for n, s in shapes.items() if n not in hidden)
        shares = sum(not s.width for n, s in shapes.items() if n not in hidden)
        for column, shape in shapes.items():
            self.setColumnHidden(column, column in hidden)
            room = max(120, (width - fixed) // max(1, shares))
            self.horizontalHeader().resizeSection(column, shape.width or room)
