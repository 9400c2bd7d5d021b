"""Words on a fixed line grid: always plain text, elided or wrapped, never rich text."""

from __future__ import annotations

import functools
import html
from collections.abc import Iterator
from itertools import islice

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from desktop.ui import fonts, theme
from desktop.ui.fonts import Role


@functools.cache
def _face(role: Role) -> tuple[QFont, QFontMetricsF]:
    """Made once: a table draws some hundred lines at a time, ten times a second."""
    font = fonts.font(role)
    return font, QFontMetricsF(font)


@functools.cache
def baseline(role: Role) -> float:
    """Distance of the baseline from a line's top, from the first font's metrics alone: a
    fallback font does not move it."""
    _, metrics = _face(role)
    return (role.line - metrics.ascent() - metrics.descent()) / 2 + metrics.ascent()


@functools.lru_cache(4096)
def _fitted(words: str, role: Role, elide: Qt.TextElideMode, width: int) -> tuple[str, float]:
    """The words elided to a width, and how wide that is. Most of a table is drawn again as it
    was."""
    _, metrics = _face(role)
    shown = metrics.elidedText(words, elide, width)
    return shown, metrics.horizontalAdvance(shown)


def draw_line(
    painter: QPainter,
    rect: QRect,
    words: str,
    role: Role,
    color: QColor,
    *,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    """One line, vertically in the middle of ``rect``, elided to its width."""
    font, _ = _face(role)
    shown, advance = _fitted(words, role, elide, rect.width())
    x = float(rect.left())
    if align != Qt.AlignmentFlag.AlignLeft:
        slack = max(0.0, rect.width() - advance)
        x += slack if align == Qt.AlignmentFlag.AlignRight else slack / 2
    painter.setFont(font)
    painter.setPen(color)
    top = rect.top() + (rect.height() - role.line) / 2
    painter.drawText(QPointF(x, round(top + baseline(role))), shown)


def width_of(words: str, role: Role) -> int:
    """How wide the words are on one line, in device-independent pixels."""
    _, metrics = _face(role)
    return int(metrics.horizontalAdvance(words)) + 1


def plain_tip(words: str) -> str:
    """Words for a tool tip, which Qt would otherwise read as HTML when they look like it."""
    return f"<span>{html.escape(words)}</span>" if words else ""


def broken(words: str, font: QFont, width: float) -> Iterator[tuple[str, str]]:
    """The words broken into lines of ``width``; with each line, all that is left from it on."""
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    for paragraph in words.split("\n"):
        layout = QTextLayout(paragraph, font)
        layout.setTextOption(option)
        layout.beginLayout()
        line = layout.createLine()
        while line.isValid():
            line.setLineWidth(width)
            # textStart() counts UTF-16 units, which Python's strings do not.
            units = paragraph.encode("utf-16-le", "replace")
            start, end = line.textStart() * 2, (line.textStart() + line.textLength()) * 2
            yield (
                units[start:end].decode("utf-16-le", "replace"),
                units[start:].decode("utf-16-le", "replace"),
            )
            line = layout.createLine()
        layout.endLayout()


def draw_wrapped(
    painter: QPainter, rect: QRect, words: str, role: Role, color: QColor, lines_max: int = 2
) -> None:
    """Words broken into lines, vertically in the middle of ``rect``; the last is elided."""
    lines: list[str] = []
    for line, rest in broken(words, fonts.font(role), rect.width()):
        if len(lines) == lines_max - 1:
            lines.append(rest)
            break
        lines.append(line.rstrip())
    top = rect.top() + (rect.height() - len(lines) * role.line) // 2
    for number, line in enumerate(lines):
        at = QRect(rect.left(), top + number * role.line, rect.width(), role.line)
        draw_line(painter, at, line, role, color)


class Label(QLabel):
    """Plain words in one of the type roles, in a colour of the theme."""

    def __init__(
        self,
        words: str = "",
        role: Role = Role.BODY,
        color: str = "text",
        *,
        wrap: bool = False,
        lines_max: int = 0,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        parent: QWidget | None = None,
    ) -> None:
        """``lines_max``: wrapped words are elided after so many lines; 0: never."""
        super().__init__(parent)
        self._role = role
        self._color = color
        self._wrap = wrap
        self._lines_max = lines_max
        self._elide = elide
        self._align = align
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(fonts.font(role))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setText(words)

    def setText(self, words: str) -> None:
        if words != self.text():
            super().setText(words)
            self.updateGeometry()
            self.update()

    def set_color(self, color: str) -> None:
        """Another token: "sub", "bad" …"""
        if color != self._color:
            self._color = color
            self.update()

    def hasHeightForWidth(self) -> bool:
        return self._wrap

    def heightForWidth(self, width: int) -> int:
        return len(self._lines(width)) * self._role.line if self._wrap else self._role.line

    def sizeHint(self) -> QSize:
        if not self._wrap:
            return QSize(width_of(self.text(), self._role), self._role.line)
        width = min(width_of(self.text(), self._role), 480)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        if self._elide == Qt.TextElideMode.ElideNone and not self._wrap:
            return self.sizeHint()
        return QSize(min(width_of(self.text(), self._role), 24), self._role.line)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = theme.color(self._color if self.isEnabled() else "faint")
        for number, line in enumerate(self._lines(self.width())):
            row = QRect(0, number * self._role.line, self.width(), self._role.line)
            draw_line(painter, row, line, self._role, color, align=self._align, elide=self._elide)
        painter.end()
        cut = self._is_cut()
        # What is elided can be read in full on hovering.
        if bool(self.toolTip()) != cut:
            self.setToolTip(plain_tip(self.text()) if cut else "")

    def _is_cut(self) -> bool:
        if not self._wrap:
            return width_of(self.text(), self._role) > self.width() + 1
        if not self._lines_max:
            return False
        lines = broken(self.text(), self.font(), max(self.width(), 24))
        return sum(1 for _ in islice(lines, self._lines_max + 1)) > self._lines_max

    def _lines(self, width: int) -> list[str]:
        if not self._wrap:
            return [self.text().replace("\n", " ")]
        lines: list[str] = []
        for line, rest in broken(self.text(), self.font(), max(width, 24)):
            if self._lines_max and len(lines) == self._lines_max - 1:
                lines.append(rest)
                break
            # The space that a line was broken at takes no room.
            lines.append(line.rstrip())
        return lines or [""]
