"""Starts and stops of everything, again and again, leave the machine as it was."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import psutil
import pytest

from desktop.engine.commands import Start, StartReport, Stop, StopReport
from tests.live.conftest import Stack, until

ROUNDS = 10
SOAK_ROUNDS = int(os.environ.get("CELERY_TRAY_SOAK_ROUNDS") or 200)
ROUND_MAX_S = 15
MEMORY_GROWTH_MAX = 1.15
"""Allocators keep some: a leak of a round's snapshots would be many times this after 200."""


@pytest.mark.parametrize(
    "rounds",
    [
        pytest.param(ROUNDS, marks=pytest.mark.timeout(ROUNDS * ROUND_MAX_S)),
        pytest.param(
            SOAK_ROUNDS, marks=(pytest.mark.soak, pytest.mark.timeout(SOAK_ROUNDS * ROUND_MAX_S))
        ),
    ],
)
def test_rounds_leave_everything_as_it_was(stack: Stack, rounds: int) -> None:
    # Between a stop and the next start nothing is wanted: an engine without a face would leave.
    with stack.client(stays=True) as client:
        engine = psutil.Process(client.engine_pid)
        # The first round pays for what is imported and opened once.
        for number in range(-1, rounds):
            started = client.submit(Start(stack.project))
            assert isinstance(started, StartReport)
            assert (number, started.failed) == (number, ())
            stopped = client.submit(Stop(stack.project))
            assert isinstance(stopped, StopReport)
            assert (number, stopped.busy) == (number, ())
            assert (number, until(lambda: _others(stack, engine.pid) == [])) == (number, True)
            if number < 0:
                before = _possessions(engine)
                files = _files(stack.home.root)
                memory = engine.memory_info().rss
        after = before
        with contextlib.suppress(AssertionError):
            until(lambda: _possessions(engine) == before, 10)
        after = _possessions(engine)
        assert after[0] <= before[0] + 2, "file descriptors"
        assert after[1] <= before[1] + 2, "threads"
        assert engine.children() == []
        assert engine.memory_info().rss <= memory * MEMORY_GROWTH_MAX
    assert not list(stack.home.root.glob("stacks/*/records/*"))
    # Redis gives its append-only files new numbers as they are rewritten.
    assert {path.parent for path in _files(stack.home.root)} == {path.parent for path in files}


def _possessions(engine: psutil.Process) -> tuple[int, int]:
    return engine.num_fds(), engine.num_threads()


def _files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def _others(stack: Stack, engine: int) -> list[str]:
    """Every process of the machine that has to do with this stack, the engine apart."""
    marks = (str(stack.home.root), f"127.0.0.1:{stack.redis_port}")
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = " ".join((*process.cmdline(), *process.environ().values()))
            if process.pid != engine and any(mark in words for mark in marks):
                found.append(words)
    return found
