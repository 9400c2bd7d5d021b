"""What a page shows when there is nothing: one glyph, one sentence, one button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.fonts import Role
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label


class EmptyState(QWidget):
    """In the middle of whatever room there is."""

    pressed = Signal()

    def __init__(self, glyph: str, *, primary: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = Label("", Role.BODY, "sub", align=Qt.AlignmentFlag.AlignHCenter)
        self._button = Button("", look="primary" if primary else "")
        self._button.clicked.connect(self.pressed)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(Glyph(32, glyph, "faint"), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._sentence)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def show_words(self, sentence: str, button: str = "") -> None:
        """The sentence, and the button's words ("": no button)."""
        self._sentence.setText(sentence)
        self._button.set_words(button)
        self._button.setVisible(bool(button))
