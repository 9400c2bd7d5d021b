"""Which file a worker keeps its revoked tasks in."""

from __future__ import annotations

import dbm
import os
from pathlib import Path

import pytest

from desktop.engine.worker_state_file import with_free_state_file


def chosen(base: Path, *in_use: str) -> Path:
    argv = ("celery", "worker", f"--statedb={base}", "-c", "2")
    found = with_free_state_file(argv, in_use)
    assert (found[:2], found[3:]) == (argv[:2], argv[3:])
    return Path(found[2].removeprefix("--statedb="))


def save(path: Path, value: bytes, at: float) -> None:
    with dbm.open(str(path), "c") as file:
        file["revoked"] = value
    for part in path.parent.glob(f"{path.name}*"):
        os.utime(part, (at, at))


def read(path: Path) -> bytes:
    with dbm.open(str(path), "r") as file:
        return file["revoked"]


def test_alone_it_is_the_usual_one(tmp_path: Path) -> None:
    base = tmp_path / "w.state"
    assert chosen(base) == base
    save(base, b"mine", 1.0)
    assert chosen(base) == base
    assert read(base) == b"mine"


def test_a_successor_gets_a_file_of_its_own_with_what_was_saved_last(tmp_path: Path) -> None:
    base = tmp_path / "w.state"
    save(base, b"earlier", 1.0)
    second = chosen(base, f"celery worker --statedb={base} -c 2")
    assert second == tmp_path / "w.2.state"
    assert read(second) == b"earlier"
    third = chosen(base, f"--statedb={base}", f"--statedb={second}")
    assert third not in {base, second}


def test_the_next_start_knows_what_the_last_one_saved(tmp_path: Path) -> None:
    base = tmp_path / "w.state"
    save(base, b"earlier", 1.0)
    save(tmp_path / "w.2.state", b"later", 2.0)
    assert chosen(base) == base
    assert read(base) == b"later"


@pytest.mark.parametrize("argv", [(), ("celery", "worker")])
def test_a_command_line_without_one_stays_as_it_is(argv: tuple[str, ...]) -> None:
    assert with_free_state_file(argv, ()) == argv
