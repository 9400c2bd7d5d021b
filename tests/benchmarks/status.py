"""The quickest question: ``status --json``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measurement import Measurement, Settings, in_turn, measured, seconds
from tests.benchmarks.processes import surroundings
from tests.benchmarks.stacks import bench_stack, celery_tray


def measure(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """``celery-tray status --json``, over an interpreter that does nothing."""
    with bench_stack(folder) as stack:
        celery_tray(stack, "start")
        shown = json.loads(celery_tray(stack, "status", "--json"))
        assert shown["engine"] and shown["stack"]["state"] == "running", shown
        pairs = in_turn(
            lambda: seconds(lambda: celery_tray(stack, "status", "--json")),
            lambda: seconds(_nothing),
            settings.quick_rounds,
        )
    yield measured(
        "status",
        6.0,
        pairs,
        "whole process `celery-tray status --json` with the stack running; over `python -c pass` "
        "with the same interpreter",
    )


def _nothing() -> None:
    subprocess.run(
        [sys.executable, "-c", "pass"],
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
