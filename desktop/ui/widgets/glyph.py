"""One icon as a widget, in a colour that follows the theme."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.ui import icons, theme


class Glyph(QWidget):
    """An icon of ``side`` pixels; crisp at the screen's own pixel ratio."""

    def __init__(
        self,
        side: int = icons.ICON,
        name: str = "",
        color: str = "text",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._color = color
        self.setFixedSize(side, side)

    def show_glyph(self, name: str, color: str) -> None:
        """Which icon, in which token's colour."""
        if (name, color) != (self._name, self._color):
            self._name, self._color = name, color
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._name:
            painter = QPainter(self)
            icons.draw(painter, QRectF(self.rect()), self._name, theme.color(self._color))
            painter.end()
