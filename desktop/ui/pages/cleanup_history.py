"""What cleanups did, line by line, the newest first: a list to read and to copy from."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeySequence, QPainter, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from desktop.engine.commands import CleanupEntry
from desktop.quantities import clock
from desktop.ui import theme
from desktop.ui.actions import Actions
from desktop.ui.fonts import Role
from desktop.ui.pages.cleanup_model import Index
from desktop.ui.phrases import DASH
from desktop.ui.widgets import row_table
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.label import Label, draw_line, plain_tip
from desktop.ui.widgets.row_model import RowModel
from desktop.ui.widgets.row_table import Shape
from desktop.ui.widgets.table_card import TableCard
from desktop.words import text, tr

SIZE = (760, 460)
ROW = 28
HEADER = 30
PAD = 12
"""As the headings have it by the style sheet."""


class Column(IntEnum):
    TIME = 0
    WHAT = 1
    PROCESS = 2
    DETAILS = 3


SHAPES = {
    Column.TIME: Shape(text("Time"), 130),
    Column.WHAT: Shape(text("What"), 124),
    Column.PROCESS: Shape(text("Process"), 84),
    Column.DETAILS: Shape(text("Details"), 0),
}
_KINDS = {
    "asked": text("Asked to stop"),
    "stopped": text("Stopped"),
    "left": text("Left running"),
    "forced": text("Forced"),
    "rescued": text("Put back"),
    "lost": text("Lost"),
    "run-again": text("Run again"),
    "refused": text("Refused"),
}


class _Entries(RowModel[CleanupEntry]):
    def __init__(self, entries: tuple[CleanupEntry, ...], parent: QWidget) -> None:
        super().__init__(SHAPES, parent)
        self.rows = entries

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        words = entry_words(self.rows[index.row()])[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{SHAPES[Column(index.column())].title}: {words}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(words)
        return None


def entry_words(entry: CleanupEntry) -> tuple[str, str, str, str]:
    """One line of the log, cell by cell."""
    kind = _KINDS.get(entry.what)
    return (
        clock(entry.at),
        str(kind) if kind else entry.what,
        str(entry.pid) if entry.pid else DASH,
        str(entry.words),
    )


class _Cells(QStyledItemDelegate):
    """Words right below their heading."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        painter.save()
        row_table.draw_row(painter, option, index)
        words = str(index.data())
        role, color = Role.SECONDARY, theme.color("text")
        draw_line(painter, rect.adjusted(PAD, 0, -4, 0), words, role, color)
        painter.restore()


class CleanupHistory(QDialog):
    """Opened over the window, never executed."""

    def __init__(
        self, parent: QWidget, actions: Actions, entries: tuple[CleanupEntry, ...]
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("History of cleanups"))
        self.setModal(True)
        self.resize(*SIZE)
        self._actions = actions
        self._entries = entries
        self.table = self._table(entries)
        self._copy = Button(tr("Copy all"), "copy")
        self._copy.clicked.connect(self._on_copy_clicked)
        self._copy.setEnabled(bool(entries))
        close = Button(tr("Close"))
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._copy)
        buttons.addWidget(close)
        empty = EmptyState("logs")
        empty.show_words(tr("Nothing was cleaned up yet."))
        card = TableCard(self.table)
        card.setVisible(bool(entries))
        empty.setVisible(not entries)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.setSpacing(12)
        whole.addWidget(Label(tr("History of cleanups"), Role.PANEL_TITLE))
        whole.addWidget(card, 1)
        whole.addWidget(empty, 1)
        whole.addLayout(buttons)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.activated.connect(self._on_copy_clicked)

    def _table(self, entries: tuple[CleanupEntry, ...]) -> QTableView:
        table = QTableView()
        table.setModel(_Entries(entries, table))
        table.setAccessibleName(tr("History of cleanups"))
        table.setItemDelegate(_Cells(table))
        row_table.set_up(table, SHAPES, row_px=ROW, header_px=HEADER, narrowest_px=30)
        table.horizontalHeader().setStretchLastSection(True)
        return table

    def _on_copy_clicked(self) -> None:
        lines = ("\t".join(entry_words(entry)) for entry in self._entries)
        self._actions.copy("\n".join(lines))
