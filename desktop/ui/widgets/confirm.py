"""A question before something that can't be undone. It is opened, never executed: the program
goes on behind it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.ui.fonts import Role
from desktop.ui.view import Row
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label
from desktop.words import tr, trn

ROWS_MAX = 8
"""More than these scroll."""
ROW = 36
WIDTH = 512
INSIDE = WIDTH - 48
"""What stands between its margins."""


class Confirm(QDialog):
    """Title, consequences, a list of what is concerned, and verbs as buttons."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        message: str,
        rows: tuple[Row, ...] = (),
        *,
        glyph: tuple[str, str] = ("state-attention", "warn"),
    ) -> None:
        """``rows``: what is concerned. Without a ``parent`` it stands alone, in front."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setModal(True)
        heading = QHBoxLayout()
        heading.setSpacing(10)
        heading.addWidget(Glyph(16, *glyph))
        heading.addWidget(Label(title, Role.PANEL_TITLE, wrap=True), 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.setSpacing(12)
        whole.addLayout(heading)
        self._message = Label(message, Role.BODY, "sub", wrap=True)
        whole.addWidget(self._message)
        if rows:
            whole.addWidget(self._list(rows))
        self._more = QVBoxLayout()
        whole.addLayout(self._more)
        whole.addSpacing(4)
        whole.addLayout(self._buttons)
        self._cancel = self._add(tr("Cancel"), self.reject)
        self._cancel.setDefault(True)

    def offer(self, words: str, action: Callable[[], None], look: str = "") -> None:
        """One more way out, right of Cancel: a verb, and what it does."""

        def chosen() -> None:
            self.accept()
            action()

        self._add(words, chosen, look)

    def put(self, part: QWidget) -> None:
        """Something more to decide, above the buttons; at most :data:`INSIDE` wide."""
        self._more.addWidget(part)

    def say(self, message: str) -> None:
        """Other words under the title, while it is open."""
        if message != self._message.text():
            self._message.setText(message)
            self._fit()

    def _add(self, words: str, action: Callable[[], None], look: str = "") -> Button:
        button = Button(words, look=look)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: action())
        self._buttons.addWidget(button)
        return button

    def _fit(self) -> None:
        layout = self.layout()
        if layout is not None:
            # Wrapped words are as high as this width makes them, no more.
            self.setFixedSize(WIDTH, layout.totalHeightForWidth(WIDTH))

    def showEvent(self, event: QShowEvent) -> None:
        self._fit()
        super().showEvent(event)
        if self.parentWidget() is None:
            self.activateWindow()

    @staticmethod
    def _list(rows: tuple[Row, ...]) -> QWidget:
        card = Card()
        column = QVBoxLayout(card)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        middle, whole = Qt.TextElideMode.ElideMiddle, Qt.TextElideMode.ElideNone
        for what, note, below in rows:
            row = QHBoxLayout()
            row.setSpacing(12)
            row.addWidget(Label(what, Role.SECONDARY, elide=middle), 1)
            row.addWidget(Label(note, Role.SECONDARY, "sub", elide=whole))
            column.addLayout(row)
            if below:
                column.addWidget(Label(below, Role.SECONDARY, "sub", elide=middle))
        if len(rows) <= ROWS_MAX:
            return card
        # None is left out: who consents has to be able to read what to.
        area = QScrollArea()
        area.setObjectName("page")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(trn("{n} entry", "{n} entries", len(rows)))
        area.setWidget(card)
        area.setFixedHeight(ROWS_MAX * ROW)
        return area
