"""What open pages cost: twenty of the monitor over twenty of Flower, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import psutil
from playwright.sync_api import Browser

from tests.benchmarks.measurement import Measurement, Settings, in_turn, measured
from tests.benchmarks.recorded import publish, record, save
from tests.benchmarks.stacks import bench_stack, celery_tray
from tests.benchmarks.telemetry import cpu_spent, listening_flower
from tests.browser import chromium

PAGES = 20
RATE = 1_000.0
"""Events a second."""
SECONDS = 15.0
QUIET_S = 3.0
"""After the pages were opened: what they ask once is no part of what they go on asking."""
OURS = ("", "tasks", "workers", "queues", "services")
FLOWERS = ("workers", "tasks", "broker")
"""All of Flower's pages that show what happens; those of one worker or task show one."""


def measure(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """Engine and monitor with twenty pages open, over Flower with twenty."""
    recording = record(folder)
    stream = folder / "stream"
    with bench_stack(folder / "stack") as stack, chromium() as browser:
        celery_tray(stack, "start", "redis", "monitor")
        monitor = stack.service("monitor")
        assert monitor.pid
        ours = [psutil.Process(one) for one in (stack.engine_pid(), monitor.pid)]
        with listening_flower(folder, stack.redis_url) as flower:
            times = int(RATE * SECONDS) // recording.events + 1

            def cpu(
                processes: Sequence[psutil.Process], url: str, paths: tuple[str, ...]
            ) -> list[float]:
                """Percent of one core that each took while events came."""
                save(stream, recording.again(times))
                with _open(browser, url, paths):
                    before, begun = [cpu_spent([one]) for one in processes], time.monotonic()
                    publish(stack.redis_url, stream, RATE)
                    taken = time.monotonic() - begun
                    after = [cpu_spent([one]) for one in processes]
                return [100 * (b - a) / taken for a, b in zip(before, after, strict=True)]

            pairs = in_turn(
                lambda: cpu(ours, monitor.url, OURS),
                lambda: cpu([flower.process], flower.url, FLOWERS),
                min(settings.rounds, 5),
            )
    yield measured(
        "monitor-cpu",
        0.2,
        [(sum(ours), sum(theirs)) for ours, theirs in pairs],
        f"CPU of engine (history included) and monitor together with {PAGES} pages open in "
        f"Chromium (overview, tasks, workers, queues, services with a log) at {RATE:.0f} events/s; "
        "over Flower's with as many (workers, tasks, broker), which hears the same",
        "% of a core",
    )
    yield measured(
        "monitor-process-cpu",
        0.2,
        [(ours[1], sum(theirs)) for ours, theirs in pairs],
        "the same of the monitor's own process, without the engine, which supervises and records "
        "also where no page is open",
        "% of a core",
    )


@contextmanager
def _open(browser: Browser, url: str, paths: tuple[str, ...]) -> Iterator[None]:
    """So many pages, each in a browser of its own: none is in the background."""
    contexts = []
    try:
        for path in islice(cycle(paths), PAGES):
            context = browser.new_context()
            contexts.append(context)
            context.new_page().goto(f"{url}{path}", wait_until="load")
        time.sleep(QUIET_S)
        yield
    finally:
        for context in contexts:
            context.close()
