"""The sidebar: whose window this is, the pages, and the broker at the foot."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui import icons, theme
from desktop.ui.fonts import Role
from desktop.ui.theme import Tone
from desktop.ui.widgets.card import KEYBOARD, draw_focus
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label, draw_line, width_of
from desktop.words import trn

WIDTH = 208
ROW = 32
BADGE = 18
"""Height of the number at a row's right end."""


class NavButton(QAbstractButton):
    """One row; the chosen page's is filled, strong, and its icon in the accent colour."""

    def __init__(self, name: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._icon_name = icon
        self._ringed = False
        self._badge = 0
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def badge(self) -> int:
        return self._badge

    def show_title(self, title: str, badge: int) -> None:
        """The page's name, and how many things in it need a look (0: no number)."""
        if (title, badge) == (self.text(), self._badge) and self.accessibleName():
            return
        self._badge = badge
        self.setText(title)
        spoken = trn("{n} needs a look", "{n} need a look", badge)
        self.setAccessibleName(f"{title}, {spoken}" if badge else title)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH - 24, ROW)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # A ring is for those who use the keyboard.
        self._ringed = event.reason() in KEYBOARD
        super().focusInEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        if chosen or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("nav"))
            painter.setOpacity(1.0 if chosen else 0.5)
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            painter.setOpacity(1.0)
        side = icons.ICON
        at = QRectF(10, (ROW - side) / 2, side, side)
        icons.draw(painter, at, self._icon_name, theme.color("run" if chosen else "text"))
        taken = self._draw_badge(painter) if self._badge else 0
        words = QRect(36, 0, self.width() - 44 - taken, ROW)
        role = Role.BODY_STRONG if chosen else Role.BODY
        draw_line(painter, words, self.text(), role, theme.color("text"))
        if self.hasFocus() and self._ringed:
            draw_focus(painter, QRectF(self.rect()), 6)
        painter.end()

    def _draw_badge(self, painter: QPainter) -> int:
        """The number on its ground; answers how much room that takes."""
        words = str(self._badge) if self._badge < 1000 else "999+"
        width = max(BADGE, width_of(words, Role.SECONDARY_MEDIUM) + 10)
        at = QRect(self.width() - 8 - width, (ROW - BADGE) // 2, width, BADGE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("card"))
        painter.drawRoundedRect(QRectF(at), BADGE / 2, BADGE / 2)
        painter.setBrush(theme.tint(Tone.WARN))
        painter.drawRoundedRect(QRectF(at), BADGE / 2, BADGE / 2)
        middle = Qt.AlignmentFlag.AlignHCenter
        draw_line(painter, at, words, Role.SECONDARY_MEDIUM, theme.color("warn"), align=middle)
        return width + 4


class Sidebar(QWidget):
    """Rows of pages; the last of them stands at the foot, above the broker."""

    chosen = Signal(str)

    def __init__(self, pages: tuple[tuple[str, str], ...], parent: QWidget | None = None) -> None:
        """``pages``: name and icon of each, in order; the last one goes to the foot."""
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self._product = Label("Celery Tray", Role.BODY_STRONG)
        self._project = Label("", Role.SECONDARY, "sub", elide=Qt.TextElideMode.ElideMiddle)
        self._broker_glyph = Glyph(icons.GLYPH)
        self._broker_state = Label("", Role.SECONDARY)
        self._broker = Label("", Role.SMALL, "sub", elide=Qt.TextElideMode.ElideMiddle)
        self._buttons = [NavButton(name, icon) for name, icon in pages]
        for button in self._buttons:
            button.clicked.connect(lambda _checked=False, b=button: self.chosen.emit(b.name))
        self._lay_out()

    def _lay_out(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._product)
        names.addWidget(self._project)
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 0, 0)
        head.setSpacing(10)
        head.addWidget(_Mark())
        head.addLayout(names, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 20, 13, 12)
        column.setSpacing(2)
        column.addLayout(head)
        column.addSpacing(16)
        for button in self._buttons[:-1]:
            column.addWidget(button)
        column.addStretch(1)
        column.addWidget(self._buttons[-1])
        column.addSpacing(4)
        column.addWidget(_Hairline())
        column.addSpacing(4)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._broker_state)
        words.addWidget(self._broker)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 0, 0, 0)
        foot.setSpacing(8)
        foot.addWidget(self._broker_glyph)
        foot.addLayout(words, 1)
        column.addLayout(foot)

    def set_titles(self, titles: tuple[str, ...]) -> None:
        """The pages' names in the present language."""
        for button, title in zip(self._buttons, titles, strict=True):
            button.show_title(title, button.badge)

    def set_badge(self, name: str, count: int) -> None:
        """How many things on that page need a look."""
        for button in self._buttons:
            if button.name == name:
                button.show_title(button.text(), count)

    def badge(self, name: str) -> int:
        return next((one.badge for one in self._buttons if one.name == name), 0)

    def choose(self, name: str) -> None:
        """Mark this page as the one that is shown."""
        for button in self._buttons:
            button.setChecked(button.name == name)

    def show_project(self, project: str) -> None:
        self._project.setText(project)

    def show_broker(self, glyph: str, color: str, state: str, address: str) -> None:
        """The broker's state in words, and its address without credentials."""
        self._broker_glyph.show_glyph(glyph, color)
        self._broker_state.setText(state)
        self._broker.setText(address.partition("://")[2] or address)
        self._broker.setVisible(bool(address))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        focused = next((b for b in self._buttons if b.hasFocus()), None)
        if step is None or focused is None:
            super().keyPressEvent(event)
            return
        number = (self._buttons.index(focused) + step) % len(self._buttons)
        self._buttons[number].setFocus(Qt.FocusReason.TabFocusReason)


class _Mark(QWidget):
    """The product's mark."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(28, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        icons.renderer("app").render(painter, QRectF(self.rect()))
        painter.end()


class _Hairline(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("border"))
        painter.end()
