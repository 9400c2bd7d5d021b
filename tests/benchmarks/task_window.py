"""The Tasks page over a long history while a lot happens: is the window's thread ever held up, and
how long until an event is a row that can be seen."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from desktop.engine.commands import Open
from desktop.engine.config import HistoryConfig
from desktop.engine.history.database import open_writer
from desktop.engine.history.history import FILE
from desktop.engine.history.writer import Writer
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.paths import stack_id
from tests.benchmarks.measurement import Measurement, Settings
from tests.benchmarks.processes import running, surroundings
from tests.benchmarks.stacks import bench_stack, celery_tray, dismiss_engine
from tests.live.conftest import Stack
from tests.live.desktop import Desktop

TASKS = 1_000_000
EVENTS_PER_S = 10_000
LONGEST_S, P99_S, LATENCY_S = 0.033, 0.016, 0.2
BATCH = 5_000
NEVER_S = 60.0
"""Stands for what was not seen at all."""


def measure(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """Longest and p99 hold-up of the window at 10,000 events/s; event in to visible row."""
    quick = settings.rounds < 7
    tasks, seconds = (TASKS // 10, 10.0) if quick else (TASKS, 30.0)
    with bench_stack(folder) as stack:
        celery_tray(stack, "start", "redis")
        dismiss_engine(stack)
        fill(stack, tasks)
        with stack.client() as client:
            client.submit(Open(stack.project))
        with Desktop("1280x900x24") as desktop:
            calm = watch(desktop, stack, folder / "calm", 0, seconds)
            busy = watch(desktop, stack, folder / "busy", EVENTS_PER_S, seconds)
            found = watch(
                desktop, stack, folder / "found", EVENTS_PER_S, seconds, "name:bench.marker"
            )
    how = (
        f"window open on Tasks, {busy['kept']:,} tasks in the history, {EVENTS_PER_S:,} events/s "
        f"through Redis for {seconds:.0f} s"
    )
    ticks = "between two beats of a 2 ms timer in the window's thread"
    yield _over("task-window-longest", busy["wall"][-1], LONGEST_S, f"longest time {ticks}; {how}")
    yield _over("task-window-p99", _share(busy["wall"], 0.99), P99_S, f"p99 {ticks}; {how}")
    yield _over(
        "task-window-longest-cpu",
        busy["cpu"][-1],
        LONGEST_S,
        f"CPU time of that thread alone, longest {ticks}: what the machine's other programs do "
        f"does not count; {how}",
    )
    yield _over(
        "task-row-latency",
        _share(calm["latency"], 0.95),
        LATENCY_S,
        f"p95 of {len(calm['latency'])} tasks, from before the event is sent until the table has "
        f"been painted with the task's row in sight; {tasks:,} tasks in the history",
    )
    yield _over(
        "task-row-latency-busy",
        _share(found["latency"], 0.95),
        LATENCY_S,
        f"the same of {len(found['latency'])} tasks that a search finds among {EVENTS_PER_S:,} "
        "events/s",
    )


def fill(stack: Stack, count: int) -> None:
    """Put so many tasks into the history of a stack that no engine has open."""
    home = stack.home.stack(stack_id(stack.folder))
    connection = open_writer(home.root / FILE)
    writer = Writer(connection, HistoryConfig().text_max_bytes)
    now = time.time()
    for start in range(0, count, BATCH):
        writer.write([_task(n, now - count / 50) for n in range(start, start + BATCH)], now)
    connection.close()


def _task(number: int, begun: float) -> Task:
    at = begun + number / 50
    failed = number % 97 == 0
    return Task(
        id=f"{number:08x}-52b1-41de-9a02-8f3c1e07b3d5",
        name=f"shop.module{number % 12}.task{number % 50}",
        state=TaskState.FAILURE if failed else TaskState.SUCCESS,
        worker=f"w{number % 4}@host",
        worker_pid=4000 + number % 4,
        queue="celery",
        args=f"('SFO-{number % 977}', {number})",
        kwargs="{'full': False}",
        result="" if failed else "{'updated': 214}",
        exception="TimeoutError('no answer')" if failed else "",
        starts=1,
        received_at=at,
        started_at=at + 0.01,
        finished_at=at + 0.2,
        runtime_s=0.19,
        seen_at=at + 0.2,
    )


def watch(
    desktop: Desktop, stack: Stack, report: Path, per_s: int, seconds: float, search: str = ""
) -> dict[str, Any]:
    """What the window tells of itself while events come at this pace."""
    where = ["--home", str(stack.home.root), "--project", stack.project]
    module = ["-m", "tests.benchmarks.watched_window", str(report), str(seconds), search]
    source = ["-m", "tests.benchmarks.event_source", stack.redis_url, str(per_s)]
    root = str(Path(__file__).parents[2])
    with (
        running([sys.executable, *source, "3600"], surroundings(), root),
        running([sys.executable, *module, *where], desktop.env, root) as window,
    ):
        window.wait(seconds + 120)
    told: dict[str, Any] = json.loads(report.read_text())
    return told


def _share(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return NEVER_S
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _over(name: str, value: float, limit: float, how: str) -> Measurement:
    """A value that has a limit of its own, and no peer."""
    ratio = value / limit
    return Measurement(
        name,
        round(value, 4),
        limit,
        round(ratio, 4),
        (round(ratio, 4), round(ratio, 4)),
        1.0,
        ratio <= 1.0,
        "s",
        1,
        f"{how}; over the limit",
    )
