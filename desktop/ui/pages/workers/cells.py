"""A plain table of words: what each of the tabs lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import (
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.ui import theme
from desktop.ui.fonts import Role
from desktop.ui.theme import Tone
from desktop.ui.widgets import row_table
from desktop.ui.widgets.chip import draw_chip
from desktop.ui.widgets.label import draw_line, plain_tip, width_of
from desktop.ui.widgets.row_model import Index, RowModel
from desktop.ui.widgets.row_table import Shape

ROW = 32
HEADER = 30
PAD = 12
NARROW = 700


class Cell(NamedTuple):
    words: str
    faint: str = ""
    """More of it, in grey behind the words."""
    glyph: str = ""
    tone: Tone = Tone.OFF
    tinted: bool = False
    mono: bool = False


class Line(NamedTuple):
    """One row. Its key tells it from others when the rows come anew."""

    key: str
    cells: tuple[Cell, ...]


class _Model(RowModel[Line]):
    def __init__(self, shapes: Sequence[Shape], parent: QWidget | None = None) -> None:
        super().__init__(dict(enumerate(shapes)), parent)

    def is_same(self, one: Line, other: Line) -> bool:
        return one.key == other.key

    def cell(self, index: Index) -> Cell | None:
        line = self.row(index.row())
        return line.cells[index.column()] if line else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        cell = self.cell(index)
        if cell is None:
            return None
        whole = f"{cell.words} {cell.faint}".strip()
        if role == Qt.ItemDataRole.DisplayRole:
            return whole
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.shapes[index.column()].title}: {whole}"
        return plain_tip(whole) if role == Qt.ItemDataRole.ToolTipRole else None


class _Delegate(QStyledItemDelegate):
    def __init__(self, shapes: Sequence[Shape], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shapes = shapes

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        cell = model.cell(index) if isinstance(model, _Model) else None
        if cell is None:
            return
        painter.save()
        row_table.draw_row(painter, option, index)
        rect: QRect = option.rect
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        if cell.glyph:
            ink = "" if cell.tinted else "sub"
            draw_chip(
                painter,
                inside,
                cell.glyph,
                cell.tone,
                cell.words,
                tinted=cell.tinted,
                word_color=ink,
            )
        else:
            self._draw_words(painter, inside, cell, number=self._shapes[index.column()].number)
        painter.restore()

    @staticmethod
    def _draw_words(painter: QPainter, rect: QRect, cell: Cell, *, number: bool) -> None:
        role = Role.MONO if cell.mono else Role.SECONDARY
        side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
        ink = "sub" if number else "text"
        draw_line(painter, rect, cell.words, role, theme.color(ink), align=side)
        if cell.faint:
            left = rect.left() + (width_of(cell.words, role) + 8 if cell.words else 0)
            if left < rect.right():
                at = QRect(left, rect.top(), rect.right() - left + 1, rect.height())
                draw_line(painter, at, cell.faint, Role.SECONDARY, theme.color("sub"))


class CellTable(QTableView):
    """Rows of words; Enter and a double click are the same wish."""

    wished = Signal()
    """For the row that is selected: what is done with it first."""
    menu_asked = Signal(object)
    """A QPoint on the screen, for the row that is selected."""

    def __init__(
        self,
        *shapes: Shape,
        left_out: tuple[int, ...] = (),
        parent: QWidget | None = None,
    ) -> None:
        """One shape has the width 0: it takes what is left. ``left_out``: columns for which there
        is no room in a small window."""
        super().__init__(parent)
        self._left_out = left_out
        self._shapes = shapes
        self._model = _Model(shapes, self)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(shapes, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        row_table.set_up(
            self, dict(enumerate(shapes)), row_px=ROW, header_px=HEADER, narrowest_px=40
        )
        self.doubleClicked.connect(lambda _index: self.wished.emit())

    def take(self, lines: tuple[Line, ...]) -> None:
        """Show these; the selection stays with its key."""
        chosen = self.chosen
        if self._model.show_rows(lines) and chosen:
            keys = [one.key for one in lines]
            if chosen in keys:
                self.selectRow(keys.index(chosen))

    @property
    def chosen(self) -> str:
        """Key of the selected row; "" when none is."""
        line = self._model.row(self.currentIndex().row())
        return line.key if line else ""

    def retranslate(self) -> None:
        self._model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._shapes) - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.chosen:
            self.wished.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(self.viewport().mapFromGlobal(event.globalPos()))
        if index.isValid():
            self.selectRow(index.row())
            self.menu_asked.emit(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for number in self._left_out:
            self.setColumnHidden(number, self.viewport().width() < NARROW)
        seen = (n for n in range(len(self._shapes)) if not self.isColumnHidden(n))
        others = sum(self._shapes[number].width for number in seen)
        for number, shape in enumerate(self._shapes):
            if not shape.width:
                room = self.viewport().width() - others
                self.horizontalHeader().resizeSection(number, max(room, 80))
