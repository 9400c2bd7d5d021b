from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette

from desktop.engine.states import ServiceState, TaskState
from desktop.ui import icons, theme
from desktop.ui.stylesheet import stylesheet
from desktop.ui.theme import DARK, LIGHT, ThemeWatcher, Tokens, Tone

THEMES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
SURFACES = ("card", "bg", "side", "warn_bg", "bad_bg", "info_bg")
TEXT, GLYPH = 4.5, 3.0


def luminance(color: QColor) -> float:
    """Relative luminance, WCAG 2.2."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str | QColor, other: str | QColor) -> float:
    darker, lighter = sorted((luminance(QColor(one)), luminance(QColor(other))))
    return (lighter + 0.05) / (darker + 0.05)


def over(front: str, alpha: float, back: str) -> QColor:
    f, b = QColor(front), QColor(back)
    parts = (
        x * alpha + y * (1 - alpha)
        for x, y in ((f.redF(), b.redF()), (f.greenF(), b.greenF()), (f.blueF(), b.blueF()))
    )
    return QColor.fromRgbF(*parts)


@THEMES
@pytest.mark.parametrize("surface", [*SURFACES, "sel", "nav", "hover"])
@pytest.mark.parametrize("ink", ["text", "sub"])
def test_words_are_readable_on_every_surface(tokens: Tokens, surface: str, ink: str) -> None:
    assert contrast(getattr(tokens, ink), getattr(tokens, surface)) >= TEXT


@THEMES
@pytest.mark.parametrize("tone", list(Tone))
def test_a_state_is_readable_beside_its_glyph_and_in_its_own_chip(
    tokens: Tokens, tone: Tone
) -> None:
    color = tokens.tone(tone)
    for surface in ("card", "bg", "side", "warn_bg", "bad_bg", "info_bg"):
        assert contrast(color, getattr(tokens, surface)) >= TEXT, surface
    # A chip lays the card's colour under its tint, wherever it stands.
    assert contrast(color, over(color, tokens.chip_alpha, tokens.card)) >= TEXT
    assert contrast(color, tokens.sel) >= GLYPH
    assert contrast(color, tokens.nav) >= GLYPH


@THEMES
def test_buttons_fields_and_rings_are_told_apart(tokens: Tokens) -> None:
    for ground in (tokens.accent, tokens.accent_hover, tokens.accent_down):
        assert contrast(tokens.on_accent, ground) >= TEXT
    for surface in ("card", "bg", "side"):
        assert contrast(tokens.accent, getattr(tokens, surface)) >= GLYPH, surface
        assert contrast(tokens.faint, getattr(tokens, surface)) >= GLYPH, surface
    assert contrast(tokens.text, tokens.accent) >= GLYPH


@THEMES
def test_the_style_sheet_uses_no_colour_that_is_no_token(tokens: Tokens) -> None:
    import re

    known = {str(getattr(tokens, name)).lower() for name in tokens.__slots__}
    used = {found.lower() for found in re.findall(r"#[0-9a-fA-F]{6}\b", stylesheet(tokens))}
    assert used <= known


def test_every_state_has_a_shape_of_its_own_tone() -> None:
    for kind in (ServiceState, TaskState):
        assert set(kind) <= set(icons.STATES)
    services = [icons.STATES[state][0] for state in ServiceState]
    assert len(set(services)) == len(services), "two states of a service look alike"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_forced_theme_has_its_own_palette(qapp, mode: str) -> None:
    tokens = theme.apply(qapp, mode)
    palette = qapp.palette()
    assert palette.color(QPalette.ColorRole.Window) == QColor(tokens.bg)
    assert palette.color(QPalette.ColorRole.WindowText) == QColor(tokens.text)
    assert tokens.dark == (mode == "dark")


def test_the_system_s_change_is_followed_only_where_that_was_chosen(qtbot, qapp) -> None:
    scheme = {"now": Qt.ColorScheme.Light}
    watcher = ThemeWatcher(qapp, "system", scheme=lambda: scheme["now"])
    scheme["now"] = Qt.ColorScheme.Dark
    with qtbot.waitSignal(watcher.changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.tokens() is DARK
    with qtbot.waitSignal(watcher.changed):
        watcher.set_mode("light")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.tokens() is LIGHT
    watcher.deleteLater()
