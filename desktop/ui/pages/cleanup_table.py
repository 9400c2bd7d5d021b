"""The table of what can be cleaned up: check boxes, marks, evidence, and what becomes of tasks."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from desktop.ui.cleanup_lines import Line
from desktop.ui.pages.cleanup_delegate import ROW, CleanupDelegate, force_rect
from desktop.ui.pages.cleanup_model import SHAPES, CleanupModel, Column
from desktop.ui.widgets import row_table

HEADER = 30
NARROW = 760
"""Below this width age and memory are left out: the details have them."""
COMPACT = 560
"""Below this one, what happens to the tasks, too."""
ROOMY = 400
"""So much for evidence and outcome together is plenty."""
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class CleanupTable(QTableView):
    """Space checks the selected rows, Enter opens the details of the current one."""

    opened = Signal(object)
    """The :class:`Line` whose details are wanted."""
    moved = Signal(object)
    """The :class:`Line` that is current now."""
    force_asked = Signal(object)
    """A :class:`Line` that is waited for and should be forced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_ = CleanupModel(self)
        self.setModel(self.model_)
        self.setItemDelegate(CleanupDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        row_table.set_up(self, SHAPES, row_px=ROW, header_px=HEADER, narrowest_px=30)
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self._pressed: tuple[int, str] | None = None

    # --- what it shows ----------------------------------------------------------------------

    def take(self, lines: tuple[Line, ...], now: float, *, frozen: bool) -> None:
        """Show these; the current row and the selection stay with their processes."""
        current = self.current
        selected = self.selected
        if frozen != self.model_.frozen:
            self.model_.frozen = frozen
            self._share_out()
        if self.model_.take(lines, now):
            self._select(current, selected)

    def _select(self, current: Line | None, selected: tuple[Line, ...]) -> None:
        selection = QItemSelection()
        for line in selected:
            row = self.model_.row_of(line)
            if row >= 0:
                index = self.model_.index(row, 0)
                selection.select(index, self.model_.index(row, len(Column) - 1))
        model = self.selectionModel()
        row = self.model_.row_of(current) if current else -1
        if row >= 0:
            index = self.model_.index(row, Column.PROCESS)
            model.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    @property
    def current(self) -> Line | None:
        return self.model_.line(self.currentIndex().row())

    @property
    def selected(self) -> tuple[Line, ...]:
        rows = self.selectionModel().selectedRows()
        found = (self.model_.line(index.row()) for index in rows)
        return tuple(line for line in found if line)

    def choose(self, line: Line) -> None:
        """Make this process's row the current one."""
        row = self.model_.row_of(line)
        if row >= 0:
            self.selectRow(row)
            self.scrollTo(self.model_.index(row, Column.PROCESS))

    def height_of(self, rows: int) -> int:
        """Tall enough for so many rows."""
        return HEADER + ROW * rows

    # --- keyboard and mouse -----------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.current
        if event.key() in _ENTER and current:
            self.opened.emit(current)
        elif event.key() == Qt.Key.Key_Space and current:
            if not self.model_.frozen:
                lines = [line for line in self.selected or (current,) if line.row]
                self.model_.checks_asked.emit(lines, not current.checked)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        target = self._target(event.position().toPoint())
        left = event.button() == Qt.MouseButton.LeftButton
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if left and plain and target:
            self._pressed = target
            if target[1] in {"check", "force"}:
                return  # neither selects the row
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second of two quick clicks on a box is a click like any other.
        self.mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        target = self._target(event.position().toPoint())
        line = self.model_.line(target[0]) if target else None
        if pressed is None or pressed != target or line is None:
            super().mouseReleaseEvent(event)
        elif pressed[1] == "check":
            if not self.model_.frozen and line.row:
                self.model_.checks_asked.emit([line], not line.checked)
        elif pressed[1] == "force":
            self.force_asked.emit(line)
        else:
            super().mouseReleaseEvent(event)
            self.opened.emit(line)

    def _target(self, at: QPoint) -> tuple[int, str] | None:
        """What a click at this place would act on."""
        index = self.indexAt(at)
        line = self.model_.line(index.row())
        if line is None:
            return None
        if index.column() == Column.CHECK:
            return index.row(), "check"
        tasks = index.column() == Column.TASKS
        if tasks and line.waits and force_rect(self.visualRect(index)).contains(at):
            return index.row(), "force"
        return index.row(), "row"

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        line = self.model_.line(current.row())
        if line is not None:
            self.moved.emit(line)

    # --- widths -----------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out()

    def _share_out(self) -> None:
        width = self.viewport().width()
        hidden: set[Column] = set()
        if width < NARROW:
            hidden |= {Column.AGE, Column.MEMORY}
        if width < COMPACT:
            hidden |= {Column.TASKS}
        elif width < NARROW and self.model_.frozen:
            # What it waits for is what matters now; there is no room to say both.
            hidden |= {Column.WHY}
        shares = [c for c in (Column.WHY, Column.TASKS) if c not in hidden]
        fixed = sum(shape.width for column, shape in SHAPES.items() if column not in hidden)
        room = max(width - fixed, 80 * len(shares))
        # Where there is plenty, names get a share of it, too.
        name = SHAPES[Column.PROCESS].width + max(0, room - ROOMY) // 3
        room -= name - SHAPES[Column.PROCESS].width
        header = self.horizontalHeader()
        for column, shape in SHAPES.items():
            self.setColumnHidden(column, column in hidden)
            header.resizeSection(column, name if column is Column.PROCESS else shape.width)
        # How the stopping goes takes more words than what will become of tasks.
        why = room // 3 if self.model_.frozen else room // 2
        if len(shares) == 1:
            why = room
        header.resizeSection(Column.WHY, 0 if Column.WHY in hidden else why)
        header.resizeSection(Column.TASKS, room if Column.WHY in hidden else room - why)
