"""Celery Tray: start, watch and stop a Celery project from the system tray."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.manager import CeleryManager

__version__ = "0.1.0"
__all__ = ["CeleryManager", "__version__"]


def __getattr__(name: str) -> object:
    # Loaded when it is asked for: every command imports this package, few need the Python API.
    if name == "CeleryManager":
        from desktop.manager import CeleryManager

        return CeleryManager
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
