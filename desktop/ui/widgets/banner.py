"""A banner: something to know, with what to do about it. It can be put away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.engine.states import Severity
from desktop.ui.fonts import Role
from desktop.ui.widgets.button import Button, IconButton
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label
from desktop.words import tr

LOOKS = {
    Severity.INFO: ("info", "run", "info"),
    Severity.WARNING: ("state-attention", "warn", "warn"),
    Severity.CRITICAL: ("state-failed", "bad", "bad"),
}


class Banner(Card):
    """Title, one or two sentences, buttons, and a cross."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("warn_bg", "warn_edge", parent)
        self._glyph = Glyph(16)
        self._title = Label("", Role.BODY_STRONG, wrap=True)
        self._detail = Label("", Role.SECONDARY, "sub", wrap=True, lines_max=6)
        self._close = IconButton("close")
        self._close.clicked.connect(self.dismissed)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._offered: tuple[str, ...] = ()

        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 10, 8)
        row.setSpacing(12)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(words, 1)
        row.addLayout(self._buttons)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    @property
    def title(self) -> str:
        return self._title.text()

    @property
    def detail(self) -> str:
        return self._detail.text()

    def show_words(
        self, severity: Severity, title: str, detail: str, *, dismissable: bool = True
    ) -> None:
        """Show it with these words."""
        glyph, color, surface = LOOKS[severity]
        self._glyph.show_glyph(glyph, color)
        self.set_surface(f"{surface}_bg", f"{surface}_edge")
        self._title.setText(title)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self._close.set_words(tr("Dismiss"))
        self._close.setVisible(dismissable)
        self.setAccessibleName(f"{title.rstrip('.')}. {detail}")
        self.show()

    def offer(self, *choices: tuple[str, Callable[[], None]]) -> None:
        """The buttons: words and what each does. The same words again keep the buttons."""
        words = tuple(choice[0] for choice in choices)
        if words == self._offered:
            return
        self._offered = words
        while (item := self._buttons.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for label, action in choices:
            button = Button(label)
            button.clicked.connect(lambda _checked=False, act=action: act())
            self._buttons.addWidget(button)
