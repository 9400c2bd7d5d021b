"""Buttons: the primary one of a page, plain ones, dangerous ones, and small ones of an icon."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolButton, QWidget

from desktop.ui import fonts, icons, theme
from desktop.ui.fonts import Role
from desktop.ui.widgets.label import plain_tip

_RECOLOURED = frozenset({QEvent.Type.PaletteChange, QEvent.Type.StyleChange})


class Button(QPushButton):
    """A button with words, and an icon in the colour of its words.

    ``look`` is "", "primary", "danger" or "link"; ``large`` the size of a page's header.
    """

    def __init__(
        self,
        words: str = "",
        icon: str = "",
        *,
        look: str = "",
        large: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._look = look
        self.setProperty("look", look)
        self.setProperty("size", "large" if large else "")
        self.setFont(fonts.font(Role.BODY_MEDIUM))
        self.setIconSize(QSize(12, 12))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        # A click leaves the keyboard where it is: a button that a click disables would hand it on.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_words(words)
        self._recolour()

    def set_words(self, words: str) -> None:
        """The button's words as they are: an ampersand is no mnemonic."""
        shown = f" {words}" if self._icon and words else words
        self.setText(shown.replace("&", "&&"))
        self.setAccessibleName(words)

    def set_look(self, look: str) -> None:
        """Make it the primary button, or a plain one again."""
        if look != self._look:
            self._look = look
            self.setProperty("look", look)
            self.style().unpolish(self)
            self.style().polish(self)
            self._recolour()

    def set_icon(self, icon: str) -> None:
        """Another icon, by its name."""
        if icon != self._icon:
            self._icon = icon
            self._recolour()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _RECOLOURED:
            self._recolour()

    def _recolour(self) -> None:
        if self._icon:
            color = {"primary": "on_accent", "danger": "bad", "link": "run"}.get(self._look, "text")
            self.setIcon(icons.icon(self._icon, theme.color(color)))


class IconButton(QToolButton):
    """A small square button; its words are its tool tip and its accessible name."""

    def __init__(
        self,
        icon: str,
        words: str = "",
        *,
        side: int = 28,
        icon_side: int = 16,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self.setIconSize(QSize(icon_side, icon_side))
        self.setFixedSize(side, side)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_words(words)
        self._recolour()

    def set_words(self, words: str) -> None:
        """What it does."""
        self.setToolTip(plain_tip(words))
        self.setAccessibleName(words)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _RECOLOURED:
            self._recolour()

    def _recolour(self) -> None:
        self.setIcon(icons.icon(self._icon, theme.color("sub")))
