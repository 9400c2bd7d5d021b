"""A choice of one among a few, side by side; each may carry a count."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from desktop.ui import theme
from desktop.ui.fonts import Role
from desktop.ui.widgets.card import KEYBOARD, draw_focus, draw_surface
from desktop.ui.widgets.label import draw_line, width_of

HEIGHT = 30
PAD = 11
GAP = 6
RADIUS = 6


class _Segment(QAbstractButton):
    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        self.count = ""
        self._ringed = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_words(self, words: str, count: str) -> None:
        if (words, count) == (self.text(), self.count) and self.accessibleName():
            return
        self.count = count
        self.setText(words)
        self.setAccessibleName(f"{words}, {count}" if count else words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = width_of(self.text(), Role.SECONDARY_MEDIUM) + 2 * PAD
        if self.count:
            width += GAP + width_of(self.count, Role.SECONDARY_MEDIUM)
        return QSize(width, HEIGHT)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = event.reason() in KEYBOARD
        super().focusInEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        chosen = self.isChecked()
        inner = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        if chosen:
            draw_surface(painter, inner, theme.color("card"), theme.color("border"), RADIUS - 2)
        ink = theme.color("text" if chosen or self.underMouse() else "sub")
        words = QRect(PAD, 0, self.width() - PAD, self.height())
        draw_line(painter, words, self.text(), Role.SECONDARY_MEDIUM, ink)
        if self.count:
            left = PAD + width_of(self.text(), Role.SECONDARY_MEDIUM) + GAP
            count = QRect(left, 0, self.width() - left, self.height())
            draw_line(painter, count, self.count, Role.SECONDARY_MEDIUM, theme.color("sub"))
        if self.hasFocus() and self._ringed:
            draw_focus(painter, QRectF(self.rect()), RADIUS)
        painter.end()


class Segments(QWidget):
    """The arrow keys choose, Tab passes by."""

    chosen_changed = Signal(str)
    """Key of what a person chose."""

    def __init__(self, keys: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._segments = {key: _Segment(key) for key in keys}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for segment in self._segments.values():
            self._group.addButton(segment)
            row.addWidget(segment)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.choose(keys[0])
        self._group.buttonToggled.connect(self._on_toggled)

    def show_words(self, key: str, words: str, count: str = "") -> None:
        """What one of them says."""
        self._segments[key].show_words(words, count)

    @property
    def chosen(self) -> str:
        button = self._group.checkedButton()
        return button.key if isinstance(button, _Segment) else ""

    def choose(self, key: str) -> None:
        """Choose one; nobody is told."""
        self._group.blockSignals(True)
        self._segments[key].setChecked(True)
        self._group.blockSignals(False)

    def button(self, key: str) -> QAbstractButton:
        return self._segments[key]

    def _on_toggled(self, button: QAbstractButton, checked: bool) -> None:
        if checked and isinstance(button, _Segment):
            self.chosen_changed.emit(button.key)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = theme.color("well")
        draw_surface(painter, QRectF(self.rect()), ground, ground, RADIUS)
        painter.end()
