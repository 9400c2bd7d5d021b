"""Asks for one line of words. It is opened, never executed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.fonts import Role
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.label import Label
from desktop.words import tr

WIDTH = 400
NAME_MAX = 60


class Naming(QDialog):
    """A title, a field, and two buttons; Enter takes what stands in the field."""

    named = Signal(str)

    def __init__(self, parent: QWidget, title: str, label: str, suggestion: str, verb: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setModal(True)
        self.field = QLineEdit(suggestion)
        self.field.setMaxLength(NAME_MAX)
        self.field.setAccessibleName(label)
        self.field.selectAll()
        cancel = Button(tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.take = Button(verb, look="primary")
        self.take.setDefault(True)
        self.take.clicked.connect(self._on_taken)
        self.field.textChanged.connect(self._on_text_changed)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.take)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label(title, Role.PANEL_TITLE))
        column.addWidget(self.field)
        column.addLayout(buttons)
        self.setFixedWidth(WIDTH)
        self._on_text_changed(suggestion)

    def _on_text_changed(self, words: str) -> None:
        self.take.setEnabled(bool(words.strip()))

    def _on_taken(self) -> None:
        name = self.field.text().strip()
        if name:
            self.accept()
            self.named.emit(name)
