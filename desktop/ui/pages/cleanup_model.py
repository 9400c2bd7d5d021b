"""The model of the Cleanup table: lines as values, one row each, found again by their process."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QWidget

from desktop.engine.leftovers import SAME_S
from desktop.quantities import duration, size
from desktop.ui.cleanup_lines import ENDED, Line
from desktop.ui.findings import Mark, evidence, marks, step_mark
from desktop.ui.phrases import DASH
from desktop.ui.widgets import row_table
from desktop.ui.widgets.label import plain_tip
from desktop.ui.widgets.row_table import Shape
from desktop.words import Text, text, tr, trn

Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    CHECK = 0
    PROCESS = 1
    CLASS = 2
    WHY = 3
    AGE = 4
    MEMORY = 5
    TASKS = 6


SHAPES = {
    Column.CHECK: Shape(Text(""), 36),
    Column.PROCESS: Shape(text("Process"), 164),
    Column.CLASS: Shape(text("Class"), 134),
    Column.WHY: Shape(text("Why it is listed"), 0),
    Column.AGE: Shape(text("Age"), 94, True),
    Column.MEMORY: Shape(text("Memory"), 78, True),
    Column.TASKS: Shape(text("Its tasks"), 0),
}


"""Widths of 0 share what is left."""


class CleanupModel(QAbstractTableModel):
    """One row per line. Check marks are asked for with :attr:`checks_asked`, and come back with
    the next lines: who keeps them is the page."""

    checks_asked = Signal(list, bool)
    """Lines, and whether they should be checked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self._now = 0.0
        self.frozen = False
        """A cleanup goes on: nothing can be checked."""

    def take(self, lines: tuple[Line, ...], now: float) -> bool:
        """Show these; True when rows came or went, so that the view has to select again."""
        same = len(lines) == len(self._lines) and all(map(same_process, lines, self._lines))
        if not same:
            self.beginResetModel()
        self._lines, self._now = lines, now
        if not same:
            self.endResetModel()
        elif lines:
            last = self.index(len(lines) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        return not same

    @property
    def lines(self) -> tuple[Line, ...]:
        return self._lines

    def line(self, row: int) -> Line | None:
        return self._lines[row] if 0 <= row < len(self._lines) else None

    def row_of(self, line: Line) -> int:
        """The row of the same process now; -1 when it is gone."""
        return next((n for n, one in enumerate(self._lines) if same_process(one, line)), -1)

    # --- for the view -----------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        line = self.line(index.row())
        if index.column() == Column.CHECK and line and line.row and not self.frozen:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.line(index.row())
        if line is None:
            return None
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(line, column)
        if role == Qt.ItemDataRole.CheckStateRole and column is Column.CHECK:
            return Qt.CheckState.Checked if line.checked else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(line, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._tip(line, column))
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        line = self.line(index.row())
        if role != Qt.ItemDataRole.CheckStateRole or line is None or self.frozen:
            return False
        self.checks_asked.emit([line], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        return row_table.header_data(SHAPES, section, orientation, role)

    # --- words ------------------------------------------------------------------------------

    def cell(self, line: Line, column: Column) -> str:
        """What a cell says."""
        worker = line.row.worker if line.row else None
        match column:
            case Column.CHECK:
                return ""
            case Column.PROCESS:
                return f"{line.name}\n{process_words(line)}"
            case Column.CLASS:
                return "\n".join(mark.word for mark in line_marks(line))
            case Column.WHY:
                return str(line.row.why) if line.row else ""
            case Column.AGE:
                created = line.create_time
                return duration(max(0.0, self._now - created)) if created else DASH
            case Column.MEMORY:
                known = worker is not None and worker.rss_bytes is not None
                return size(worker.rss_bytes or 0) if worker and known else DASH
            case _:
                return outcome(line, self._now)

    def _spoken(self, line: Line, column: Column) -> str:
        if column is Column.CHECK:
            return tr("Checked") if line.checked else tr("Not checked")
        return f"{SHAPES[column].title}: {self.cell(line, column)}".replace("\n", ", ")

    def _tip(self, line: Line, column: Column) -> str:
        if column in {Column.WHY, Column.CLASS} and line.row:
            said = [str(line.row.why), *(words for _, words in evidence(line.row.worker))]
            return "\n".join(dict.fromkeys(said))
        if column is Column.PROCESS and line.row:
            return line.row.worker.command or line.name
        return self.cell(line, column) if column is Column.TASKS else ""


def same_process(one: Line, other: Line) -> bool:
    return one.pid == other.pid and abs(one.create_time - other.create_time) < SAME_S


def line_marks(line: Line) -> tuple[Mark, ...]:
    """How far its cleaning is, then what it is."""
    found = marks(line.row.worker) if line.row else ()
    # While it is being stopped, how that goes matters more than all that is wrong with it.
    return (step_mark(line.item.step), *found[:1]) if line.item else found


def process_words(line: Line) -> str:
    """Its pid, and how many processes it is with its pool."""
    words = tr("pid {pid}", pid=line.pid)
    if line.row is None:
        return words
    count = 1 + len(line.row.worker.children)
    processes = trn("{n} process", "{n} processes", count)
    return f"{words} · {processes}"


def outcome(line: Line, now: float) -> str:
    """What happens to its tasks; while it is being stopped, how that goes."""
    if line.item is None:
        return str(line.row.outcome) if line.row else ""
    note = str(line.item.note)
    if note or line.item.step in ENDED:
        return note
    started = [task.started_at for task in line.item.tasks if task.started_at]
    if not line.item.tasks:
        return tr("It takes no more tasks.")
    count = len(line.item.tasks)
    words = trn("Finishing {n} task", "Finishing {n} tasks", count)
    if count == 1:
        # Its function: the whole name is in the details, and the time has to have room.
        words = tr("Finishing {task}", task=line.item.tasks[0].name.rpartition(".")[2])
    if started:
        words = tr("{words}, {time} so far", words=words, time=duration(now - min(started)))
    return words
