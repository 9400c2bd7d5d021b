"""How several processes share the tests: in what order, and which belong together."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
"""How long an example takes says nothing where others use the machine too."""

HERE = Path(__file__).parent
LONG_FIRST = ("live", "test_manager.py", "cli", "engine/cleanup", "engine/census", "engine")
"""Where tests wait for real workers the longest: begun last, one would run on by itself."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(_path(item)))
    for item in items:
        if _shares_with_its_module(item):
            item.add_marker(pytest.mark.xdist_group(_path(item)))


def _path(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).as_posix()


def _place(path: str) -> int:
    found = (at for at, start in enumerate(LONG_FIRST) if path.startswith(start))
    return next(found, len(LONG_FIRST))


def _shares_with_its_module(item: pytest.Item) -> bool:
    """It uses what is made once for its module, workers or a browser."""
    fixtures = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    return any(one.scope == "module" for found in fixtures.values() for one in found)
