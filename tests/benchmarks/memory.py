"""What the tray and the engine keep in memory, over the bare libraries that they stand on."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.benchmarks.measurement import Measurement, Settings, in_turn, measured
from tests.benchmarks.processes import running, surroundings
from tests.benchmarks.stacks import bench_stack, celery_tray
from tests.benchmarks.trays import tray
from tests.live.desktop import Desktop

SETTLE_S = 5.0
IMPORTS = "import celery, psutil, redis, signal; signal.pause()"
MIB = 1024 * 1024

Sizes = tuple[float, float]
"""USS and RSS in MiB: what is the process's own, and with the libraries that others share."""


def measure_tray(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """The tray with its window shown, and hidden, over a bare tray with one window."""
    with bench_stack(folder) as stack, Desktop() as desktop:
        celery_tray(stack, "start")

        def ours(*words: str) -> Sizes:
            with tray(desktop, stack, *words) as process:
                if not words:
                    desktop.until(lambda: bool(desktop.windows("Celery Tray")))
                return settled(process.pid)

        def bare() -> Sizes:
            argv = [sys.executable, "-m", "tests.benchmarks.bare_tray"]
            with running(argv, desktop.env) as process:
                desktop.until(lambda: bool(desktop.windows("Bare tray")))
                return settled(process.pid)

        shown = in_turn(ours, bare, 2)
        hidden = in_turn(lambda: ours("--hidden"), bare, 2)
    over = "over a bare PySide6 program with a tray icon and one window shown"
    yield from _both("tray-memory", 1.3, shown, f"tray, window shown, stack running; {over}")
    yield from _both("tray-memory-hidden", 1.3, hidden, f"tray, never opened; {over}")


def measure_engine(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """The engine with a running stack, over an interpreter with the imports alone."""
    with bench_stack(folder) as stack:

        def ours() -> Sizes:
            celery_tray(stack, "start")
            sizes = settled(stack.engine_pid())
            celery_tray(stack, "stop")
            return sizes

        def bare() -> Sizes:
            with running([sys.executable, "-c", IMPORTS], surroundings()) as process:
                return settled(process.pid)

        pairs = in_turn(ours, bare, 2)
    how = "engine with the stack running; over `python -c 'import celery, psutil, redis'`"
    yield from _both("engine-memory", 1.6, pairs, how)


def _both(
    name: str, goal: float, pairs: list[tuple[Sizes, Sizes]], how: str
) -> Iterator[Measurement]:
    for place, kind in enumerate(("uss", "rss")):
        sizes = [(ours[place], peer[place]) for ours, peer in pairs]
        yield measured(f"{name}-{kind}", goal, sizes, f"{kind.upper()} of the {how}", "MiB")


def settled(pid: int) -> Sizes:
    """Its memory when it has come to rest."""
    time.sleep(SETTLE_S)
    memory = psutil.Process(pid).memory_full_info()
    return memory.uss / MIB, memory.rss / MIB
