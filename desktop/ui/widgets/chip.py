"""A state as glyph, word and colour; it turns while something starts."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.ui import icons, theme
from desktop.ui.fonts import Role
from desktop.ui.theme import Tone
from desktop.ui.widgets.label import draw_line, width_of

HEIGHT = 22
GAP = 6
PAD = 8
TURN_MS = 80
TURN_DEGREES = 30


class StateChip(QWidget):
    """Glyph and word; ``tinted`` puts the state's colour behind them."""

    def __init__(self, *, tinted: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tinted = tinted
        self._glyph = "state-idle"
        self._tone = Tone.OFF
        self._word = ""
        self._angle = 0
        self._timer = QTimer(self)
        self._timer.setInterval(TURN_MS)
        self._timer.timeout.connect(self._on_timeout)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_state(self, glyph: str, tone: Tone, word: str) -> None:
        """What to show; a name of a glyph of ``resources/icons``."""
        if (glyph, tone, word) == (self._glyph, self._tone, self._word):
            return
        self._glyph, self._tone, self._word = glyph, tone, word
        self.setAccessibleName(word)
        self._turn_when_seen()
        self.updateGeometry()
        self.update()

    @property
    def word(self) -> str:
        return self._word

    def sizeHint(self) -> QSize:
        pad = 2 * PAD if self._tinted else 0
        gap = GAP if self._word else 0
        words = width_of(self._word, Role.SECONDARY_MEDIUM) if self._word else 0
        return QSize(icons.GLYPH + gap + words + pad, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_chip(
            painter,
            self.rect(),
            self._glyph,
            self._tone,
            self._word,
            tinted=self._tinted,
            angle=self._angle,
        )
        painter.end()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._turn_when_seen()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _turn_when_seen(self) -> None:
        if self._glyph == "state-spin" and self.isVisible():
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()
            self._angle = 0

    def _on_timeout(self) -> None:
        self._angle = (self._angle + TURN_DEGREES) % 360
        self.update(QRect(0, 0, icons.GLYPH + 2 * PAD, HEIGHT))


def draw_chip(
    painter: QPainter,
    rect: QRect,
    glyph: str,
    tone: Tone,
    word: str,
    *,
    tinted: bool = False,
    angle: float = 0.0,
    word_color: str = "",
) -> None:
    """Glyph and word from the left of ``rect``; a tinted chip is as wide as its words.

    ``word_color``: a token instead of the state's colour, for calm rows.
    """
    color = theme.color(tone.value)
    left = rect.left()
    middle = rect.top() + rect.height() / 2
    if tinted:
        wide = icons.GLYPH + GAP + width_of(word, Role.SECONDARY_MEDIUM) + 2 * PAD
        ground = QRectF(left, middle - HEIGHT / 2, min(wide, rect.width()), HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        # The tint is laid on the card's colour, so that it reads the same in a selected row.
        painter.setBrush(theme.color("card"))
        painter.drawRoundedRect(ground, HEIGHT / 2, HEIGHT / 2)
        painter.setBrush(theme.tint(tone))
        painter.drawRoundedRect(ground, HEIGHT / 2, HEIGHT / 2)
        left += PAD
    side = icons.GLYPH
    icons.draw(painter, QRectF(left, round(middle - side / 2), side, side), glyph, color, angle)
    start = left + side + GAP
    words = QRect(start, rect.top(), rect.left() + rect.width() - start, rect.height())
    ink = theme.color(word_color) if word_color else color
    draw_line(painter, words, word, Role.SECONDARY_MEDIUM, ink)
