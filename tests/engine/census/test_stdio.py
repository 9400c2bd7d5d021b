"""Where real processes' streams lead."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.engine.census.stdio import Stdio, stdio_of

HOLD = [sys.executable, "-c", "import time; time.sleep(300)"]
Start = Callable[..., int]


@pytest.fixture
def start() -> Iterator[Start]:
    children: list[subprocess.Popen[bytes]] = []

    def begin(*, nohup: bool = False, **streams: object) -> int:
        argv = [*(["nohup"] if nohup else []), *HOLD]
        children.append(subprocess.Popen(argv, **streams))  # type: ignore[call-overload]
        return children[-1].pid

    yield begin
    for child in children:
        child.kill()
        child.wait()


def test_a_daemons_streams_lead_nowhere(start: Start) -> None:
    null = subprocess.DEVNULL
    assert stdio_of(start(stdin=null, stdout=null, stderr=null)) == Stdio(null=True)


def test_a_file_says_nothing(start: Start, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        assert stdio_of(start(stdin=subprocess.DEVNULL, stdout=log, stderr=log)) == Stdio()


def test_a_pipe_is_read_until_its_reader_is_gone(start: Start) -> None:
    reads, writes = os.pipe()
    pid = start(stdin=subprocess.DEVNULL, stdout=writes, stderr=writes)
    os.close(writes)
    assert stdio_of(pid) == Stdio()
    os.close(reads)
    assert stdio_of(pid) == Stdio(unread=True)


def test_a_terminal_that_is_closed_is_gone(start: Start) -> None:
    holder, terminal = pty.openpty()
    pid = start(stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    assert stdio_of(pid) == Stdio()
    os.close(holder)
    assert stdio_of(pid) == Stdio(terminal_gone=True)


@pytest.mark.skipif(not shutil.which("nohup"), reason="no nohup here")
def test_nohup_is_known_by_what_it_does_to_the_input(
    start: Start, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    holder, terminal = pty.openpty()
    with (tmp_path / "log").open("wb") as log:
        pid = start(nohup=True, stdin=terminal, stdout=log, stderr=log)
        wait_until(lambda: stdio_of(pid) == Stdio(kept=True))
    os.close(terminal)
    os.close(holder)


def test_what_is_gone_has_none() -> None:
    assert stdio_of(2**22 + 7) is None
