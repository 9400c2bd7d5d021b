"""The table of workers: two lines a row, and a square for each task that a worker can run."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import (
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.quantities import duration, size
from desktop.ui import theme
from desktop.ui.fonts import Role
from desktop.ui.phrases import DASH
from desktop.ui.widgets import row_table
from desktop.ui.widgets.chip import draw_chip
from desktop.ui.widgets.column_widths import ColumnWidths
from desktop.ui.widgets.label import draw_line, plain_tip
from desktop.ui.widgets.row_model import Index, RowModel
from desktop.ui.widgets.row_table import Shape
from desktop.ui.worker_lines import SLOTS_MAX, WorkerLine, busy_words
from desktop.words import text, tr

ROW = 48
HEADER = 30
PAD = 12
SQUARE = 9
SQUARE_GAP = 3


class Column(IntEnum):
    NODE = 0
    STATE = 1
    BUSY = 2
    QUEUES = 3
    DONE = 4
    MEMORY = 5
    UP = 6


SHAPES = {
    Column.NODE: Shape(text("Worker"), 168),
    Column.STATE: Shape(text("State"), 136),
    Column.BUSY: Shape(text("Busy"), 128),
    Column.QUEUES: Shape(text("Queues"), 0),
    Column.DONE: Shape(text("Done"), 78, True),
    Column.MEMORY: Shape(text("Memory"), 78, True),
    Column.UP: Shape(text("Up"), 96, True),
}
NARROW = 700
NARROWEST = 40
QUEUES_MIN = 60


class WorkerModel(RowModel[WorkerLine]):
    """One row a worker, found again by its process."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(SHAPES, parent)

    def is_same(self, one: WorkerLine, other: WorkerLine) -> bool:
        return one.is_same(other)

    def row_of(self, line: WorkerLine) -> int:
        """The row of the same worker now; -1 when it is gone."""
        return next((n for n, one in enumerate(self.rows) if one.is_same(line)), -1)

    def row_named(self, name: str) -> int:
        """The row of a node, a service or a pid; -1 when there is none."""
        for number, one in enumerate(self.rows):
            if name in {one.node, one.service, str(one.pid)}:
                return number
        return -1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.row(index.row())
        if line is None:
            return None
        column = Column(index.column())
        words = cell(line, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{SHAPES[column].title}: {words}".replace("\n", ", ")
        if role == Qt.ItemDataRole.ToolTipRole:
            long = column in {Column.NODE, Column.QUEUES, Column.STATE}
            return plain_tip(words) if long else None
        return None


def cell(line: WorkerLine, column: Column) -> str:
    """What a cell says."""
    match column:
        case Column.NODE:
            below = [tr("pid {pid}", pid=line.pid)] if line.pid else []
            return f"{line.node}\n{' · '.join([*below, *([line.pool] if line.pool else [])])}"
        case Column.STATE:
            return "\n".join(mark.word for mark in line.marks)
        case Column.BUSY:
            return busy_words(line)
        case Column.QUEUES:
            return ", ".join(line.queues) or DASH
        case Column.DONE:
            return DASH if line.done is None else f"{line.done:,}".replace(",", "\u202f")
        case Column.MEMORY:
            return DASH if line.rss_bytes is None else size(line.rss_bytes)
        case _:
            return DASH if line.age_s is None else duration(float(int(line.age_s)))


class WorkerDelegate(QStyledItemDelegate):
    """Draws the cells on the line grid."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        model = index.model()
        line = model.row(index.row()) if isinstance(model, WorkerModel) else None
        if line is None:
            return
        painter.save()
        row_table.draw_row(painter, option, index)
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        column = Column(index.column())
        words = cell(line, column)
        if column is Column.NODE:
            _draw_node(painter, inside, *words.split("\n", 1))
        elif column is Column.STATE:
            _draw_state(painter, rect.adjusted(PAD, 0, -2, 0), line)
        elif column is Column.BUSY:
            _draw_busy(painter, inside, line, words)
        else:
            row_table.draw_words(painter, inside, words, SHAPES[column])
        painter.restore()


def _draw_node(painter: QPainter, rect: QRect, name: str, below: str = "") -> None:
    top = rect.top() + (rect.height() - Role.BODY.line - Role.MONO.line) // 2
    first = QRect(rect.left(), top, rect.width(), Role.BODY.line)
    second = QRect(rect.left(), first.bottom() + 1, rect.width(), Role.MONO.line)
    middle = Qt.TextElideMode.ElideMiddle
    draw_line(painter, first, name, Role.BODY_MEDIUM, theme.color("text"), elide=middle)
    draw_line(painter, second, below, Role.MONO, theme.color("sub"))


def _draw_state(painter: QPainter, rect: QRect, line: WorkerLine) -> None:
    mark, more = line.marks[0], len(line.marks) - 1
    word = f"{mark.word} +{more}" if more else mark.word
    ink = "" if mark.loud else "sub"
    draw_chip(painter, rect, mark.glyph, mark.tone, word, tinted=mark.loud, word_color=ink)


def _draw_busy(painter: QPainter, rect: QRect, line: WorkerLine, words: str) -> None:
    """A square a slot: filled where something runs."""
    left = rect.left()
    slots = line.slots or 0
    if line.busy is not None and 0 < slots <= SLOTS_MAX:
        per_row = slots if slots <= SLOTS_MAX // 2 else (slots + 1) // 2
        rows = (slots + per_row - 1) // per_row
        height = rows * SQUARE + (rows - 1) * SQUARE_GAP
        top = rect.top() + (rect.height() - height) / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number in range(slots):
            place, below = number % per_row, number // per_row
            square = QRectF(
                left + place * (SQUARE + SQUARE_GAP),
                top + below * (SQUARE + SQUARE_GAP),
                SQUARE,
                SQUARE,
            )
            if number < line.busy:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("run"))
                painter.drawRoundedRect(square, 2, 2)
            else:
                painter.setPen(QPen(theme.color("faint"), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(square.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        left += per_row * (SQUARE + SQUARE_GAP) + 6
    at = QRect(left, rect.top(), rect.right() - left + 1, rect.height())
    draw_line(painter, at, words, Role.SECONDARY, theme.color("sub"))


class WorkerTable(QTableView):
    """Its selected row is what the details tell of."""

    picked = Signal()
    menu_asked = Signal(object)
    """A QPoint on the screen, for the worker that is selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_ = WorkerModel(self)
        self.setModel(self.model_)
        self.setItemDelegate(WorkerDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        row_table.set_up(self, SHAPES, row_px=ROW, header_px=HEADER, narrowest_px=NARROWEST)
        self.widths = ColumnWidths(
            self, SHAPES, Column.QUEUES, rest_px=QUEUES_MIN, narrowest_px=NARROWEST
        )
        self.selectionModel().currentRowChanged.connect(lambda *_: self.picked.emit())

    def take(self, lines: tuple[WorkerLine, ...]) -> None:
        """Show these; the selection stays with its worker."""
        chosen = self.chosen
        if self.model_.show_rows(lines):
            row = self.model_.row_of(chosen) if chosen else -1
            self.selectRow(max(row, 0))

    @property
    def chosen(self) -> WorkerLine | None:
        return self.model_.row(self.currentIndex().row())

    def choose(self, name: str) -> bool:
        """Select a node, a service or a pid; False when there is none."""
        row = self.model_.row_named(name)
        if row >= 0:
            self.selectRow(row)
        return row >= 0

    def height_wanted(self) -> int:
        return HEADER + ROW * max(1, self.model_.rowCount())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out()

    def show_widths(self, kept: tuple[str, ...]) -> None:
        """As a person dragged them."""
        self.widths.restore(kept)
        self._share_out()

    def _share_out(self) -> None:
        narrow = self.viewport().width() < NARROW
        left_out = {Column.DONE, Column.MEMORY} if narrow else set()
        self.widths.share_out([column for column in SHAPES if column not in left_out])

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(self.viewport().mapFromGlobal(event.globalPos()))
        if index.isValid():
            self.selectRow(index.row())
            self.menu_asked.emit(event.globalPos())
