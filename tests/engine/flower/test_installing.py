"""Installing Flower with a real pip, from an index that has it and from those that have not."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from desktop.engine.errors import ServiceError
from desktop.engine.flower import environments, installing
from desktop.engine.flower.environments import Environment
from desktop.engine.flower.packages import packages
from desktop.engine.model import Problem
from desktop.paths import Home
from tests.ports import free_port
from tests.without_flower import BROUGHT_ALONG, PackageIndex


class Installation:
    """Into one environment, with what was told meanwhile."""

    def __init__(self, where: Environment, home: Home) -> None:
        self.where = where
        self.told: list[str] = []
        self.log = home.root / "flower.log"
        self._home = home

    async def run(self) -> None:
        def tell(step: object) -> None:
            self.told.append(str(step))

        await installing.install(self.where, self._home, self.log, tell)

    async def fails(self) -> Problem:
        with pytest.raises(ServiceError) as caught:
            await self.run()
        assert str(caught.value.problem.next_step)
        return caught.value.problem


@pytest.fixture
def into(python: Path, home: Home) -> Installation:
    return Installation(Environment(str(python), str(python.parent.parent)), home)


def has_flower(python: Path) -> bool:
    asked = subprocess.run([python, "-c", "import flower"], capture_output=True, check=False)
    return asked.returncode == 0


async def test_it_is_installed_and_told_step_by_step(
    index: PackageIndex, into: Installation, python: Path
) -> None:
    before = await packages(str(python))
    assert not has_flower(python)
    await into.run()
    assert has_flower(python)
    after = await packages(str(python))
    assert before.items() <= after.items(), "what was there keeps its version"
    assert len(after) == len(before) + len(BROUGHT_ALONG)
    assert "looks for flower" in into.told and "downloads flower" in into.told
    assert into.told[-1].startswith("puts in ")
    assert into.log.stat().st_mode & 0o077 == 0


async def test_without_a_network_nothing_has_changed(
    index: PackageIndex, into: Installation, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{free_port()}/simple")
    before = await packages(str(python))
    problem = await into.fails()
    assert problem.code == "flower-install-no-network"
    assert "can't be reached" in str(problem.message) and problem.log
    assert await packages(str(python)) == before


async def test_an_index_that_has_no_flower(
    index: PackageIndex, into: Installation, tmp_path: Path
) -> None:
    index.wheels = tmp_path
    problem = await into.fails()
    assert problem.code == "flower-install-none-found"
    assert "no flower" in str(problem.message)


async def test_an_index_that_is_out_of_order(index: PackageIndex, into: Installation) -> None:
    index.status = 503
    assert (await into.fails()).code in {"flower-install-index-error", "flower-install-none-found"}


async def test_what_came_before_the_failure_is_taken_out_again(
    index: PackageIndex, into: Installation, python: Path, tmp_path: Path
) -> None:
    """The last package to be put in is damaged: the others are in already."""
    import shutil
    import zipfile

    broken = tmp_path / "wheels"
    shutil.copytree(index.wheels, broken)
    (flower,) = broken.glob("flower-*.whl")
    with zipfile.ZipFile(flower, "a") as wheel:
        wheel.writestr("../../../outside.py", "")
    index.wheels = broken
    before = await packages(str(python))
    problem = await into.fails()
    assert any("Installing collected packages" in line for line in problem.log), problem.log
    assert await packages(str(python)) == before
    assert not has_flower(python)


@pytest.mark.parametrize("has_pip", [True, False])
async def test_an_installation_that_is_broken_off_leaves_nothing(
    index: PackageIndex, into: Installation, python: Path, has_pip: bool
) -> None:
    if not has_pip:  # as uv makes them: ours installs there, in a process of that interpreter
        for link in (python.parent.parent / "links").glob("pip*"):
            link.unlink()
    before = await packages(str(python))
    index.pause.clear()
    running = asyncio.ensure_future(into.run())
    while not index.asked:
        await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    # Nor does the pip that ``pip --python`` runs in there go on by itself.
    lines = (one.info["cmdline"] or () for one in psutil.process_iter(["cmdline"]))
    assert not [line for line in lines if str(python) in line and "install" in line]
    index.pause.set()
    assert running.cancelled()
    assert await packages(str(python)) == before


async def test_a_private_environment_is_there_whole_or_not_at_all(
    index: PackageIndex, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = environments.private(home)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{free_port()}/simple")
    problem = await Installation(where, home).fails()
    assert problem.code == "flower-install-no-network"
    assert not environments.private_has_flower(home)
    left = {path.name for path in home.root.iterdir()}
    assert left <= {"flower.log", "flower-installation.lock"}


async def test_two_at_once_are_not_tried(
    index: PackageIndex, into: Installation, home: Home
) -> None:
    home.make()
    with FileLock(home.root / "flower-installation.lock"):
        assert (await into.fails()).code == "flower-install-twice"
    assert not index.asked


async def test_a_disk_without_room_is_told_before_anything_is_written(
    index: PackageIndex, into: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "ROOM_BYTES", 2**62)
    problem = await into.fails()
    assert problem.code == "flower-install-os"
    assert not index.asked


async def test_an_interpreter_that_does_not_say_what_it_has_is_left_alone(
    index: PackageIndex, python: Path, home: Home, tmp_path: Path
) -> None:
    """Taken for an empty environment, all that it has would be taken out after a failure."""
    silent_once = tmp_path / "bin" / "python"
    silent_once.parent.mkdir()
    silent_once.write_text(
        f'#!/bin/sh\nif [ ! -e "{tmp_path}/asked" ]; then touch "{tmp_path}/asked"; exit 1; fi\n'
        f'exec "{python}" "$@"\n'
    )
    silent_once.chmod(0o755)
    before = await packages(str(python))
    index.wheels = tmp_path / "nothing"
    into = Installation(Environment(str(silent_once), str(python.parent.parent)), home)
    await into.fails()
    assert await packages(str(python)) == before
    assert before


async def test_what_can_not_be_taken_out_again_is_told(
    index: PackageIndex, into: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interpreter answers before pip has failed, and not after."""
    index.wheels = tmp_path / "nothing"
    assert "Nothing was changed" in str((await into.fails()).message)
    answers = [await packages(into.where.python)]

    async def says_once(python: str) -> dict[str, str]:
        return answers.pop() if answers else await packages(str(tmp_path / "gone"))

    monkeypatch.setattr(installing, "packages", says_once)
    problem = await into.fails()
    assert "could not be taken out again" in str(problem.message)
    assert "Nothing was changed" not in str(problem.message)
    assert "logs flower" in str(problem.next_step) and problem.log
