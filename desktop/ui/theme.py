"""Colours as data, for light and dark; the palette and style made from them; which one is in force.

Text colours have a contrast of at least 4.5:1 on every surface that carries them, state glyphs at
least 3:1 (WCAG 2.2, 1.4.3 and 1.4.11); a test computes it. ``faint`` is for hints nobody needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from desktop.ui import fonts
from desktop.ui.stylesheet import stylesheet


class Mode(StrEnum):
    """What the person chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Tone(StrEnum):
    """What a colour says; colour is used for state only."""

    OK = "ok"
    RUN = "run"
    WARN = "warn"
    BAD = "bad"
    OFF = "off"
    REVOKED = "rev"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme. Colours are ``#RRGGBB``; ``chip_alpha`` is the tint behind a chip's text."""

    dark: bool
    bg: str
    side: str
    card: str
    border: str
    hair: str
    text: str
    sub: str
    faint: str
    accent: str
    on_accent: str
    accent_hover: str
    accent_down: str
    hover: str
    down: str
    nav: str
    """The chosen row of the sidebar."""
    sel: str
    well: str
    """The trough of bars and the ground of fixed-width text."""
    handle: str
    """The thumb of a scroll bar."""
    ok: str
    run: str
    warn: str
    bad: str
    off: str
    rev: str
    warn_bg: str
    warn_edge: str
    bad_bg: str
    bad_edge: str
    info_bg: str
    info_edge: str
    chip_alpha: float

    def tone(self, tone: Tone) -> str:
        """The full colour of a state."""
        return str(getattr(self, tone.value))


LIGHT = Tokens(
    dark=False,
    bg="#FBFBFC",
    side="#F1F2F4",
    card="#FFFFFF",
    border="#E3E5E8",
    hair="#ECEEF0",
    text="#1B1D20",
    sub="#5F656D",
    faint="#868C94",
    accent="#2563EB",
    on_accent="#FFFFFF",
    accent_hover="#1D58DA",
    accent_down="#194CC0",
    hover="#F4F5F7",
    down="#E9EBEE",
    nav="#E0E3E8",
    sel="#E4ECFD",
    well="#ECEEF0",
    handle="#C9CDD2",
    ok="#1A733F",
    run="#1557E6",
    warn="#915600",
    bad="#BA2F29",
    off="#60656D",
    rev="#774BBF",
    warn_bg="#FFF7E6",
    warn_edge="#F3DDAE",
    bad_bg="#FDF0EF",
    bad_edge="#F3C6C3",
    info_bg="#EFF4FE",
    info_edge="#C9DAFB",
    chip_alpha=0.10,
)

DARK = Tokens(
    dark=True,
    bg="#1B1C1F",
    side="#232528",
    card="#25272B",
    border="#36393F",
    hair="#2E3136",
    text="#ECEDEF",
    sub="#A9AEB6",
    faint="#8E949C",
    accent="#346BE0",
    on_accent="#FFFFFF",
    accent_hover="#3067DB",
    accent_down="#2B5CC6",
    hover="#2E3136",
    down="#373A40",
    nav="#35383E",
    sel="#28385A",
    well="#2E3136",
    handle="#4A4E55",
    ok="#4CC27C",
    run="#80ADFF",
    warn="#E5A93B",
    bad="#F5938B",
    off="#AAAEB5",
    rev="#BE9FF2",
    warn_bg="#332A18",
    warn_edge="#574522",
    bad_bg="#381F1E",
    bad_edge="#63332F",
    info_bg="#1F2A40",
    info_edge="#34486F",
    chip_alpha=0.17,
)


class _InForce:
    theme = LIGHT


def tokens() -> Tokens:
    """The theme in force."""
    return _InForce.theme


def color(name: str) -> QColor:
    """One token of the theme in force, as Qt's colour."""
    return QColor(str(getattr(_InForce.theme, name)))


def tint(tone: Tone) -> QColor:
    """The ground of a chip: the state's colour, mostly transparent."""
    tinted = QColor(_InForce.theme.tone(tone))
    tinted.setAlphaF(_InForce.theme.chip_alpha)
    return tinted


def apply(app: QApplication, mode: str = Mode.SYSTEM) -> Tokens:
    """Put a theme in force: palette, style and fonts of the whole program.

    A forced theme has a palette of its own, because a bare X11 desktop ignores
    ``QStyleHints.setColorScheme``.
    """
    return _apply(app, _theme_of(mode, app.styleHints().colorScheme()))


def _apply(app: QApplication, theme: Tokens) -> Tokens:
    _InForce.theme = theme
    if app.style().objectName() != "fusion":
        # The one style that takes its colours from the palette on every platform.
        app.setStyle("Fusion")
    app.setFont(fonts.font(fonts.Role.BODY))
    app.setPalette(palette(theme))
    app.setStyleSheet(stylesheet(theme))
    return theme


def _theme_of(mode: str, scheme: Qt.ColorScheme) -> Tokens:
    if mode == Mode.SYSTEM:
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
    return DARK if mode == Mode.DARK else LIGHT


def palette(theme: Tokens) -> QPalette:
    """The theme as Qt's palette, for everything that the style draws by itself."""
    roles = {
        QPalette.ColorRole.Window: theme.bg,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.card,
        QPalette.ColorRole.AlternateBase: theme.side,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.sub,
        QPalette.ColorRole.Button: theme.card,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.on_accent,
        QPalette.ColorRole.ToolTipBase: theme.card,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Accent: theme.accent,
        QPalette.ColorRole.Link: theme.run,
        QPalette.ColorRole.LinkVisited: theme.rev,
        QPalette.ColorRole.Light: theme.card,
        QPalette.ColorRole.Midlight: theme.hair,
        QPalette.ColorRole.Mid: theme.border,
        QPalette.ColorRole.Dark: theme.border,
        QPalette.ColorRole.Shadow: theme.border,
    }
    made = QPalette()
    for role, value in roles.items():
        made.setColor(role, QColor(value))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.faint))
    return made


class ThemeWatcher(QObject):
    """Keeps the chosen theme in force while the system's own changes."""

    changed = Signal()
    """Another theme is in force; whatever was drawn from tokens has to be drawn again."""

    def __init__(
        self,
        app: QApplication,
        mode: str = Mode.SYSTEM,
        scheme: Callable[[], Qt.ColorScheme] | None = None,
    ) -> None:
        """``scheme`` asks the system for its colour scheme; by default Qt does."""
        super().__init__(app)
        self._app = app
        self._mode = mode
        self._scheme = scheme or app.styleHints().colorScheme
        _apply(app, self._wanted())
        app.styleHints().colorSchemeChanged.connect(self._on_color_scheme_changed)

    @property
    def mode(self) -> str:
        return self._mode

    def set_mode(self, mode: str) -> None:
        """Choose "system", "light" or "dark"."""
        self._mode = mode
        self._refresh()

    def _on_color_scheme_changed(self) -> None:
        if self._mode == Mode.SYSTEM:
            self._refresh()

    def _refresh(self) -> None:
        wanted = self._wanted()
        if wanted is not _InForce.theme:
            _apply(self._app, wanted)
            self.changed.emit()

    def _wanted(self) -> Tokens:
        return _theme_of(self._mode, self._scheme())
