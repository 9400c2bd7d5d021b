"""The table of tasks: follows what is new at its top, or holds; selects, sorts, and tells what of
the history is near what is seen."""

from __future__ import annotations

import time

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from desktop.engine.history_commands import TaskOrder
from desktop.engine.task_model import Task
from desktop.ui.pages.tasks.columns import (
    ALWAYS,
    EXPENDABLE,
    KINDS,
    TASK_MIN,
    Column,
    chosen,
)
from desktop.ui.pages.tasks.delegate import ROW, TaskDelegate
from desktop.ui.pages.tasks.model import TaskModel
from desktop.ui.widgets import row_table
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.column_widths import ColumnWidths

HEADER = 30
NARROWEST = 30
AIM_S = 0.4
"""So long after the pointer has moved over the rows they stay in their places."""
AHEAD_ROWS = 60
"""So many rows before the last one that is there, the next are fetched."""
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class TaskTable(QTableView):
    """Enter or a click opens the details of a task, Ctrl+C copies the ids that are selected."""

    opened = Signal(str)
    """Id of the task whose details are wanted."""
    moved = Signal(str)
    """Id of the task that is current now."""
    selected_changed = Signal()
    copy_asked = Signal()
    menu_asked = Signal(QPoint)
    """Where on the screen; it is about what is selected."""
    order_asked = Signal(object, bool)
    """A :class:`TaskOrder`, and whether it goes downwards."""
    at_top_changed = Signal(bool)
    """A person scrolled to the top, or away from it."""
    near_end = Signal()
    near_start = Signal()
    pill_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_ = TaskModel(self)
        self.setModel(self.model_)
        self.setItemDelegate(TaskDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        row_table.set_up(self, KINDS, row_px=ROW, header_px=HEADER, narrowest_px=NARROWEST)
        self.widths = ColumnWidths(
            self, KINDS, Column.TASK, rest_px=TASK_MIN, narrowest_px=NARROWEST
        )
        self._columns = chosen(())
        self._order = (TaskOrder.RECEIVED, True)
        self._kept: tuple[str, tuple[str, ...]] = ("", ())
        self._pressed = ""
        self._by_hand = False
        self._pointed_at = 0.0
        self.setMouseTracking(True)
        self._shifts = False
        self._header()
        self.pill = Button("", "up", parent=self)
        self.pill.clicked.connect(self.pill_clicked)
        self.pill.hide()
        self._connect()

    def _header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header.sectionClicked.connect(self._on_section_clicked)

    def _connect(self) -> None:
        model, bar = self.model_, self.verticalScrollBar()
        model.modelAboutToBeReset.connect(self._on_about_to_be_reset)
        model.modelReset.connect(self._on_reset)
        model.rowsInserted.connect(self._on_rows_inserted)
        model.rowsAboutToBeRemoved.connect(self._on_rows_about_to_be_removed)
        bar.valueChanged.connect(self._on_scrolled)
        bar.actionTriggered.connect(self._on_scroll_action)
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self.selectionModel().selectionChanged.connect(self.selected_changed)

    # --- what is seen -----------------------------------------------------------------------

    @property
    def at_top(self) -> bool:
        return self.verticalScrollBar().value() <= self.verticalScrollBar().minimum()

    @property
    def seen(self) -> tuple[Task, ...]:
        """The tasks whose rows are within sight."""
        first = self.rowAt(0)
        if first < 0:
            return ()
        last = self.rowAt(self.viewport().height() - 1)
        end = last + 1 if last >= 0 else self.model_.rowCount()
        return tuple(self.model_.tasks[first:end])

    @property
    def aimed_at(self) -> bool:
        """The pointer moves over the rows, as before a click."""
        return self.viewport().underMouse() and time.monotonic() - self._pointed_at < AIM_S

    def would_leave(self, rows: int) -> bool:
        """So many new rows at the top would carry the current one out of sight."""
        row = self.currentIndex().row()
        seen = self.viewport().height() // ROW
        return 0 <= row < seen <= row + rows

    def to_top(self) -> None:
        self.verticalScrollBar().setValue(self.verticalScrollBar().minimum())

    def show_pill(self, words: str) -> None:
        """What came while it held; "" when nothing did."""
        self.pill.setVisible(bool(words))
        if words:
            self.pill.set_words(words)
            self.pill.adjustSize()
            self._place_pill()

    def _place_pill(self) -> None:
        self.pill.move((self.width() - self.pill.width()) // 2, HEADER + 10)

    # --- what is selected -------------------------------------------------------------------

    @property
    def current_id(self) -> str:
        """Id of the current row's task; "" when there is none."""
        task = self.model_.task(self.currentIndex().row())
        return task.id if task else ""

    @property
    def selected(self) -> tuple[Task, ...]:
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        found = (self.model_.task(row) for row in rows)
        return tuple(task for task in found if task)

    def choose(self, task_id: str) -> bool:
        """Make this task's row the current one, where it is held."""
        row = self.model_.row_of(task_id)
        if row >= 0:
            self.selectRow(row)
            self.scrollTo(self.model_.index(row, Column.TASK))
        return row >= 0

    def _on_about_to_be_reset(self) -> None:
        self._kept = (self.current_id, tuple(task.id for task in self.selected))

    def _on_reset(self) -> None:
        """What is still there stays selected."""
        current, selected = self._kept
        rows = [row for one in selected if (row := self.model_.row_of(one)) >= 0]
        selection = QItemSelection()
        for row in rows:
            right = self.model_.index(row, len(Column) - 1)
            selection.select(self.model_.index(row, 0), right)
        flags = QItemSelectionModel.SelectionFlag
        row = self.model_.row_of(current)
        if row >= 0:
            index = self.model_.index(row, Column.TASK)
            self.selectionModel().setCurrentIndex(index, flags.NoUpdate)
        self.selectionModel().select(selection, flags.ClearAndSelect)

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        task = self.model_.task(current.row())
        if task is not None:
            self.moved.emit(task.id)

    # --- what is seen stays where it is -----------------------------------------------------

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        bar = self.verticalScrollBar()
        if bar.value() > bar.minimum() and first * ROW <= bar.value():
            self.updateGeometries()
            self._shift((last - first + 1) * ROW)

    def _on_rows_about_to_be_removed(self, _parent: QModelIndex, first: int, last: int) -> None:
        bar = self.verticalScrollBar()
        if (last + 1) * ROW <= bar.value():
            self._shift(-(last - first + 1) * ROW)

    def _shift(self, pixels: int) -> None:
        # Nobody has scrolled: where the rows end is told when they all are in their places.
        self._shifts = True
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + pixels)
        self._shifts = False

    # --- follow and hold --------------------------------------------------------------------

    def _on_scroll_action(self, _action: int) -> None:
        # Told before the value changes: the bar itself was used, by hand or by key.
        bar = self.verticalScrollBar()
        self.at_top_changed.emit(bar.sliderPosition() <= bar.minimum())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._by_hand = True
        super().wheelEvent(event)
        self._by_hand = False

    def _on_scrolled(self, _value: int) -> None:
        if self._by_hand:
            self.at_top_changed.emit(self.at_top)
        if not self._shifts:
            self.tell_edges()

    def tell_edges(self) -> None:
        """Tell where the rows that are held end soon."""
        # Counted in rows: the bar's range follows only when the table is laid out again.
        first = self.verticalScrollBar().value() // ROW
        last = first + self.viewport().height() // ROW
        if self.model_.rowCount() - last <= AHEAD_ROWS:
            self.near_end.emit()
        if first <= AHEAD_ROWS:
            self.near_start.emit()

    # --- keyboard and mouse -----------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER and self.current_id:
            self.opened.emit(self.current_id)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        else:
            self._by_hand = True
            super().keyPressEvent(event)
            self._by_hand = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointed_at = time.monotonic()
        super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = self._id_at(event.position().toPoint()) if plain and left else ""
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, ""
        super().mouseReleaseEvent(event)
        # The rows may have moved on under the mouse: what was pressed on is what was meant.
        if pressed and pressed == self.current_id:
            self.opened.emit(pressed)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = self.viewport().mapFromGlobal(event.globalPos())
        row = self.indexAt(at).row()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            row = self.currentIndex().row()
            at = self.visualRect(self.currentIndex()).center()
        if row < 0:
            return
        if not self.selectionModel().isRowSelected(row):
            self.selectRow(row)
        self.menu_asked.emit(self.viewport().mapToGlobal(at))

    def _id_at(self, at: QPoint) -> str:
        task = self.model_.task(self.indexAt(at).row())
        return task.id if task else ""

    # --- columns ----------------------------------------------------------------------------

    def show_widths(self, kept: tuple[str, ...]) -> None:
        """As a person dragged them."""
        self.widths.restore(kept)
        self._share_out()

    def show_columns(self, columns: tuple[Column, ...]) -> None:
        """These, as far as there is room."""
        if columns != self._columns:
            self._columns = columns
            self._share_out()

    def show_order(self, order: TaskOrder, descending: bool) -> None:
        """Mark the column that the engine sorts by."""
        self._order = (order, descending)
        column = next((c for c, kind in KINDS.items() if kind.order is order), None)
        # The style's mark for "ascending" points down, where the larger values are here.
        way = Qt.SortOrder.AscendingOrder if descending else Qt.SortOrder.DescendingOrder
        self.horizontalHeader().setSortIndicator(-1 if column is None else column, way)

    def _on_section_clicked(self, section: int) -> None:
        kind = KINDS[Column(section)]
        order, down = self._order
        # Qt has moved its mark already; where nothing is sorted it goes back.
        self.show_order(order, down)
        if kind.order is not None:
            self.order_asked.emit(kind.order, not down if kind.order is order else kind.descending)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out()
        self._place_pill()

    def _share_out(self) -> None:
        shown = set(self._columns)
        for column in EXPENDABLE:
            if sum(map(self.widths.of, shown)) + TASK_MIN <= self.viewport().width():
                break
            shown.discard(column)
        self.widths.share_out(shown | set(ALWAYS))
