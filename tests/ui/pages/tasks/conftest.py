"""The Tasks page over a history in memory that answers as the engine does."""

from __future__ import annotations

import pytest

from desktop.ui.pages.tasks import feed
from tests.ui import sample_tasks
from tests.ui.sample_tasks import StandInHistory


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between looks: what is tested is what they do."""
    monkeypatch.setattr(feed, "PACE_S", 0.0)
    monkeypatch.setattr(feed, "HELD_PACE_S", 0.0)
    monkeypatch.setattr(feed, "REST", -1)


@pytest.fixture
def history() -> StandInHistory:
    return StandInHistory(sample_tasks.history(3_000))


@pytest.fixture
def page(window, bridge, history):
    bridge.answers |= history.answers()
    bridge.feed(history.stack())
    window.show_page("tasks")
    return window.page


@pytest.fixture
def tell(bridge, history):
    """Has the window know how the history is now."""
    return lambda: bridge.feed(history.stack())
