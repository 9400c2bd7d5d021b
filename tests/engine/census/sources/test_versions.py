"""A file has changed when it holds something else than what was loaded, and only then."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.engine.census.sources.versions import Change, Versions


class Clock:
    """Looks at one file at chosen times; what is written gets the time of its writing."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "sources.json"
        self.file = folder / "mail.py"
        self.start = time.time() - 10_000
        self.versions = Versions(self.store)

    def write(self, at: float, content: str) -> None:
        self.file.write_text(content)
        self.touch(at)

    def touch(self, at: float) -> None:
        os.utime(self.file, (self.start + at, self.start + at))

    def look(self, *times: float) -> None:
        for at in times:
            self.versions.look([str(self.file)], self.start + at)

    def change(self, loaded_at: float) -> Change | None:
        return self.versions.change(str(self.file), self.start + loaded_at)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


def test_a_file_that_was_not_touched_since_the_load_has_not_changed(clock: Clock) -> None:
    clock.write(0, "a")
    clock.look(100)
    assert clock.change(50) is None
    assert clock.change(0) is None


def test_another_content_is_certain_where_the_first_was_seen(clock: Clock) -> None:
    clock.write(0, "a")
    clock.look(60)
    clock.write(90, "b")
    clock.look(120)
    found = clock.change(50)
    assert found is not None
    assert (found.certain, round(found.at - clock.start)) == (True, 90)
    assert clock.change(95) is None, "it was loaded after the change"


def test_without_a_look_before_it_is_only_likely(clock: Clock) -> None:
    clock.write(90, "b")
    clock.look(120)
    found = clock.change(50)
    assert found is not None
    assert not found.certain


def test_a_touch_changes_nothing(clock: Clock) -> None:
    clock.write(0, "a")
    clock.look(60)
    clock.touch(90)
    clock.look(120)
    assert clock.change(50) is None


def test_there_and_back_changes_nothing_for_who_loaded_the_first(clock: Clock) -> None:
    clock.write(0, "a")
    clock.look(60)
    clock.write(70, "b")
    clock.look(80, 100)
    clock.write(110, "a")
    clock.look(120)
    assert clock.change(50) is None
    found = clock.change(75)
    assert found is not None, "who loaded the other one runs it still"
    assert found.certain


def test_what_happened_unseen_is_not_guessed(clock: Clock) -> None:
    """Nobody looked for a long time; the same content again proves nothing about between."""
    clock.write(0, "a")
    clock.look(10)
    clock.write(5_000, "a")
    clock.look(5_010)
    found = clock.change(2_000)
    assert found is not None
    assert not found.certain


def test_a_file_whose_time_is_set_back_has_changed_all_the_same(clock: Clock) -> None:
    clock.start = time.time() - 100
    clock.write(0, "a")
    clock.look(60)
    clock.write(-500, "b")
    clock.look(120)
    found = clock.change(50)
    assert found is not None
    assert found.certain


def test_a_file_that_is_gone(clock: Clock) -> None:
    clock.write(0, "a")
    clock.look(60)
    clock.file.unlink()
    clock.look(120, 180)
    found = clock.change(50)
    assert found is not None
    assert (found.gone, found.certain) == (True, True)
    clock.write(200, "a")
    clock.look(210)
    assert clock.change(50) is None, "a checkout takes files away and brings them back"


def test_the_next_engine_knows_what_the_last_one_saw(clock: Clock) -> None:
    clock.write(0, "a")
    clock.look(60)
    clock.versions.save(clock.start + 60)
    assert "mail.py" in clock.store.read_text()
    assert clock.store.stat().st_mode & 0o077 == 0
    clock.versions = Versions(clock.store)
    clock.write(90, "b")
    clock.look(120)
    found = clock.change(50)
    assert found is not None
    assert found.certain


@pytest.mark.parametrize("kept", ["", "{", '{"a": 1}', '{"a": []}', "null", "\x00"])
def test_a_broken_store_is_no_failure(clock: Clock, kept: str) -> None:
    clock.store.write_text(kept)
    clock.versions = Versions(clock.store)
    clock.write(0, "a")
    clock.look(60)
    assert clock.change(50) is None
    clock.versions.save(clock.start + 60)


def test_a_checkout_of_git_there_and_back(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    file, versions = tmp_path / "mail.py", Versions()
    git("init", "-b", "main")
    file.write_text("one = 1\n")
    git("add", ".")
    git("commit", "-m", "one")
    versions.look([str(file)], time.time())
    loaded_at = time.time()
    # Its own time must be later than the load, or there would be nothing to tell apart.
    wait_until(lambda: time.time() > loaded_at + 0.05)
    git("checkout", "-b", "other")
    file.write_text("one = 2\n")
    git("commit", "-am", "two")
    versions.look([str(file)], time.time())
    assert versions.change(str(file), loaded_at)
    git("checkout", "main")
    assert file.stat().st_mtime > loaded_at
    versions.look([str(file)], time.time())
    assert versions.change(str(file), loaded_at) is None
