"""A chart of one or two lines over time, to be looked at rather than read.

What it shows is said in words, too (:meth:`Chart.summary`), lines differ by their stroke and not
by colour alone, and the pointer or the arrow keys read off single values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.ui import theme
from desktop.ui.fonts import Role
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.chart_scale import moments, nice_top
from desktop.ui.widgets.label import draw_line, width_of
from desktop.words import tr

HEIGHT = 148
PAD = 12
TOP = 44
BOTTOM = 20
_STROKES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)


class Line(NamedTuple):
    """One line: its name, the token of its colour, and a value for each instant (None: a gap)."""

    name: str
    color: str
    values: tuple[float | None, ...]


class Chart(Card):
    """A title with the newest values at its right, the lines, and a scale from 0."""

    def __init__(self, words: Callable[[float], str], parent: QWidget | None = None) -> None:
        """``words`` says a value with its unit."""
        super().__init__(parent=parent)
        self._words = words
        self._title = ""
        self._instants: tuple[float, ...] = ()
        self._lines: tuple[Line, ...] = ()
        self._at: int | None = None
        """Place of the instant that is read off."""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)

    def show_lines(self, title: str, instants: tuple[float, ...], lines: tuple[Line, ...]) -> None:
        """The values of ``lines`` at these instants (seconds since the epoch, oldest first)."""
        if (title, instants, lines) != (self._title, self._instants, self._lines):
            self._title, self._instants, self._lines = title, instants, lines
            self._at = None
            self.setAccessibleName(f"{title}: {self.summary()}")
            self.update()

    def summary(self) -> str:
        """What the lines tell, in a sentence each."""
        said = []
        for line in self._lines:
            known = [value for value in line.values if value is not None]
            if known:
                words = tr(
                    "{name} between {least} and {most}, at last {last}",
                    name=line.name,
                    least=self._words(min(known)),
                    most=self._words(max(known)),
                    last=self._words(known[-1]),
                )
                said.append(words)
        return "; ".join(said) or tr("Nothing was measured.")

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, HEIGHT)

    # --- reading off ------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, count = self._area(), len(self._instants)
        if count > 1:
            share = (event.position().x() - area.left()) / max(1.0, area.width())
            self._read_off(round(share * (count - 1)))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._read_off(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._read_off(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step and self._instants:
            last = len(self._instants) - 1
            self._read_off(last if self._at is None else self._at + step)
        else:
            super().keyPressEvent(event)

    def _read_off(self, place: int | None) -> None:
        if place is not None:
            place = max(0, min(place, len(self._instants) - 1))
        if place != self._at:
            self._at = place
            self.setAccessibleDescription("" if place is None else self._said_at(place))
            self.update()

    def _said_at(self, place: int) -> str:
        time, _ = moments(self._instants[place], self._instants[place])
        values = (f"{line.name} {self._value(line, place)}" for line in self._lines)
        return f"{time}: {', '.join(values)}"

    def _value(self, line: Line, place: int) -> str:
        value = line.values[place] if place < len(line.values) else None
        return "–" if value is None else self._words(value)

    # --- drawing ----------------------------------------------------------------------------

    def _area(self) -> QRectF:
        return QRectF(PAD, TOP, self.width() - 2 * PAD, self.height() - TOP - BOTTOM)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        self._draw_head(painter)
        values = [v for line in self._lines for v in line.values if v is not None]
        area = self._area()
        if not values:
            middle = Qt.AlignmentFlag.AlignHCenter
            words, sub = tr("Nothing was measured."), theme.color("sub")
            draw_line(painter, area.toRect(), words, Role.SECONDARY, sub, align=middle)
            painter.end()
            return
        top = nice_top(max(values))
        self._draw_scale(painter, area, top)
        for number, line in enumerate(self._lines):
            self._draw_line(painter, area, line, top, number)
        if self._at is not None:
            self._draw_reading(painter, area, top, self._at)
        painter.end()

    def _draw_head(self, painter: QPainter) -> None:
        row = QRect(PAD, 6, self.width() - 2 * PAD, Role.SECONDARY.line)
        draw_line(painter, row, self._title, Role.SECONDARY_MEDIUM, theme.color("text"))
        last = len(self._instants) - 1
        place = last if self._at is None else self._at
        right = row.right()
        least = row.left() + width_of(self._title, Role.SECONDARY_MEDIUM) + 8
        for number, line in reversed(tuple(enumerate(self._lines))):
            words = self._value(line, place) if last >= 0 else ""
            if len(self._lines) > 1:
                words = f"{line.name} {words}"
            width = width_of(words, Role.SMALL)
            if right - width - 20 < least:
                break
            at = QRect(right - width, row.top(), width, row.height())
            draw_line(painter, at, words, Role.SMALL, theme.color("sub"))
            if len(self._lines) > 1:
                self._draw_sample(painter, QPointF(right - width - 18, row.center().y()), number)
            right -= width + 28

    def _draw_sample(self, painter: QPainter, at: QPointF, number: int) -> None:
        painter.setPen(self._pen(number))
        painter.drawLine(at, at + QPointF(13, 0))

    def _draw_scale(self, painter: QPainter, area: QRectF, top: float) -> None:
        for share in (0.0, 0.5, 1.0):
            y = round(area.bottom() - share * area.height())
            painter.fillRect(QRectF(area.left(), y, area.width(), 1), theme.color("hair"))
        sub = theme.color("sub")
        label = QRect(round(area.left()), round(area.top()) - Role.SMALL.line, 120, Role.SMALL.line)
        draw_line(painter, label, self._words(top), Role.SMALL, sub)
        first, last = moments(self._instants[0], self._instants[-1])
        below = QRect(PAD, self.height() - BOTTOM + 1, self.width() - 2 * PAD, Role.SMALL.line)
        draw_line(painter, below, first, Role.SMALL, sub)
        draw_line(painter, below, last, Role.SMALL, sub, align=Qt.AlignmentFlag.AlignRight)

    def _pen(self, number: int) -> QPen:
        color = theme.color(self._lines[number].color)
        pen = QPen(color, 1.6, _STROKES[number % len(_STROKES)], Qt.PenCapStyle.FlatCap)
        if number:
            pen.setDashPattern([3.0, 2.0])
        return pen

    def _point(self, area: QRectF, place: int, value: float, top: float) -> QPointF:
        steps = max(1, len(self._instants) - 1)
        y = area.bottom() - min(value / top, 1.0) * area.height()
        return QPointF(area.left() + place / steps * area.width(), y)

    def _draw_line(
        self, painter: QPainter, area: QRectF, line: Line, top: float, number: int
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path, pieces = QPainterPath(), []
        for place, value in enumerate(line.values):
            if value is None or not math.isfinite(value):
                path = QPainterPath()
                continue
            point = self._point(area, place, max(0.0, value), top)
            if path.elementCount():
                path.lineTo(point)
            else:
                path = QPainterPath(point)
                pieces.append(path)
        for piece in pieces:
            if not number and piece.elementCount() > 1:
                self._shade(painter, area, piece, line.color)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._pen(number))
            painter.drawPath(piece)
            if piece.elementCount() == 1:
                # A value between two gaps would be no line at all.
                only = piece.elementAt(0)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(line.color))
                painter.drawEllipse(QPointF(only.x, only.y), 2.2, 2.2)

    @staticmethod
    def _shade(painter: QPainter, area: QRectF, piece: QPainterPath, color: str) -> None:
        below = QPainterPath(piece)
        first = piece.elementAt(0)
        below.lineTo(piece.currentPosition().x(), area.bottom())
        below.lineTo(first.x, area.bottom())
        ground = QColor(theme.color(color))
        ground.setAlphaF(0.10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawPath(below)

    def _draw_reading(self, painter: QPainter, area: QRectF, top: float, place: int) -> None:
        x = self._point(area, place, 0.0, top).x()
        painter.fillRect(QRectF(x, area.top(), 1, area.height()), theme.color("faint"))
        for line in self._lines:
            value = line.values[place] if place < len(line.values) else None
            if value is not None:
                painter.setPen(QPen(theme.color("card"), 1.5))
                painter.setBrush(theme.color(line.color))
                painter.drawEllipse(self._point(area, place, value, top), 3.5, 3.5)
        time, _ = moments(self._instants[place], self._instants[place])
        below = QRect(0, self.height() - BOTTOM + 1, self.width(), Role.SMALL.line)
        width = width_of(time, Role.SMALL) + 8
        left = max(PAD, min(round(x) - width // 2, self.width() - PAD - width))
        at = QRect(left, below.top(), width, below.height())
        painter.fillRect(at, theme.color("card"))
        middle = Qt.AlignmentFlag.AlignHCenter
        draw_line(painter, at, time, Role.SMALL, theme.color("text"), align=middle)
