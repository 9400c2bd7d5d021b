from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage

from desktop import paths
from desktop.engine.states import ServiceState
from desktop.ui import icons

NAMES = sorted(path.stem for path in (paths.resources() / "icons").glob("*.svg"))


def inks(image: QImage) -> set[str]:
    """Colours of the pixels that are fully covered."""
    return {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_is_drawn_and_leaves_its_corners_free(qapp, name: str) -> None:
    assert icons.renderer(name).isValid()
    image = icons.pixmap(name, "#123456", 16, 2.0).toImage()
    covered = sum(
        image.pixelColor(x, y).alpha() > 0
        for x in range(image.width())
        for y in range(image.height())
    )
    assert covered > 8
    assert image.pixelColor(0, 0).alpha() < 255


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0, 3.0])
def test_an_icon_has_all_the_pixels_of_its_screen(qapp, ratio: float) -> None:
    drawn = icons.icon("plant", "#1f8a4c").pixmap(QSize(24, 24), ratio)
    assert drawn.devicePixelRatio() == ratio
    assert drawn.width() == round(24 * ratio)
    assert inks(drawn.toImage()) == {"#1f8a4c"}


def test_a_disabled_icon_is_faint(qapp, light) -> None:
    icon = icons.icon("play", "#000000")
    drawn = icon.pixmap(QSize(16, 16), 2.0, QIcon.Mode.Disabled)
    assert inks(drawn.toImage()) == {"#868c94"}


def test_states_differ_in_shape_not_only_in_colour(qapp) -> None:
    shapes = set()
    for state in ServiceState:
        name, _ = icons.STATES[state]
        image = icons.pixmap(name, QColor("black"), 12, 4.0).toImage()
        shapes.add(bytes(image.constBits()))
    assert len(shapes) == len(ServiceState)
    assert not icons.state_glyph(ServiceState.FAILED).isNull()
