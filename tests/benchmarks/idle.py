"""What the tray and its engine cost while nobody looks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.benchmarks.measurement import Measurement, Settings, measured
from tests.benchmarks.stacks import bench_stack, celery_tray
from tests.benchmarks.trays import tray
from tests.live.desktop import Desktop

SETTLE_S = 10.0
"""After a start the engine still looks more often, and the tray draws its first picture."""


def measure(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """CPU of both, window hidden, stack running, as a share of one core."""
    with bench_stack(folder) as stack, Desktop() as desktop:
        celery_tray(stack, "start")
        with tray(desktop, stack, "--hidden") as process:
            programs = [psutil.Process(process.pid), psutil.Process(stack.engine_pid())]
            time.sleep(SETTLE_S)
            before = [cpu_s(one) for one in programs]
            begun = time.monotonic()
            time.sleep(settings.idle_s)
            passed_s = time.monotonic() - begun
            spent = [cpu_s(one) - was for one, was in zip(programs, before, strict=True)]
    how = f"CPU seconds in {passed_s:.0f} s, window hidden, stack running"
    yield measured(
        "idle", 0.003, [(sum(spent), passed_s)], f"tray and engine: {how}; over a core's seconds"
    )
    yield measured("idle-tray", None, [(spent[0], passed_s)], f"the tray alone: {how}")
    yield measured("idle-engine", None, [(spent[1], passed_s)], f"the engine alone: {how}")


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
