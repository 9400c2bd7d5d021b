"""Qt without a display, unless one was chosen; any warning of Qt fails the test."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from desktop.paths import Home
from desktop.ui import theme
from desktop.ui.window import StatusWindow
from desktop.words import set_language
from tests.ui import sample
from tests.ui.sample import StandInBridge, StandInPreferences

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            # Only of the platform without a display: windows have no frame, no order, and no
            # keyboard of their own there.
            ignored = "propagateSizeHints", r"support raise\(\)", "grabbing the keyboard"
            item.add_marker(pytest.mark.qt_log_ignore(*ignored, extend=True))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample's durations are told at the sample's instant, however long the run takes."""
    clock = SimpleNamespace(time=lambda: sample.NOW, monotonic=time.monotonic)
    monkeypatch.setattr("desktop.ui.window.time", clock)


@pytest.fixture
def light(qapp) -> None:
    theme.apply(qapp, "light")


@pytest.fixture
def bridge(qapp) -> StandInBridge:
    return StandInBridge()


@pytest.fixture
def preferences(qapp) -> StandInPreferences:
    return StandInPreferences()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def window(qtbot, light, bridge, preferences, home) -> Iterator[StatusWindow]:
    """The window, shown, with the sample stack."""
    shown = StatusWindow(bridge, preferences, home)
    shown.show()
    yield shown
    shown.hide()
    shown.deleteLater()
    # Without a running event loop nobody deletes; windows left over make every test slower.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
