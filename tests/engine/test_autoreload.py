"""Workers follow the content of the project's code, but never into code that does not import."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from desktop.engine import config
from desktop.engine.autoreload import Change, changes, wanted
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


class Watched:
    """The changes of a project, one after the other."""

    def __init__(self, stack: StackConfig, home: StackHome) -> None:
        self.module = Path(stack.project, "mine.py")
        self._changes = changes(stack, home)
        self._next: asyncio.Future[Change] | None = None

    @property
    def next(self) -> asyncio.Future[Change]:
        """The change that is told next."""
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._changes))
        return self._next

    async def told(self) -> Change:
        change, self._next = await asyncio.wait_for(self.next, 30), None
        return change

    async def begin(self) -> Change:
        """The first change: written again and again, for the watch begins a moment later."""
        for number in range(60):
            self.module.write_text(f"{GOOD}# first {number}\n")
            if (await asyncio.wait([self.next], timeout=0.5))[0]:
                break
        return await self.told()

    async def after(self, content: str) -> Change:
        """What is told of the module with this content."""
        self.module.write_text(content)
        return await self.told()

    async def close(self) -> None:
        if self._next:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self._changes.aclose()


async def test_a_change_names_the_workers_that_follow(tmp_path: Path, home: StackHome) -> None:
    stack = project(tmp_path, WORKERS)
    assert wanted(stack) == ("a",)
    watched = Watched(stack, home)
    assert await watched.begin() == Change(("a",))
    assert await watched.after(GOOD + "# 1\n") == Change(("a",))
    await watched.close()


async def test_code_that_does_not_import_is_told_with_its_traceback_until_it_is_taken_back(
    tmp_path: Path, home: StackHome
) -> None:
    watched = Watched(project(tmp_path, WORKERS), home)
    await watched.begin()
    await watched.after(GOOD)
    broken = await watched.after(GOOD + "1 / 0\n")
    assert broken.names == ()
    assert broken.problem is not None
    assert any("ZeroDivisionError" in line for line in broken.problem.log)
    assert await watched.after(GOOD) == Change(), "as the workers have it: nothing to restart"
    await watched.close()


async def test_what_changes_no_content_is_no_change(tmp_path: Path, home: StackHome) -> None:
    watched = Watched(project(tmp_path, WORKERS), home)
    await watched.begin()
    await watched.after(GOOD + "# 1\n")
    folder = watched.module.parent
    os.utime(watched.module)
    swap = folder / ".mine.py.swp"
    swap.write_text("x")
    for name in ("4913", "mine.py~", "notes.txt"):
        (folder / name).write_text("x")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "mine.cpython-311.pyc").write_bytes(b"x")
    # An editor that writes beside and renames, and a checkout there and back.
    beside = folder / "mine.py.tmp"
    beside.write_text(GOOD + "# 1\n")
    beside.replace(watched.module)
    watched.module.write_text("away")
    watched.module.write_text(GOOD + "# 1\n")
    done, _ = await asyncio.wait([watched.next], timeout=2)
    assert not done
    assert (await watched.after(GOOD + "# 2\n")).names == ("a",), "it still looks"
    await watched.close()


async def test_a_new_module_in_a_new_folder_counts(tmp_path: Path, home: StackHome) -> None:
    watched = Watched(project(tmp_path, WORKERS), home)
    await watched.begin()
    package = watched.module.parent / "more"
    package.mkdir()
    (package / "tasks.py").write_text("A = 1\n")
    assert (await watched.told()).names == ("a",)
    await watched.close()


async def test_nothing_is_watched_when_no_worker_follows(tmp_path: Path, home: StackHome) -> None:
    stack = project(tmp_path, "[worker.a]\n")
    assert [change async for change in changes(stack, home)] == []
    bundled = config.load(None, Home(tmp_path / "home"))
    assert wanted(bundled) == ()
