"""The tasks that workers run now."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.engine.model import ActiveTask
from desktop.engine.states import TaskState
from desktop.quantities import duration
from desktop.ui import icons, theme
from desktop.ui.fonts import Role
from desktop.ui.phrases import task_state
from desktop.ui.widgets.label import draw_line, width_of
from desktop.words import trn

ROW = 24
ROWS_MAX = 5
WORKER_WIDTH = 180


class TaskList(QWidget):
    """One row per task: state, function, module, worker, for how long."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks: tuple[ActiveTask, ...] = ()
        self._now = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_tasks(self, tasks: tuple[ActiveTask, ...], now: float) -> None:
        """The running ones first, the longest on top; ``now`` in seconds since the epoch."""
        ordered = tuple(
            sorted(
                tasks,
                key=lambda t: (
                    t.state is not TaskState.STARTED,
                    t.started_at or t.received_at or 0,
                ),
            )
        )
        taller = self._rows(ordered) != self._rows(self._tasks)
        self._tasks, self._now = ordered, now
        self.setAccessibleName(
            ", ".join(f"{t.name}: {task_state(t.state)}" for t in ordered[:ROWS_MAX])
        )
        if taller:
            self.updateGeometry()
        self.update()

    @staticmethod
    def _rows(tasks: tuple[ActiveTask, ...]) -> int:
        return min(len(tasks), ROWS_MAX) + (len(tasks) > ROWS_MAX)

    def sizeHint(self) -> QSize:
        return QSize(300, max(1, self._rows(self._tasks)) * ROW)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for number, task in enumerate(self._tasks[:ROWS_MAX]):
            self._draw(painter, QRect(0, number * ROW, self.width(), ROW), task)
        more = len(self._tasks) - ROWS_MAX
        if more > 0:
            row = QRect(20, ROWS_MAX * ROW, self.width() - 20, ROW)
            words = trn("and {n} more", "and {n} more", more)
            draw_line(painter, row, words, Role.SECONDARY, theme.color("sub"))
        painter.end()

    def _draw(self, painter: QPainter, row: QRect, task: ActiveTask) -> None:
        glyph, tone = icons.STATES[task.state]
        side = icons.GLYPH
        at = QRectF(0, row.top() + (ROW - side) / 2, side, side)
        icons.draw(painter, at, glyph, theme.color(tone.value))
        since = task.started_at or task.received_at
        age = duration(self._now - since) if since else ""
        right = row.width() - max(72, width_of(age, Role.SECONDARY) + 12)
        draw_line(
            painter,
            row,
            age,
            Role.SECONDARY,
            theme.color("sub"),
            align=Qt.AlignmentFlag.AlignRight,
        )
        module, _, function = task.name.rpartition(".")
        worker_left = max(right - WORKER_WIDTH, 20)
        words = QRect(worker_left, row.top(), right - worker_left - 12, ROW)
        draw_line(painter, words, task.worker, Role.SECONDARY, theme.color("sub"))
        function_width = min(width_of(function, Role.SECONDARY), worker_left - 32)
        words = QRect(20, row.top(), function_width, ROW)
        draw_line(painter, words, function, Role.SECONDARY, theme.color("text"))
        left = 20 + function_width + 8
        if worker_left - left > 48:
            words = QRect(left, row.top(), worker_left - left - 12, ROW)
            draw_line(painter, words, module, Role.SECONDARY, theme.color("sub"))
