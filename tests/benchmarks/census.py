"""The census of Celery processes, over a plain pass of psutil over all processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil

from desktop.engine.census.census import Census
from desktop.engine.census.scan import SETTLED_AFTER_S
from tests.benchmarks.measurement import Measurement, Settings, in_turn, measured, seconds
from tests.benchmarks.processes import running, surroundings

PROCESSES = 400
WORKERS = 20
"""Celery processes among them: these are read each time, and judged."""
BEAT_S = 60.0
"""How often the census looks when nothing asks it to."""
FIELDS = ("cmdline", "create_time", "ppid", "name", "cwd", "username", "terminal", "exe", "environ")
"""What the census knows of a process."""


def measure(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """The first look and the next ones, with 400 processes on the machine."""
    with ExitStack() as others:
        for _ in range(PROCESSES - len(psutil.pids())):
            others.enter_context(running(["sleep", "3600"], surroundings()))
        # A young process is looked at each time; a machine's four hundred are not.
        time.sleep(SETTLED_AFTER_S)
        count = len(psutil.pids())
        first = in_turn(_first, _plain, settings.rounds)
        census = Census()
        records = [(os.getpid(), psutil.Process().create_time())]
        census.scan(records)
        again = in_turn(lambda: seconds(lambda: census.scan(records)), _plain, settings.rounds)
        with ExitStack() as workers:
            argv = [sys.executable, _script(folder), "-A", "shop", "worker"]
            for _ in range(WORKERS):
                workers.enter_context(running(argv, surroundings(), folder))
            census.scan(records)
            beside = in_turn(lambda: _cpu(census, records), lambda: BEAT_S, settings.rounds)
    over = f"over a psutil pass that reads the same fields of all {count} processes"
    yield measured("census-first", 1.2, first, f"first census; {over}")
    yield measured("census-again", 0.1, again, f"incremental census; {over}")
    yield measured(
        "census-idle",
        0.002,
        beside,
        f"processor time of a look at {count} processes and {WORKERS} workers, over the "
        f"{BEAT_S:.0f} s between two looks",
    )


def _script(folder: Path) -> str:
    """What the census takes for Celery's own program; it sleeps."""
    path = folder / "celery"
    path.write_text("import time; time.sleep(3600)\n")
    return str(path)


def _cpu(census: Census, records: list[tuple[int, float]]) -> float:
    begun = time.process_time()
    census.scan(records)
    return time.process_time() - begun


def _first() -> float:
    return seconds(lambda: Census().scan([]))


def _plain() -> float:
    # A fresh list each time: psutil keeps what it met, and with it its create time.
    def look() -> None:
        for pid in psutil.pids():
            try:
                psutil.Process(pid).as_dict(FIELDS)
            except psutil.NoSuchProcess:
                continue

    return seconds(look)
