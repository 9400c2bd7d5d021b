"""A panel about one thing: its name, facts under captions that scroll, and buttons at the foot."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.ui.actions import Actions
from desktop.ui.fonts import Role
from desktop.ui.widgets.button import IconButton
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.label import Label
from desktop.words import tr

WIDTH = 312


class DetailPanel(Card):
    """Its parts are made anew when what it shows has changed: ``clear``, then ``add`` and
    ``say``."""

    closed = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._actions = actions
        self.title = Label("", Role.PANEL_TITLE, elide=Qt.TextElideMode.ElideMiddle)
        self.subtitle = Label("", Role.SECONDARY, "sub")
        self._close = IconButton("close")
        self._close.clicked.connect(self.closed)
        self._inside = QWidget()
        self._facts = QVBoxLayout(self._inside)
        self._facts.setContentsMargins(16, 4, 16, 16)
        self._facts.setSpacing(12)
        self.area = QScrollArea()
        self.foot = QHBoxLayout()
        self._lay_out()

    def _lay_out(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.title)
        names.addWidget(self.subtitle)
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 8, 8)
        head.addLayout(names, 1)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        area = self.area
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._inside)
        area.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)
        self.foot.setContentsMargins(16, 8, 16, 12)
        self.foot.setSpacing(8)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 0, 1, 1)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(area, 1)
        whole.addLayout(self.foot)

    def retranslate(self) -> None:
        """Take the words of the present language."""
        self._close.set_words(tr("Close the details"))
        self.area.setAccessibleName(tr("Details"))

    def clear(self) -> None:
        """Take all facts away."""
        while (item := self._facts.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()

    def say(self, caption: str, words: str, *, mono: bool = False, copies: bool = False) -> None:
        """A fact in words; nothing where there are none."""
        if words:
            label = Label(words, Role.MONO if mono else Role.SECONDARY, wrap=True)
            self.add(caption, label, copied=words if copies else "")

    def add(self, caption: str, *values: QWidget, copied: str = "") -> None:
        """Facts under a caption; ``copied`` is what its copy button copies ("": it has none)."""
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(Label(caption, Role.SECONDARY, "sub"), 1)
        if copied:
            copy = IconButton("copy", side=18, icon_side=12)
            copy.set_words(tr("Copy {what}", what=caption))
            copy.clicked.connect(lambda: self._actions.copy(copied))
            head.addWidget(copy)
        column.addLayout(head)
        for value in values:
            column.addWidget(value)
        self._facts.addWidget(part)

    def end(self) -> None:
        """All facts are there: what room is left stays below them."""
        self._facts.addStretch(1)
