"""The cleaning of 80 idle workers, over the slowest one's own warm stop on the same machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from desktop.engine.commands import Cleanup, CleanupReport
from tests.benchmarks.measurement import Measurement, Settings, measured, seconds
from tests.benchmarks.stacks import bench_stack
from tests.leftovers import Leftovers
from tests.live.conftest import Stack

WORKERS = 80
PAIRS_MAX = 3
"""Each starts 160 workers."""
POLL_S = 0.01


def measure(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """Eighty orphans cleaned up, each time beside eighty that are only asked to end."""
    with bench_stack(folder) as stack:
        stack.start("redis")
        leftovers = Leftovers(
            stack.folder, "web.celery_app", {"CELERY_BROKER_URL": stack.redis_url}
        )
        try:
            pairs = [
                _pair(stack, leftovers, ours_first=bool(number % 2))
                for number in range(min(settings.rounds, PAIRS_MAX))
            ]
        finally:
            leftovers.end()
    how = (
        f"{WORKERS} idle solo workers: from the command to its report, over the slowest one's time "
        "from its TERM to its end when all are only sent TERM"
    )
    yield measured("cleanup", 2.0, pairs, how)


def _pair(stack: Stack, leftovers: Leftovers, *, ours_first: bool) -> tuple[float, float]:
    if ours_first:
        ours = _cleaned(stack, leftovers)
        return ours, _slowest(leftovers)
    peer = _slowest(leftovers)
    return _cleaned(stack, leftovers), peer


def _cleaned(stack: Stack, leftovers: Leftovers) -> float:
    leftovers.orphans(_nodes())
    with stack.client() as client:

        def clean() -> None:
            report = client.submit(Cleanup(stack.project))
            assert isinstance(report, CleanupReport)
            assert len(report.stopped) == WORKERS

        return seconds(clean)


def _slowest(leftovers: Leftovers) -> float:
    waiting = dict.fromkeys(leftovers.orphans(_nodes()), 0.0)
    longest = 0.0
    for one in waiting:
        waiting[one] = time.perf_counter()
        one.terminate()
    while waiting:
        for one in [one for one in waiting if _has_ended(one)]:
            longest = max(longest, time.perf_counter() - waiting.pop(one))
        time.sleep(POLL_S)
    return longest


def _has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _nodes() -> list[str]:
    return [f"idle{number}" for number in range(WORKERS)]
