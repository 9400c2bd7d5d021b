"""Is there a display that a window could be shown on?"""

from __future__ import annotations

import os
import sys


def has_display() -> bool:
    """Whether this session has one. macOS and Windows sessions of a person always do."""
    if sys.platform in {"darwin", "win32"}:
        return True
    if os.environ.get("QT_QPA_PLATFORM", "") in {"offscreen", "minimal", "vnc"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
