"""The history of tasks: what a search takes, what writing costs, what stays in memory."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from desktop.engine.config import HistoryConfig
from desktop.engine.history.database import open_reader, open_writer
from desktop.engine.history.pages import list_tasks
from desktop.engine.history.writer import Writer
from desktop.engine.history_commands import ListTasks, Selection
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from tests.benchmarks.measurement import QUICK, Measurement, Settings, in_turn, measured, seconds

OURS, QUICK_OURS = 1_000_000, 200_000
FLOWERS = 100_000
"""All that Flower keeps."""
BATCH = 5_000
SEARCHES = {
    "word": ("file77777", "file77777"),
    "common-word": ("job7", "job7"),
    "state-and-word": ("state:failure file12", "state:FAILURE file12"),
    "last": ("", ""),
}
"""Ours and Flower's, of the same words."""
COST_TASKS = 60_000
MEMORY_SMALL, MEMORY_LARGE, QUICK_MEMORY_LARGE = 100_000, 10_000_000, 600_000
RESIDENT = "import sys; from tests.benchmarks.history import resident; print(resident(sys.argv[1]))"


def measure(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """Searches in 1,000,000 tasks over Flower's own in its 100,000; cost and memory of writing."""
    quick = settings == QUICK
    yield _cost(folder, settings)
    count = QUICK_OURS if quick else OURS
    path = _written(folder / "searched.sqlite", count)
    flower = _flower()
    with closing(open_reader(path)) as reader:
        for name, (ours, theirs) in SEARCHES.items():
            yield _search(name, reader, flower, ours, theirs, settings, count)
    del flower
    yield _memory(folder, QUICK_MEMORY_LARGE if quick else MEMORY_LARGE)


def tasks(count: int, first: int = 0) -> list[Task]:
    """Tasks that look like real ones; one of 20 failed."""
    dice = random.Random(first)  # noqa: S311 - no secret
    begun = time.time() - 86_400 + first * 0.001
    return [_task(dice, first + number, begun + number * 0.001) for number in range(count)]


def _task(dice: random.Random, number: int, at: float) -> Task:
    failed = dice.random() < 0.05
    return Task(
        id=str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        name=f"web.downloads.tasks.job{dice.randrange(20)}",
        state=TaskState.FAILURE if failed else TaskState.SUCCESS,
        worker=f"worker{number % 4}@host",
        worker_pid=1234,
        args=f"('https://example.com/file{dice.randrange(100_000)}.bin', {number})",
        kwargs="{'retries': 3}",
        result="" if failed else f"{{'bytes': {dice.randrange(10**6)}}}",
        exception="TimeoutError('slow')" if failed else "",
        traceback='File "/srv/fetch.py", line 88, in get\nTimeoutError' if failed else "",
        starts=1,
        received_at=at,
        started_at=at + 0.01,
        finished_at=at + 0.05,
        runtime_s=0.04,
        seen_at=at + 0.05,
        clock=number,
    )


def _written(path: Path, count: int) -> Path:
    with closing(open_writer(path)) as connection:
        writer = Writer(connection, HistoryConfig().text_max_bytes)
        for first in range(0, count, BATCH):
            writer.write(tasks(BATCH, first), time.time())
    return path


# --- searching -----------------------------------------------------------------------------------


def _search(
    name: str,
    reader: sqlite3.Connection,
    flower: Any,
    ours: str,
    theirs: str,
    settings: Settings,
    count: int,
) -> Measurement:
    command = ListTasks(selection=Selection(search=ours), limit=100)

    def in_flower() -> list[str]:
        page = flower.search_engine.search(flower.tasks, theirs, limit=100)
        return list(page.task_ids)

    pairs = in_turn(
        lambda: seconds(lambda: list_tasks(reader, command, time.time())),
        lambda: seconds(in_flower),
        settings.quick_rounds,
    )
    how = f"the last 100 for {ours!r} in {count:,} tasks; over Flower's own search in {FLOWERS:,}"
    return measured(f"history-search-{name}", 1.0, pairs, how)


def _flower() -> Any:
    """Flower's state with as many tasks as it keeps."""
    from flower.events import EventsState

    state = EventsState(max_tasks_in_memory=FLOWERS, max_workers_in_memory=10)
    for task in tasks(FLOWERS):
        event = {
            "type": "task-received", "uuid": task.id, "name": task.name, "args": task.args,
            "kwargs": task.kwargs, "hostname": task.worker, "timestamp": task.received_at,
            "local_received": task.received_at, "clock": task.clock, "pid": 1, "retries": 0,
        }  # fmt: skip
        state.event(event)
        failed = task.state is TaskState.FAILURE
        state.event(
            {
                "type": "task-failed" if failed else "task-succeeded",
                "uuid": task.id,
                "result": task.result,
                "exception": task.exception,
                "runtime": task.runtime_s,
                "hostname": task.worker,
                "timestamp": task.finished_at,
                "pid": 1,
                "local_received": task.finished_at,
                "clock": task.clock + 1,
            }
        )
    return state


# --- writing -------------------------------------------------------------------------------------


def _cost(folder: Path, settings: Settings) -> Measurement:
    batches = [tasks(BATCH, first) for first in range(0, COST_TASKS, BATCH)]

    def ours() -> float:
        with closing(open_writer(_fresh(folder / "ours.sqlite"))) as connection:
            writer = Writer(connection, HistoryConfig().text_max_bytes)
            return _cpu_us(lambda: [writer.write(batch, time.time()) for batch in batches])

    def plain() -> float:
        with closing(sqlite3.connect(_fresh(folder / "plain.sqlite"))) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            columns = ", ".join(Task.__struct_fields__[:-1])
            connection.execute(f"CREATE TABLE task ({columns})")
            marks = ", ".join("?" * len(Task.__struct_fields__[:-1]))
            insert = f"INSERT INTO task VALUES ({marks})"  # noqa: S608

            def write() -> None:
                for batch in batches:
                    connection.executemany(insert, map(_plain_row, batch))
                    connection.commit()

            return _cpu_us(write)

    pairs = in_turn(ours, plain, settings.rounds)
    how = (
        "CPU of recording a task: merged, indexed, with full text and figures; over inserting "
        "the same values into one table without an index"
    )
    return measured("history-write", 5.0, pairs, how, "us")


def _plain_row(task: Task) -> tuple[object, ...]:
    return tuple(getattr(task, name) for name in Task.__struct_fields__ if name != "attempts")


def _cpu_us(act: Any) -> float:
    begun = time.process_time()
    act()
    return (time.process_time() - begun) / COST_TASKS * 1e6


def _fresh(path: Path) -> Path:
    for companion in ("", "-wal", "-shm"):
        Path(f"{path}{companion}").unlink(missing_ok=True)
    return path


# --- memory --------------------------------------------------------------------------------------


def _memory(folder: Path, count: int) -> Measurement:
    small = _written(folder / "small.sqlite", MEMORY_SMALL)
    large = _written(folder / "large.sqlite", count)
    pairs = in_turn(lambda: _resident(large), lambda: _resident(small), 3)
    how = (
        f"memory of a process that writes to, and searches, a history of {count:,} tasks; over "
        f"the same of {MEMORY_SMALL:,}"
    )
    return measured("history-memory", 1.1, pairs, how, "MiB")


def _resident(path: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", RESIDENT, str(path)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def resident(path: str) -> float:
    """MiB of this process after a while of work on a history."""
    import psutil

    with closing(open_writer(Path(path))) as connection, closing(open_reader(Path(path))) as reader:
        writer = Writer(connection, HistoryConfig().text_max_bytes)
        for round_ in range(10):
            writer.write(tasks(BATCH, 2_000_000_000 + round_ * BATCH), time.time())
            for search, _ in SEARCHES.values():
                list_tasks(reader, ListTasks(selection=Selection(search=search)), time.time())
        return float(psutil.Process().memory_full_info().uss / 1024 / 1024)
