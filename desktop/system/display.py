"""Is there a display that a window could be shown on?"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def has_display() -> bool:
    """Whether this session has one. macOS and Windows sessions of a person always do."""
    if sys.platform in {"darwin", "win32"}:
        return True
    if os.environ.get("QT_QPA_PLATFORM", "") in {"offscreen", "minimal", "vnc"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


_DARK_BARS = frozenset({"GNOME", "Unity", "Pantheon", "Budgie"})
"""Desktops whose top bar is dark in the light theme, too."""


def bar_is_always_dark(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the desktop's bar is dark whatever its colour scheme says."""
    return not _DARK_BARS.isdisjoint(environ.get("XDG_CURRENT_DESKTOP", "").split(":"))
