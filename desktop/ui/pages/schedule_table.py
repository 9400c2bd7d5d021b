"""The two tables of the schedule: beat's entries, and tasks that wait for their time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Generic, TypeVar

from PySide6.QtCore import (
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.calls import arguments
from desktop.engine.task_model import ScheduleEntry, WaitingTask
from desktop.quantities import clock
from desktop.ui import theme
from desktop.ui.fonts import Role
from desktop.ui.phrases import DASH
from desktop.ui.queue_words import due_in, next_run, schedule
from desktop.ui.theme import Tone
from desktop.ui.widgets import row_table
from desktop.ui.widgets.chip import draw_chip
from desktop.ui.widgets.label import draw_line
from desktop.ui.widgets.row_model import Index, RowModel
from desktop.ui.widgets.row_table import Shape
from desktop.words import text, tr

ROW = 32
HEADER = 30
PAD = 12
REST_MIN = 100
Item = TypeVar("Item", ScheduleEntry, WaitingTask)
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class EntryColumn(IntEnum):
    NAME = 0
    SCHEDULE = 1
    NEXT = 2
    LAST = 3
    RUNS = 4
    QUEUE = 5
    TASK = 6


class WaitingColumn(IntEnum):
    DUE = 0
    NAME = 1
    WORKER = 2
    NOTE = 3
    ARGUMENTS = 4


ENTRY_SHAPES: Mapping[int, Shape] = {
    EntryColumn.NAME: Shape(text("Entry"), 150),
    EntryColumn.SCHEDULE: Shape(text("Schedule"), 116),
    EntryColumn.NEXT: Shape(text("Next run"), 122),
    EntryColumn.LAST: Shape(text("Last run"), 130),
    EntryColumn.RUNS: Shape(text("Times run"), 92, True),
    EntryColumn.QUEUE: Shape(text("Queue"), 110),
    EntryColumn.TASK: Shape(text("Task"), 0),
}
WAITING_SHAPES: Mapping[int, Shape] = {
    WaitingColumn.DUE: Shape(text("Due"), 120),
    WaitingColumn.NAME: Shape(text("Task"), 220),
    WaitingColumn.WORKER: Shape(text("Held by"), 150),
    WaitingColumn.NOTE: Shape(text("Notes"), 110),
    WaitingColumn.ARGUMENTS: Shape(text("Arguments"), 0),
}


def entry_cell(one: ScheduleEntry, column: int, now: float) -> str:
    """One cell of an entry."""
    return {
        EntryColumn.NAME: one.name,
        EntryColumn.SCHEDULE: schedule(one),
        EntryColumn.NEXT: next_run(one, now),
        EntryColumn.LAST: DASH if one.last_run_at is None else clock(one.last_run_at),
        EntryColumn.RUNS: DASH if one.total_runs is None else f"{one.total_runs:,}",
        EntryColumn.QUEUE: one.queue or DASH,
        EntryColumn.TASK: " ".join((one.task, arguments(one))).strip(),
    }[EntryColumn(column)]


def waiting_cell(one: WaitingTask, column: int, now: float) -> str:
    """One cell of a task that waits."""
    return {
        WaitingColumn.DUE: due_in(one.at, now),
        WaitingColumn.NAME: one.name,
        WaitingColumn.WORKER: one.worker or tr("its queue"),
        WaitingColumn.NOTE: tr("retry") if one.retry else "",
        WaitingColumn.ARGUMENTS: arguments(one) or DASH,
    }[WaitingColumn(column)]


class ScheduleModel(RowModel[Item]):
    """Rows of one kind."""

    def __init__(
        self,
        shapes: Mapping[int, Shape],
        cell: Callable[[Item, int, float], str],
        key: Callable[[Item], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(shapes, parent)
        self._cell: Callable[[Item, int, float], str] = cell
        self._key: Callable[[Item], str] = key
        self._now = 0.0

    def take(self, rows: tuple[Item, ...], now: float) -> None:
        """Show these; a selection stays with its row."""
        self._now = now
        self.show_rows(rows)

    def is_same(self, one: Item, other: Item) -> bool:
        return self._key(one) == self._key(other)

    def key(self, row: int) -> str:
        """What tells a row from the others; "" where there is none."""
        one = self.row(row)
        return self._key(one) if one else ""

    def row_of(self, key: str) -> int:
        return next((n for n, one in enumerate(self.rows) if self._key(one) == key), -1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.rows):
            return None
        shape = self.shapes[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return row_table.alignment(shape)
        words = self._cell(self.rows[index.row()], index.column(), self._now)
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        return f"{shape.title}: {words}" if role == Qt.ItemDataRole.AccessibleTextRole else None


class ScheduleDelegate(QStyledItemDelegate):
    """Draws cells on the line grid; what is late or wrong in its colour."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        model = index.model()
        if not isinstance(model, ScheduleModel) or not 0 <= index.row() < len(model.rows):
            return
        one: object = model.rows[index.row()]
        painter.save()
        row_table.draw_row(painter, option, index)
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        words = str(index.data(Qt.ItemDataRole.DisplayRole))
        entry = one if isinstance(one, ScheduleEntry) else None
        if entry and entry.late_s is not None and index.column() == EntryColumn.NEXT:
            draw_chip(painter, inside, "state-attention", Tone.WARN, words, tinted=True)
        elif entry and not entry.enabled and index.column() == EntryColumn.TASK:
            draw_line(painter, inside, words, Role.SECONDARY, theme.color("bad"))
        else:
            strong = index.column() == (EntryColumn.NAME if entry else WaitingColumn.NAME)
            shape = model.shapes[index.column()]
            row_table.draw_words(painter, inside, words, shape, strong=strong)
        painter.restore()


class ScheduleTable(QTableView, Generic[Item]):
    """One of the two; its last column takes what is left."""

    opened = Signal(str)
    """Key of the row on which Enter was pressed, or that was clicked twice."""

    def __init__(
        self,
        shapes: Mapping[int, Shape],
        cell: Callable[[Item, int, float], str],
        key: Callable[[Item], str],
        left_out: tuple[int, ...] = (),
    ) -> None:
        """``left_out`` are the columns that go where there is no room, the first first."""
        super().__init__()
        self._left_out = left_out
        self.model_: ScheduleModel[Item] = ScheduleModel(shapes, cell, key, self)
        self.setModel(self.model_)
        self.setItemDelegate(ScheduleDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        row_table.set_up(self, shapes, row_px=ROW, header_px=HEADER, narrowest_px=40)
        self.doubleClicked.connect(lambda index: self.opened.emit(self.model_.key(index.row())))

    def take(self, rows: tuple[Item, ...], now: float) -> None:
        """Show what is known now."""
        chosen = self.model_.key(self.currentIndex().row())
        self.model_.take(rows, now)
        row = self.model_.row_of(chosen) if chosen else -1
        if row != self.currentIndex().row():
            self.selectRow(row)

    def height_of(self, rows: int) -> int:
        return HEADER + ROW * rows

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        row_table.fit(self, self.model_.shapes, self._left_out, REST_MIN)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = self.model_.key(self.currentIndex().row())
        if event.key() in _ENTER and key:
            self.opened.emit(key)
        else:
            super().keyPressEvent(event)
