"""Draws the tree of a workflow: each task with its state, and when it ran within the whole."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.engine.task_model import Task
from desktop.ui import icons, theme
from desktop.ui.fonts import Role
from desktop.ui.pages.tasks.columns import split_name
from desktop.ui.pages.tasks.family import DEPTH_MAX, Branch, around, branches, span_of
from desktop.ui.phrases import task_state
from desktop.ui.shown_text import NAME_MAX, one_line
from desktop.ui.widgets.card import KEYBOARD, draw_focus
from desktop.ui.widgets.label import draw_line, plain_tip
from desktop.words import trn

ROW = 24
INDENT = 14
BAR = 64
"""Width of the bar that tells when a task ran."""


class FamilyTree(QWidget):
    """A click, or Enter on the chosen row, opens that task."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Branch, ...] = ()
        self._left_out = 0
        self._shown = ""
        self._chosen = 0
        self._ringed = False
        self._span: tuple[float, float] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_family(self, family: Sequence[Task], task_id: str) -> None:
        """The tree around the task of this id."""
        self._rows, self._left_out = around(branches(family), task_id)
        self._shown = task_id
        self._span = span_of(self._rows)
        self._chosen = next((n for n, r in enumerate(self._rows) if r.task.id == task_id), 0)
        self._say()
        self.updateGeometry()
        self.update()

    @property
    def rows(self) -> tuple[Branch, ...]:
        return self._rows

    def _say(self) -> None:
        if self._rows:
            row = self._rows[self._chosen]
            count = trn("{n} task", "{n} tasks", len(self._rows) + self._left_out)
            words = f"{one_line(row.task.name, NAME_MAX)}, {task_state(row.task.state)}"
            self.setAccessibleName(f"{count}; {words}")

    def sizeHint(self) -> QSize:
        return QSize(200, ROW * max(1, len(self._rows) + bool(self._left_out)))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    # --- keyboard and mouse -----------------------------------------------------------------

    def _choose(self, row: int) -> None:
        self._chosen = max(0, min(row, len(self._rows) - 1))
        self._say()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        step = steps.get(Qt.Key(event.key()))
        if step and self._rows:
            self._choose(self._chosen + step)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self._open(self._chosen)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y()) // ROW
        if event.button() == Qt.MouseButton.LeftButton and row < len(self._rows):
            self._choose(row)
            self._open(row)

    def _open(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            self.opened.emit(self._rows[row].task.id)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = event.reason() in KEYBOARD
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = event.pos().y() // ROW
            if 0 <= row < len(self._rows):
                words = one_line(self._rows[row].task.name, NAME_MAX)
                QToolTip.showText(event.globalPos(), plain_tip(words), self)
                return True
        return super().event(event)

    # --- how it looks -----------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for number, row in enumerate(self._rows):
            self._draw(painter, row, number)
        if self._left_out:
            words = trn("and {n} more", "and {n} more", self._left_out)
            rest = QRect(0, len(self._rows) * ROW, self.width(), ROW)
            draw_line(painter, rest, words, Role.SECONDARY, theme.color("sub"))
        painter.end()

    def _draw(self, painter: QPainter, row: Branch, number: int) -> None:
        top = number * ROW
        shown = row.task.id == self._shown
        if shown:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("sel"))
            painter.drawRoundedRect(QRectF(0, top + 1, self.width(), ROW - 2), 4, 4)
        depth = min(row.depth, DEPTH_MAX)
        self._draw_rules(painter, row, depth, top)
        side = icons.GLYPH
        left = 4 + depth * INDENT
        glyph, tone = icons.STATES[row.task.state]
        at = QRectF(left, top + (ROW - side) / 2, side, side)
        icons.draw(painter, at, glyph, theme.color(tone.value))
        words = QRect(left + side + 6, top, self.width() - left - side - BAR - 20, ROW)
        role = Role.SECONDARY_MEDIUM if shown else Role.SECONDARY
        function, _ = split_name(row.task.name)
        draw_line(painter, words, function or one_line(row.task.id, 8), role, theme.color("text"))
        self._draw_bar(painter, row.task, top)
        if self.hasFocus() and self._ringed and number == self._chosen:
            draw_focus(painter, QRectF(0, top + 1, self.width(), ROW - 2), 4)

    def _draw_rules(self, painter: QPainter, row: Branch, depth: int, top: int) -> None:
        """Lines from a parent down to its children."""
        ink = theme.color("border")
        middle = top + ROW // 2
        for level, goes_on in enumerate(row.goes_on[1:depth]):
            if goes_on:
                painter.fillRect(QRect(10 + level * INDENT, top, 1, ROW), ink)
        if depth:
            x = 10 + (depth - 1) * INDENT
            painter.fillRect(QRect(x, top, 1, ROW // 2 if row.last else ROW), ink)
            painter.fillRect(QRect(x, middle, INDENT - 6, 1), ink)

    def _draw_bar(self, painter: QPainter, task: Task, top: int) -> None:
        """When it ran, within the whole of what is shown."""
        if self._span is None:
            return
        left, middle = self.width() - BAR - 6, top + ROW / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("well"))
        painter.drawRoundedRect(QRectF(left, middle - 2, BAR, 4), 2, 2)
        if task.started_at is None:
            return
        begun, ended = self._span
        scale = BAR / (ended - begun)
        start = max(0.0, (task.started_at - begun) * scale)
        end = ((task.finished_at or ended) - begun) * scale
        width = min(max(3.0, end - start), BAR)
        painter.setBrush(theme.color(icons.STATES[task.state][1].value))
        painter.drawRoundedRect(QRectF(left + min(start, BAR - width), middle - 2, width, 4), 2, 2)
