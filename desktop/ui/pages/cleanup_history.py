"""What cleanups did, line by line, the newest first: a list to read and to copy from."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from desktop.engine.commands import CleanupEntry
from desktop.quantities import clock
from desktop.ui import fonts
from desktop.ui.actions import Actions
from desktop.ui.fonts import Role
from desktop.ui.pages.cleanup_model import Index
from desktop.ui.phrases import DASH
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.label import Label, plain_tip
from desktop.ui.widgets.table_card import TableCard
from desktop.words import text, tr

SIZE = (760, 460)
ROW = 28
COLUMNS = (text("Time"), text("What"), text("Process"), text("Details"))
WIDTHS = (130, 104, 76)
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


class _Entries(QAbstractTableModel):
    def __init__(self, entries: tuple[CleanupEntry, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.entries = entries

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return str(COLUMNS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        words = entry_words(self.entries[index.row()])[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{COLUMNS[index.column()]}: {words}"
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
        table.setFont(fonts.font(Role.SECONDARY))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = table.horizontalHeader()
        header.setFont(fonts.font(Role.SECONDARY))
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        for column, width in enumerate(WIDTHS):
            header.resizeSection(column, width)
        header.setStretchLastSection(True)
        return table

    def _on_copy_clicked(self) -> None:
        lines = ("\t".join(entry_words(entry)) for entry in self._entries)
        self._actions.copy("\n".join(lines))
