"""The icon's states differ by shape alone, at every size, and are seen on their bars."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtGui import QColor, QImage

from desktop.ui.tray_icon import COLORS, SIDES, draw, tray_icon
from desktop.ui.tray_state import TrayState
from tests.ui.test_theme import contrast

LIGHT_BAR, DARK_BAR = "#F0F0F0", "#1E1E1E"


def shape(state: TrayState, side: int, *, template: bool = True) -> QImage:
    """Where there is ink, whatever its colour."""
    image = draw(state, side, dark_bar=False, template=template).toImage()
    return image.convertToFormat(QImage.Format.Format_Alpha8)


def differing(one: QImage, other: QImage) -> float:
    """Share of pixels that are ink in one and bare in the other."""
    side = one.width()
    pairs = ((x, y) for x in range(side) for y in range(side))
    count = sum(
        abs(one.pixelColor(x, y).alpha() - other.pixelColor(x, y).alpha()) > 96 for x, y in pairs
    )
    return count / side**2


@pytest.mark.parametrize("side", [16, 22, 24, 32, 44])
def test_states_are_told_apart_without_colour(qapp, side: int) -> None:
    shapes = {state: shape(state, side) for state in TrayState}
    for one, other in combinations(TrayState, 2):
        assert differing(shapes[one], shapes[other]) > 0.03, (one, other)


@pytest.mark.parametrize("side", SIDES)
def test_a_template_holds_no_colour(qapp, side: int) -> None:
    for state in TrayState:
        image = draw(state, side, dark_bar=True, template=True).toImage()
        inks = {
            image.pixelColor(x, y).name()
            for x in range(side)
            for y in range(side)
            if image.pixelColor(x, y).alpha() > 0
        }
        assert inks == {"#000000"}


@pytest.mark.parametrize("state", list(TrayState))
@pytest.mark.parametrize(("bar", "dark"), [(LIGHT_BAR, 0), (DARK_BAR, 1)])
def test_its_colour_is_seen_on_the_bar(state: TrayState, bar: str, dark: int) -> None:
    assert contrast(QColor(COLORS[state][dark]).name(), bar) >= 3


def test_it_is_sharp_at_every_size_a_bar_asks_for(qapp) -> None:
    icon = tray_icon(TrayState.RUNNING, dark_bar=False)
    assert {size.width() for size in icon.availableSizes()} == set(SIDES)
    assert not icon.isMask()
    assert tray_icon(TrayState.RUNNING, dark_bar=False, template=True).isMask()


def test_nothing_is_cut_off_at_the_edge(qapp) -> None:
    for side in SIDES:
        for state in TrayState:
            image = shape(state, side)
            left = max(image.pixelColor(0, y).alpha() for y in range(side))
            top = max(image.pixelColor(x, 0).alpha() for x in range(side))
            assert max(left, top) < 255, (side, state)
