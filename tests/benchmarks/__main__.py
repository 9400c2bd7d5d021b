"""``make bench``: measures this product against named peers, side by side in one run.

One JSON line a measurement. Nothing here uses the ports 6379, 8000 or 8001, or touches a process
that it did not start.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import msgspec

from tests.benchmarks import (
    census,
    cleanup,
    downloads,
    history,
    idle,
    memory,
    monitor_pages,
    monitor_paint,
    peers,
    start,
    status,
    task_window,
    telemetry,
)
from tests.benchmarks.measurement import QUICK, Measurement, Settings

Measure = Callable[[Path, Settings], Iterator[Measurement]]

ROWS: dict[str, Measure] = {
    "start": start.measure,
    "honcho": peers.measure_honcho,
    "supervisor": peers.measure_supervisor,
    "idle": idle.measure,
    "tray-memory": memory.measure_tray,
    "engine-memory": memory.measure_engine,
    "status": status.measure,
    "census": census.measure,
    "cleanup": cleanup.measure,
    "download": downloads.measure_download,
    "download-memory": downloads.measure_memory,
    "file-service": downloads.measure_serving,
    "task-window": task_window.measure,
    "events-fold": telemetry.measure_fold,
    "events": telemetry.measure_engine,
    "events-memory": telemetry.measure_memory,
    "event-visible": telemetry.measure_visible,
    "history": history.measure,
    "monitor-cpu": monitor_pages.measure,
    "monitor-paint": monitor_paint.measure,
}
"""To measure something more, write its function and name it here."""

INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """0: every goal was met; 1: some was not; 130: interrupted."""
    options = _arguments(argv)
    if options.list:
        for name, measure in ROWS.items():
            print(f"{name:14} {measure.__doc__}")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    settings = QUICK if options.quick else Settings()
    met = True
    try:
        for name in options.only or ROWS:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                for one in ROWS[name](Path(folder), settings):
                    print(msgspec.json.encode(one).decode(), flush=True)
                    met = met and one.ok
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0 if met else 1


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=ROWS, help="measure this; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="few rounds: a first impression")
    parser.add_argument("--list", action="store_true", help="tell what is measured and leave")
    return parser.parse_args(argv)


def _interrupted(number: int, frame: FrameType | None) -> None:
    # Once is enough: what was started is being ended.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
