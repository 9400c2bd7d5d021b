"""How much waits in each queue, as bars on one scale."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.engine.model import Queue
from desktop.ui import theme
from desktop.ui.fonts import Role
from desktop.ui.widgets.label import draw_line, width_of
from desktop.words import tr

ROW = 24
SCALE_MIN = 10
"""A queue of one is no full bar."""


def scale(largest: int) -> int:
    """The end of the bars' scale: the next 10, 20, 50, 100 … above the largest."""
    end = SCALE_MIN
    while end < largest:
        end = end * 5 // 2 if str(end).startswith("2") else end * 2
    return end


class QueueBars(QWidget):
    """One row per queue: name, bar, number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queues: tuple[Queue, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_queues(self, queues: tuple[Queue, ...]) -> None:
        """The queues, in this order."""
        if queues == self._queues:
            return
        taller = len(queues) != len(self._queues)
        self._queues = queues
        self.setAccessibleName(
            ", ".join(tr("{queue}: {count} waiting", queue=q.name, count=q.depth) for q in queues)
        )
        if taller:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, max(1, len(self._queues)) * ROW)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        names = max((width_of(q.name, Role.SECONDARY) for q in self._queues), default=0)
        left = min(max(names + 20, 84), 220)
        numbers = max((width_of(f"{q.depth:,}", Role.SECONDARY) for q in self._queues), default=0)
        right = max(numbers + 20, 40)
        top = scale(max((q.depth for q in self._queues), default=0))
        for number, queue in enumerate(self._queues):
            row = QRect(0, number * ROW, self.width(), ROW)
            draw_line(
                painter,
                QRect(row.left(), row.top(), left - 12, ROW),
                queue.name,
                Role.SECONDARY,
                theme.color("text"),
            )
            bar = QRectF(left, row.top() + ROW / 2 - 3, self.width() - left - right, 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("well"))
            painter.drawRoundedRect(bar, 3, 3)
            if queue.depth:
                filled = QRectF(bar)
                filled.setWidth(max(6.0, bar.width() * queue.depth / top))
                color = QColor(theme.color("accent"))
                color.setAlphaF(0.8)
                painter.setBrush(color)
                painter.drawRoundedRect(filled, 3, 3)
            draw_line(
                painter,
                row,
                f"{queue.depth:,}",
                Role.SECONDARY_MEDIUM,
                theme.color("text"),
                align=Qt.AlignmentFlag.AlignRight,
            )
        painter.end()
