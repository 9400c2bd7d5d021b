"""The table of queues: a model over what the engine tells, and how its cells are drawn."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import (
    QModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.engine.task_model import QueueDetail
from desktop.ui import theme
from desktop.ui.fonts import Role
from desktop.ui.queue_words import consumers, empty_in, is_alone, oldest, pace
from desktop.ui.theme import Tone
from desktop.ui.widgets import row_table
from desktop.ui.widgets.chip import draw_chip
from desktop.ui.widgets.label import draw_line
from desktop.ui.widgets.queue_bars import scale
from desktop.ui.widgets.row_model import Index, RowModel
from desktop.ui.widgets.row_table import Shape
from desktop.words import text

ROW = 36
HEADER = 30
PAD = 12
SPAN_S = 600.0
"""What the line in a row covers."""
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class Column(IntEnum):
    NAME = 0
    WAITING = 1
    TREND = 2
    PACE = 3
    EMPTY_IN = 4
    DELIVERED = 5
    OLDEST = 6
    CONSUMERS = 7


SHAPES = {
    Column.NAME: Shape(text("Queue"), 130),
    Column.WAITING: Shape(text("Waiting"), 136),
    Column.TREND: Shape(text("Last 10 min"), 96),
    Column.PACE: Shape(text("Pace"), 88, True),
    Column.EMPTY_IN: Shape(text("Empty in"), 84, True),
    Column.DELIVERED: Shape(text("Delivered"), 80, True),
    Column.OLDEST: Shape(text("Oldest"), 96, True),
    Column.CONSUMERS: Shape(text("Consumers"), 0),
}
CONSUMERS_MIN = 130
_LEFT_OUT = (Column.TREND, Column.EMPTY_IN, Column.OLDEST, Column.DELIVERED, Column.PACE)
"""Where there is no room, these go first; the details have them all."""


class QueueModel(RowModel[QueueDetail]):
    """One row per queue, the app's own first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(SHAPES, parent)
        self.now = 0.0

    def take(self, queues: tuple[QueueDetail, ...], now: float) -> None:
        """Show these; a selection stays where its queue stays."""
        self.now = now
        self.show_rows(tuple(sorted(queues, key=lambda queue: not queue.mine)))

    def is_same(self, one: QueueDetail, other: QueueDetail) -> bool:
        return one.name == other.name

    def row_of(self, name: str) -> int:
        """The row of a queue; -1 when there is none of this name."""
        return next((n for n, queue in enumerate(self.rows) if queue.name == name), -1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        queue = self.row(index.row())
        if queue is None:
            return None
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(queue, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{SHAPES[column].title}: {self._cell(queue, column)}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return row_table.alignment(SHAPES[column])
        return None

    def _cell(self, queue: QueueDetail, column: Column) -> str:
        cells = {
            Column.NAME: queue.name,
            Column.WAITING: f"{queue.depth:,}",
            Column.TREND: "",
            Column.PACE: pace(queue),
            Column.EMPTY_IN: empty_in(queue),
            Column.DELIVERED: f"{queue.unacked:,}",
            Column.OLDEST: oldest(queue, self.now),
            Column.CONSUMERS: consumers(queue),
        }
        return cells[column]


class QueueDelegate(QStyledItemDelegate):
    """Draws depths as bars on one scale, and as a line over the last minutes."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        model = index.model()
        queue = model.row(index.row()) if isinstance(model, QueueModel) else None
        if queue is None or not isinstance(model, QueueModel):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row_table.draw_row(painter, option, index)
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        column = Column(index.column())
        words = str(index.data(Qt.ItemDataRole.DisplayRole))
        if column is Column.WAITING:
            most = scale(max((one.depth for one in model.rows), default=0))
            draw_depth(painter, inside, queue.depth, most, alone=is_alone(queue))
        elif column is Column.TREND:
            draw_trend(painter, inside, queue.depths, model.now)
        elif column is Column.CONSUMERS and is_alone(queue):
            draw_chip(painter, inside, "state-attention", Tone.WARN, words, tinted=True)
        else:
            strong = column is Column.NAME and queue.mine
            row_table.draw_words(painter, inside, words, SHAPES[column], strong=strong)
        painter.restore()


def draw_depth(painter: QPainter, rect: QRect, depth: int, most: int, *, alone: bool) -> None:
    """The number, and a bar behind it; in the colour of a warning where nobody takes it."""
    number = QRect(rect.left(), rect.top(), 56, rect.height())
    draw_line(painter, number, f"{depth:,}", Role.BODY_MEDIUM, theme.color("text"))
    bar = QRectF(rect.left() + 62, rect.center().y() - 2.5, rect.width() - 62, 6)
    if bar.width() < 12:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("well"))
    painter.drawRoundedRect(bar, 3, 3)
    if depth:
        color = QColor(theme.color("warn" if alone else "accent"))
        color.setAlphaF(0.8)
        painter.setBrush(color)
        painter.drawRoundedRect(
            QRectF(bar.left(), bar.top(), max(6.0, bar.width() * depth / most), 6), 3, 3
        )


def draw_trend(
    painter: QPainter,
    rect: QRect,
    depths: tuple[tuple[float, int], ...],
    now: float,
    span_s: float = SPAN_S,
) -> None:
    """The depth over time; the right edge is ``now``."""
    shown = [one for one in depths if one[0] >= now - span_s]
    if len(shown) < 2:
        return
    most = max(1, *(depth for _, depth in shown))
    area = QRectF(rect).adjusted(0, 9, 0, -9)
    points = [
        QPointF(
            area.right() - (now - at) / span_s * area.width(),
            area.bottom() - depth / most * area.height(),
        )
        for at, depth in shown
    ]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color("run"), 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(points)


class QueueTable(QTableView):
    """The table; Enter opens the details of the current queue."""

    opened = Signal(str)
    """Name of the queue whose details are wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_ = QueueModel(self)
        self.setModel(self.model_)
        self.setItemDelegate(QueueDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        row_table.set_up(self, SHAPES, row_px=ROW, header_px=HEADER, narrowest_px=40)
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)

    def take(self, queues: tuple[QueueDetail, ...], now: float) -> None:
        """Show what is known now."""
        chosen = self.chosen
        self.model_.take(queues, now)
        row = self.model_.row_of(chosen) if chosen else -1
        if row != self.currentIndex().row():
            self.selectRow(row)

    @property
    def chosen(self) -> str:
        """Name of the selected queue; "" when none is."""
        queue = self.model_.row(self.currentIndex().row())
        return queue.name if queue else ""

    def choose(self, name: str) -> None:
        """Select the row of a queue."""
        self.selectRow(self.model_.row_of(name))

    def height_of(self, rows: int) -> int:
        """Tall enough for so many rows."""
        return HEADER + ROW * rows

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        row_table.fit(self, SHAPES, _LEFT_OUT, CONSUMERS_MIN)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER and self.chosen:
            self.opened.emit(self.chosen)
        else:
            super().keyPressEvent(event)

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        queue = self.model_.row(current.row())
        if queue is not None:
            self.opened.emit(queue.name)
