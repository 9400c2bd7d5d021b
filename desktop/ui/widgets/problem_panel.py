"""A problem told in full: what happened, why, what to do next, and the log's last lines."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.engine.model import Problem
from desktop.ui.fonts import Role
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label

LOG_LINES_MAX = 12


class ProblemPanel(Card):
    """Title, message, next step, log lines, and whatever buttons are put in ``buttons``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("bad_bg", "bad_edge", parent)
        glyph = Glyph(16, "state-failed", "bad")
        self._title = Label("", Role.BODY_STRONG, wrap=True)
        self._message = Label("", Role.BODY, wrap=True)
        self._next_step = Label("", Role.BODY, "sub", wrap=True)
        self._log = Label("", Role.MONO, wrap=True)
        self._well = Card("card", "bad_edge")
        well = QVBoxLayout(self._well)
        well.setContentsMargins(12, 8, 12, 8)
        well.addWidget(self._log)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        self.buttons.addStretch(1)

        head = QHBoxLayout()
        head.setSpacing(12)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(self._title)
        column.addWidget(self._message)
        column.addWidget(self._next_step)
        marker = QVBoxLayout()
        marker.addSpacing(2)
        marker.addWidget(glyph)
        marker.addStretch(1)
        head.addLayout(marker)
        head.addLayout(column, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(head)
        whole.addWidget(self._well)
        whole.addLayout(self.buttons)

    def add_button(self, button: QWidget) -> None:
        """A button below the words, from the left."""
        self.buttons.insertWidget(self.buttons.count() - 1, button)

    def show_problem(self, problem: Problem) -> None:
        """The problem's words."""
        self._title.setText(str(problem.title))
        self._message.setText(str(problem.message))
        self._message.setVisible(bool(str(problem.message)))
        self._next_step.setText(str(problem.next_step))
        self._next_step.setVisible(bool(str(problem.next_step)))
        self._log.setText("\n".join(problem.log[-LOG_LINES_MAX:]))
        self._well.setVisible(bool(problem.log))
        self.setAccessibleName(
            " ".join((str(problem.title), str(problem.message), str(problem.next_step)))
        )

    @property
    def words(self) -> str:
        """All that it says, for the clipboard."""
        parts = (self._title, self._message, self._next_step, self._log)
        return "\n".join(part.text() for part in parts if part.text())
