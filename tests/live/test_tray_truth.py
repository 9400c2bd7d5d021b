"""What the tray shows is true, after its engine's death and with a broken configuration."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
import pytest_asyncio

from desktop.ui.actions import Actions
from desktop.ui.bridge import Bridge
from desktop.ui.preferences import Preferences
from desktop.ui.tray import Tray
from desktop.words import set_language
from tests.live.conftest import Stack


async def until(ask: Callable[[], object], timeout_s: float = 30.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not ask():
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def tray(qapp: object, stack: Stack) -> AsyncIterator[Tray]:
    """A tray on a real engine, driven by this test's own loop."""
    set_language("en")
    stack.home.make()
    bridge = Bridge(stack.home, stack.project)
    one = Tray(bridge, Preferences(stack.home), Actions(bridge, None), stack.home)
    linked = asyncio.create_task(bridge.run())
    yield one
    linked.cancel()
    await asyncio.gather(linked, return_exceptions=True)
    one.menu.deleteLater()


def pid_of(tray: Tray, service: str) -> int | None:
    stack = tray.bridge.stack
    found = stack.service(service) if stack else None
    return found.pid if found else None


@pytest.mark.alone
async def test_the_truth_is_back_within_two_seconds_of_the_engine_s_death(
    tray: Tray, stack: Stack
) -> None:
    await asyncio.to_thread(stack.start, "redis")
    await until(lambda: pid_of(tray, "redis"))
    before = pid_of(tray, "redis")
    assert tray.stop_all.isEnabled()
    os.kill(await asyncio.to_thread(stack.engine_pid), signal.SIGKILL)
    await until(lambda: tray.bridge.snapshot is None)
    assert tray.status.text() == "Connecting to the engine…"
    await until(lambda: pid_of(tray, "redis") == before, 2.0)
    assert "Redis – Running" in [menu.menu.title() for menu in tray.services.values()]


async def test_a_configuration_that_can_t_be_read_is_shown_until_it_is_mended(
    tray: Tray, stack: Stack
) -> None:
    await until(lambda: tray.bridge.stack)
    file = stack.folder / "celery-tray.toml"
    good = file.read_text()
    os.kill(await asyncio.to_thread(stack.engine_pid), signal.SIGKILL)
    file.write_text("app = ")
    await until(lambda: tray.bridge.stack and tray.bridge.stack.problem)
    assert tray.status.text() == "project · the configuration can't be used"
    assert "celery-tray.toml" in str(tray.bridge.stack.problem)  # type: ignore[union-attr]
    file.write_text(good)
    await until(tray.start_all.isEnabled)
