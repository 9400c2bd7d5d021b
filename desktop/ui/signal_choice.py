"""Which signal ends a task, and what each means for what it is in the middle of."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.engine.task_signals import MEANINGS, OFFERED
from desktop.ui.fonts import Role
from desktop.ui.widgets.label import Label
from desktop.ui.widgets.segments import Segments
from desktop.words import tr


class SignalChoice(QWidget):
    """The gentlest first; the meaning of the chosen one below."""

    def __init__(self, width: int, parent: QWidget | None = None) -> None:
        """``width`` is that of the words."""
        super().__init__(parent)
        self.segments = Segments(OFFERED)
        self.segments.setAccessibleName(tr("Signal"))
        for name in OFFERED:
            self.segments.show_words(name, name)
            self.segments.button(name).setToolTip(str(MEANINGS[name]))
        self.meaning = Label("", Role.SECONDARY, "sub", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.segments)
        column.addWidget(self.meaning)
        self.segments.chosen_changed.connect(lambda _name: self._show())
        self._fix_height(width)
        self._show()

    @property
    def chosen(self) -> str:
        return self.segments.chosen

    def _fix_height(self, width: int) -> None:
        """As high as the longest needs, so that no button moves away under the pointer."""
        heights = []
        for name in OFFERED:
            self.meaning.setText(str(MEANINGS[name]))
            heights.append(self.meaning.heightForWidth(width))
        self.meaning.setFixedHeight(max(heights))

    def _show(self) -> None:
        self.meaning.setText(str(MEANINGS[self.chosen]))
