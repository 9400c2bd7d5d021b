"""The order of all tests: several processes share them, and the long ones begin first."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONG_FIRST = ("live", "test_manager.py", "cli", "engine/cleanup", "engine/census", "engine")
"""Where tests wait for real workers the longest: begun last, one would run on by itself."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path.relative_to(HERE).as_posix()))


def _place(path: str) -> int:
    found = (at for at, start in enumerate(LONG_FIRST) if path.startswith(start))
    return next(found, len(LONG_FIRST))
