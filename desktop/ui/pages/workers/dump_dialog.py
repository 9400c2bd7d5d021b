"""Where a process hangs: its stacks, to be read and copied."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.engine.node_commands import StackDump
from desktop.ui import fonts
from desktop.ui.fonts import Role
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.label import Label
from desktop.words import text, tr

SIZE = (760, 520)
_SOURCES = {
    "py-spy": text("Read by py-spy: Python's stacks as they were at that moment."),
    "celery": text("Written by the worker's main process into its log, on a signal."),
    "system": text("What the system and the worker tell of the process; no stack can be read."),
}


class DumpDialog(QDialog):
    """Read-only text in a window of its own size."""

    def __init__(
        self, parent: QWidget | None, title: str, dump: StackDump, copy: Callable[[str], None]
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(*SIZE)
        self.words = QPlainTextEdit(dump.text)
        self.words.setReadOnly(True)
        self.words.setFont(fonts.font(Role.MONO))
        self.words.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.words.setTabChangesFocus(True)
        self.words.setAccessibleName(title)
        card = Card()
        inside = QVBoxLayout(card)
        inside.setContentsMargins(8, 8, 2, 2)
        inside.addWidget(self.words)
        source = _SOURCES.get(dump.by)
        said = " ".join(part for part in (str(source or ""), str(dump.note)) if part)
        copy_button = Button(tr("Copy"), "copy")
        copy_button.clicked.connect(lambda _checked=False: copy(dump.text))
        close = Button(tr("Close"))
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(copy_button)
        buttons.addWidget(close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.setSpacing(10)
        whole.addWidget(Label(title, Role.PANEL_TITLE))
        whole.addWidget(Label(said, Role.SECONDARY, "sub", wrap=True))
        whole.addWidget(card, 1)
        whole.addLayout(buttons)
