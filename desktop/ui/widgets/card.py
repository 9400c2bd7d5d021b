"""A card: a surface with a hairline edge and round corners."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QWidget

from desktop.ui import theme

RADIUS = 8
KEYBOARD = frozenset(
    {
        Qt.FocusReason.TabFocusReason,
        Qt.FocusReason.BacktabFocusReason,
        Qt.FocusReason.ShortcutFocusReason,
    }
)
"""Ways to get the focus that show a ring on painted widgets; a click shows none."""


def draw_surface(
    painter: QPainter, rect: QRectF, fill: QColor, edge: QColor, radius: float = RADIUS
) -> None:
    """A round-cornered surface with an edge of one pixel that lies inside ``rect``."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill)
    painter.setPen(QPen(edge, 1))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)


def draw_focus(painter: QPainter, rect: QRectF, radius: float = RADIUS) -> None:
    """The ring around what has the keyboard: 2 pixels in the accent colour."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(0, 0, 0, 0))
    painter.setPen(QPen(theme.color("accent"), 2))
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius)


class Card(QFrame):
    """The surface; tokens for its ground and edge may be others ("warn_bg", "warn_edge")."""

    def __init__(
        self, fill: str = "card", edge: str = "border", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._fill = fill
        self._edge = edge
        self._ringed = False

    def set_surface(self, fill: str, edge: str) -> None:
        """Other tokens for ground and edge."""
        if (fill, edge) != (self._fill, self._edge):
            self._fill, self._edge = fill, edge
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = event.reason() in KEYBOARD
        super().focusInEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_surface(painter, QRectF(self.rect()), theme.color(self._fill), theme.color(self._edge))
        if self.hasFocus() and self._ringed:
            draw_focus(painter, QRectF(self.rect()))
        painter.end()
