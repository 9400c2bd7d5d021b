"""How soon the monitor's Tasks page shows tasks: of a long history over of a short one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser

from tests.benchmarks.measurement import Measurement, Settings, in_turn, measured
from tests.benchmarks.stacks import bench_stack, celery_tray, dismiss_engine
from tests.benchmarks.task_window import fill
from tests.browser import chromium

MANY, FEW = 1_000_000, 1_000
FIRST_ROW = "#task-grid tbody tr[aria-rowindex] td.c-task:not(:empty)"


def measure(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """First rows of the monitor's Tasks page with 1,000,000 tasks, over with 1,000."""
    many = MANY if settings.rounds >= 7 else MANY // 10
    with ExitStack() as opened:
        urls = []
        for count in (many, FEW):
            stack = opened.enter_context(bench_stack(folder / str(count)))
            celery_tray(stack, "start", "redis")
            dismiss_engine(stack)
            fill(stack, count)
            celery_tray(stack, "start", "redis", "monitor")
            urls.append(f"{stack.service('monitor').url}tasks")
        browser = opened.enter_context(chromium())
        pairs = in_turn(
            lambda: _first_rows(browser, urls[0]),
            lambda: _first_rows(browser, urls[1]),
            settings.quick_rounds,
        )
    yield measured(
        "monitor-paint",
        1.5,
        pairs,
        f"from the address until the first row of the monitor's Tasks page is seen, in a fresh "
        f"browser context; {many:,} tasks in the history, over {FEW:,}",
    )


def _first_rows(browser: Browser, url: str) -> float:
    context = browser.new_context()
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(FIRST_ROW).first.wait_for()
    taken = time.perf_counter() - begun
    context.close()
    return taken
