"""A small line of the last two minutes."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.ui import theme
from desktop.ui.theme import Tone
from desktop.ui.trends import SPAN_S, Series

SCALE_MIN = 4.0
"""Below this the scale does not shrink: the noise of an idle service stays flat."""
GAP_S = 8.0
"""Samples further apart than this are not joined: nobody measured in between."""


class Sparkline(QWidget):
    """Values over time; the right edge is now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: Series = ()
        self._now = 0.0
        self._tone = Tone.RUN
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_series(self, series: Series, now: float, tone: Tone = Tone.RUN) -> None:
        """(instant, value) pairs, oldest first, on the clock of ``now``."""
        if (series, now, tone) != (self._series, self._now, self._tone):
            self._series, self._now, self._tone = series, now, tone
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0, 2, 0, -1)
        color = theme.color(self._tone.value)
        for piece in self._pieces():
            self._draw(painter, area, piece, color)
        painter.end()

    def _pieces(self) -> list[Series]:
        pieces: list[list[tuple[float, float]]] = []
        for at, value in self._series:
            if not pieces or at - pieces[-1][-1][0] > GAP_S:
                pieces.append([])
            pieces[-1].append((at, value))
        return [tuple(piece) for piece in pieces if len(piece) > 1]

    def _draw(self, painter: QPainter, area: QRectF, piece: Series, color: QColor) -> None:
        top = max(SCALE_MIN, *(value for _, value in self._series)) * 1.1
        points = [
            QPointF(
                area.right() - (self._now - at) / SPAN_S * area.width(),
                area.bottom() - max(0.0, value) / top * area.height(),
            )
            for at, value in piece
        ]
        line = QPainterPath(points[0])
        for before, after in itertools.pairwise(points):
            # Level tangents: the curve never leaves the range of its two samples.
            middle = (before.x() + after.x()) / 2
            line.cubicTo(QPointF(middle, before.y()), QPointF(middle, after.y()), after)
        below = QPainterPath(line)
        below.lineTo(points[-1].x(), area.bottom())
        below.lineTo(points[0].x(), area.bottom())
        shade = QLinearGradient(0, area.top(), 0, area.bottom())
        strong, none = QColor(color), QColor(color)
        strong.setAlphaF(0.22)
        none.setAlphaF(0.02)
        shade.setColorAt(0, strong)
        shade.setColorAt(1, none)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawPath(below)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPath(line)
