"""The tray icon: one plant glyph, and a badge that tells the state by shape and colour."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from desktop.ui import icons
from desktop.ui.tray_state import TrayState

SIDES = (16, 18, 22, 24, 32, 44, 48, 64)
BADGE = 0.46
"""Side of the badge as a share of the icon; ui.md's 38 % is a smudge at 16 px."""
COLORS = {
    TrayState.RUNNING: ("#1F8A4C", "#4CC27C"),
    TrayState.ATTENTION: ("#B87100", "#E5A93B"),
    TrayState.FAILED: ("#C4322B", "#F2766D"),
    TrayState.STARTING: ("#2563EB", "#6EA1FF"),
    TrayState.STOPPED: ("#5F656D", "#A9AEB6"),
}
"""On a light bar, on a dark bar."""
GLYPH = ("#1B1D20", "#F4F5F6")


def tray_icon(state: TrayState, *, dark_bar: bool, template: bool = False) -> QIcon:
    """The icon at every size a bar may ask for.

    ``template``: macOS draws it in the bar's own colour, so only the shape counts.
    """
    icon = QIcon()
    for side in SIDES:
        icon.addPixmap(draw(state, side, dark_bar=dark_bar, template=template))
    icon.setIsMask(template)
    return icon


def draw(state: TrayState, side: int, *, dark_bar: bool, template: bool = False) -> QPixmap:
    """One size, in device pixels."""
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = QColor("black") if template else QColor(COLORS[state][dark_bar])
    healthy = state is TrayState.RUNNING and not template
    glyph = color if healthy else QColor("black" if template else GLYPH[dark_bar])
    if state is TrayState.STOPPED and not template:
        glyph = QColor(COLORS[state][dark_bar])
    icons.draw(painter, QRectF(0, 0, side, side), "plant", glyph)
    if state is not TrayState.RUNNING:
        _badge(painter, state, side, color)
    painter.end()
    return pixmap


def _badge(painter: QPainter, state: TrayState, side: int, color: QColor) -> None:
    size = max(round(side * BADGE), 7)
    rect = QRectF(side - size, side - size, size, size)
    if state is TrayState.STARTING:
        # Three dots that can be told apart are wide and low, in whole pixels.
        dot = max(round(side / 8), 2)
        width = 3 * dot + 2 * _gap(dot)
        rect = QRectF(side - width, side - round(dot * 1.5), width, dot)
    cut = max(side / 16, 1.0)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.black)
    if state is TrayState.STARTING:
        painter.drawRect(QRectF(rect.left() - cut, rect.top() - cut, side, side))
    else:
        painter.drawEllipse(rect.adjusted(-cut, -cut, cut, cut))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    painter.setBrush(QBrush(color))
    _SHAPES[state](painter, rect, color)


def _triangle(painter: QPainter, rect: QRectF, color: QColor) -> None:
    top = QPointF(rect.center().x(), rect.top())
    painter.drawPolygon(QPolygonF([top, rect.bottomRight(), rect.bottomLeft()]))


def _cross(painter: QPainter, rect: QRectF, color: QColor) -> None:
    width = rect.width() / 3.4
    inner = rect.adjusted(width / 2, width / 2, -width / 2, -width / 2)
    painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(inner.topLeft(), inner.bottomRight())
    painter.drawLine(inner.topRight(), inner.bottomLeft())


def _ring(painter: QPainter, rect: QRectF, color: QColor) -> None:
    width = rect.width() / 5
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, width))
    painter.drawEllipse(rect.adjusted(width / 2, width / 2, -width / 2, -width / 2))


def _dots(painter: QPainter, rect: QRectF, color: QColor) -> None:
    dot = round(rect.height())
    for place in range(3):
        x = rect.left() + place * (dot + _gap(dot))
        painter.drawEllipse(QRectF(x, rect.top(), dot, dot))


def _gap(dot: int) -> int:
    return max(round(dot / 2), 1)


_SHAPES: dict[TrayState, Callable[[QPainter, QRectF, QColor], None]] = {
    TrayState.ATTENTION: _triangle,
    TrayState.FAILED: _cross,
    TrayState.STOPPED: _ring,
    TrayState.STARTING: _dots,
}
