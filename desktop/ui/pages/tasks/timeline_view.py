"""Draws the steps of a task's life below each other."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.ui import icons, theme
from desktop.ui.fonts import Role
from desktop.ui.pages.tasks.timeline import Step
from desktop.ui.widgets.label import draw_line, width_of

TITLE = Role.BODY_MEDIUM
LEFT = 24
GAP = 4


class TimelineView(QWidget):
    """A glyph, what happened, when, and a line of details; a rule leads from each to the next."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[Step, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_steps(self, steps: tuple[Step, ...]) -> None:
        """These, from the first."""
        if steps != self._steps:
            self._steps = steps
            spoken = (
                ", ".join(part for part in (step.title, step.when, step.detail) if part)
                for step in steps
            )
            self.setAccessibleName("; ".join(spoken))
            self.updateGeometry()
            self.update()

    @staticmethod
    def _height(step: Step) -> int:
        return TITLE.line + (Role.SECONDARY.line if step.detail else 0) + GAP

    def sizeHint(self) -> QSize:
        return QSize(200, max(1, sum(map(self._height, self._steps))))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        top = 0
        for number, step in enumerate(self._steps):
            height = self._height(step)
            self._draw(painter, step, top)
            if number < len(self._steps) - 1:
                x = icons.GLYPH // 2
                line = QRect(x, top + TITLE.line - 2, 1, height - TITLE.line + 6)
                painter.fillRect(line, theme.color("border"))
            top += height
        painter.end()

    def _draw(self, painter: QPainter, step: Step, top: int) -> None:
        side = icons.GLYPH
        at = QRectF(0, top + (TITLE.line - side) / 2, side, side)
        icons.draw(painter, at, step.glyph, theme.color(step.tone.value))
        width = self.width()
        taken = width_of(step.when, Role.SECONDARY) + 8 if step.when else 0
        row = QRect(LEFT, top, width - LEFT - taken, TITLE.line)
        draw_line(painter, row, step.title, TITLE, theme.color("text"))
        if step.when:
            when = QRect(LEFT, top, width - LEFT, TITLE.line)
            right = Qt.AlignmentFlag.AlignRight
            sub = theme.color("sub")
            draw_line(painter, when, step.when, Role.SECONDARY, sub, align=right)
        if step.detail:
            below = QRect(LEFT, top + TITLE.line, width - LEFT, Role.SECONDARY.line)
            draw_line(painter, below, step.detail, Role.SECONDARY, theme.color("sub"))
