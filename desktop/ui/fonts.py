"""Type: the system's font with Chinese fallbacks, in a few sizes with fixed line heights.

Heights are fixed because a fallback font with taller metrics would otherwise grow each line that
holds a Chinese character by 1-3 pixels and shift the layout.
"""

from __future__ import annotations

import functools
from enum import Enum

from PySide6.QtGui import QFont, QFontDatabase


class Role(Enum):
    """What the words are for; each with size, line height (device-independent pixels), weight."""

    PAGE_TITLE = ("page title", 20, 28, QFont.Weight.DemiBold)
    METRIC = ("metric", 22, 30, QFont.Weight.DemiBold)
    PANEL_TITLE = ("panel title", 15, 22, QFont.Weight.DemiBold)
    CARD_TITLE = ("card title", 14, 20, QFont.Weight.DemiBold)
    BODY = ("body", 13, 20, QFont.Weight.Normal)
    BODY_STRONG = ("strong body", 13, 20, QFont.Weight.DemiBold)
    BODY_MEDIUM = ("medium body", 13, 20, QFont.Weight.Medium)
    SECONDARY = ("secondary", 12, 18, QFont.Weight.Normal)
    SECONDARY_MEDIUM = ("medium secondary", 12, 18, QFont.Weight.Medium)
    SMALL = ("small", 11, 16, QFont.Weight.Normal)
    MONO = ("fixed width", 11, 16, QFont.Weight.Normal)

    def __init__(self, use: str, size: int, line: int, weight: QFont.Weight) -> None:
        self.use = use
        self.size = size
        self.line = line
        self.weight = weight


CJK = ("PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Source Han Sans SC")
MONO = ("SF Mono", "Menlo", "Cascadia Mono", "Noto Sans Mono", "DejaVu Sans Mono", "monospace")

_NO_CHOICE = frozenset(
    {"", "Sans", "Sans Serif", "sans-serif", "DejaVu Sans", "Bitstream Vera Sans"}
)
"""What Qt answers on a bare X11 desktop, where nobody chose a font."""
_STAND_INS = ("Inter", "Noto Sans", "Cantarell", "Ubuntu")


@functools.cache
def families() -> tuple[str, ...]:
    """Font families of the interface, in order of fallback."""
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    if system in _NO_CHOICE:
        installed = set(QFontDatabase.families())
        system = next((name for name in _STAND_INS if name in installed), system)
    return tuple(name for name in (system, *CJK) if name)


@functools.cache
def mono_families() -> tuple[str, ...]:
    """Fixed-width families that are installed, in order of fallback."""
    installed = set(QFontDatabase.families())
    there = [name for name in MONO if name in installed]
    return (*there, "monospace", *CJK)


def font(role: Role) -> QFont:
    """The font of a role, with figures of equal width so that changing numbers stay in place."""
    made = QFont()
    made.setFamilies(list(mono_families() if role is Role.MONO else families()))
    made.setPixelSize(role.size)
    made.setWeight(role.weight)
    if role is Role.MONO:
        made.setStyleHint(QFont.StyleHint.Monospace)
        made.setFixedPitch(True)
    else:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made
