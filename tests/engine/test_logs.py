"""The services' log files."""

from __future__ import annotations

import os
from pathlib import Path

from desktop.engine import logs
from desktop.engine.logs import LogFollower, tail


def test_the_tail_of_a_long_file_is_its_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("".join(f"line {n} {'x' * 90}\n" for n in range(5000)))
    assert [line.split()[1] for line in tail(path, 3)] == ["4997", "4998", "4999"]
    assert len(tail(path, 10_000)) == 5000
    assert tail(tmp_path / "missing.log", 5) == []


def test_bytes_that_are_no_utf8_are_shown_replaced(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"caf\xe9\r\n\xff\n")
    assert tail(path, 5) == ["caf\ufffd", "\ufffd"]


def test_a_follower_sees_each_line_once_and_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    follower = LogFollower(path)
    assert follower.read_new() == []
    path.write_text("one\ntw")
    assert follower.read_new() == ["one"]
    with path.open("a") as file:
        file.write("o\nthree\n")
    assert follower.read_new() == ["two", "three"]
    assert follower.read_new() == []


def test_a_follower_survives_rotation_in_place_and_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("old\n" * 10)
    follower = LogFollower(path, lines=2)
    assert follower.read_new() == ["old", "old"]
    assert logs.rotate(path, cap_bytes=5)
    with path.open("a") as file:
        file.write("new\n")
    assert follower.read_new() == ["new"]
    other = tmp_path / "y.log"
    other.write_text("other file, longer than before\n")
    other.replace(path)
    assert follower.read_new() == ["other file, longer than before"]


def test_rotation_keeps_a_few_and_a_child_writes_on_at_the_new_end(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    descriptor = logs.open_append(path)
    try:
        for number in range(6):
            os.write(descriptor, f"{number}\n".encode() * 20)
            assert logs.rotate(path, cap_bytes=10)
        os.write(descriptor, b"last\n")
    finally:
        os.close(descriptor)
    assert path.read_text() == "last\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.log", "x.log.1", "x.log.2", "x.log.3"]
    assert (tmp_path / "x.log.1").read_text().startswith("5\n")


def test_a_line_without_end_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("")
    follower = LogFollower(path)
    follower.read_new()
    path.write_text("x" * 200_000)
    assert [len(line) for line in follower.read_new()] == [logs.LINE_MAX_CHARS]
