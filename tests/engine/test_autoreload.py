"""Workers follow the project's code, but never into code that does not import."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from desktop.engine import config
from desktop.engine.autoreload import reloads, wanted
from desktop.engine.config import StackConfig
from desktop.paths import Home, StackHome

GOOD = "from celery import Celery\napp = Celery('mine')\n"
WORKERS = "[worker.a]\nautoreload = true\n[worker.b]\n"


@pytest.fixture
def home(tmp_path: Path) -> StackHome:
    return Home(tmp_path / "home").stack("stack")


def project(tmp_path: Path, workers: str) -> StackConfig:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "mine.py").write_text(GOOD)
    settings = f'app = "mine"\npython = "{sys.executable}"\n'
    (folder / "celery-tray.toml").write_text(settings + workers)
    return config.load(folder, Home(tmp_path / "home"))


async def _until(pending: asyncio.Future[object], write: Path, content: str) -> None:
    """Write again and again: the watching may begin a moment after the first time."""
    while not pending.done():
        write.write_text(content)
        await asyncio.wait([pending], timeout=0.5)


async def test_a_change_names_the_workers_that_follow(tmp_path: Path, home: StackHome) -> None:
    stack = project(tmp_path, WORKERS)
    assert wanted(stack) == ("a",)
    changes = reloads(stack, home)
    first = asyncio.ensure_future(anext(changes))
    await asyncio.wait_for(_until(first, Path(stack.project, "mine.py"), GOOD + "# 1\n"), 30)
    assert first.result() == ("a",)
    await changes.aclose()


async def test_code_that_does_not_import_is_not_taken_up(
    tmp_path: Path, home: StackHome, caplog: pytest.LogCaptureFixture
) -> None:
    stack = project(tmp_path, WORKERS)
    changes = reloads(stack, home)
    first = asyncio.ensure_future(anext(changes))
    module = Path(stack.project, "mine.py")

    async def until_told() -> None:
        while "not taken up" not in caplog.text:
            module.write_text("1 / 0\n")
            await asyncio.wait([first], timeout=0.5)

    await asyncio.wait_for(until_told(), 30)
    assert not first.done()
    await asyncio.wait_for(_until(first, module, GOOD + "# mended\n"), 30)
    assert first.result() == ("a",)
    await changes.aclose()


async def test_nothing_is_watched_when_no_worker_follows(tmp_path: Path, home: StackHome) -> None:
    stack = project(tmp_path, "[worker.a]\n")
    assert [names async for names in reloads(stack, home)] == []
    bundled = config.load(None, Home(tmp_path / "home"))
    assert wanted(bundled) == ()
