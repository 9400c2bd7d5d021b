"""What following tasks costs: the fold alone, and the whole engine, over Celery's and Flower's."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import redis

from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.frames import Frames
from desktop.engine.telemetry.wire import MESSAGE_MAX_BYTES, decode
from tests.benchmarks.measurement import Measurement, Settings, in_turn, measured
from tests.benchmarks.processes import running, surroundings
from tests.benchmarks.recorded import Message, publish, record, save
from tests.benchmarks.stacks import bench_stack, celery_tray
from tests.live.conftest import Stack, until
from tests.ports import free_port

RATE = 3_000.0
"""Events a second while CPU is measured: Flower can follow that."""
STREAM_EVENTS = 24_000
BURST_BYTES = 22 * 1024 * 1024
"""Redis cuts off a listener that is more than 32 MiB behind."""
MEMORY_TASKS = 20_000
SETTLE_S = 3.0
LATE_S = 120.0
LATENCY_TASKS = 100
VISIBLE_S = 0.2


def measure_fold(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """The telemetry's fold alone, over Celery's receiver and State."""
    recording = record(folder)
    messages = list(recording.again(30))
    events = sum(one.events for one in messages)
    pairs = in_turn(
        lambda: _folded(messages) / events, lambda: _celerys(messages) / events, settings.rounds
    )
    yield measured(
        "events-fold",
        0.20,
        [(ours * 1e6, peer * 1e6) for ours, peer in pairs],
        f"CPU of {events} recorded events from the bytes of Redis's connection to whole tasks, "
        "each taken; over kombu's decoding, EventReceiver and State of the same",
        "µs/event",
    )


def measure_engine(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """Engine with history and monitor, over Flower: CPU and events a second."""
    recording = record(folder)
    with bench_stack(folder / "stack") as stack:
        celery_tray(stack, "start", "redis", "monitor")
        times = STREAM_EVENTS // recording.events + 1
        stream = folder / "stream"
        with listening_flower(folder, stack.redis_url) as flower:
            pairs = []
            for _ in range(settings.rounds + 1):
                events = save(stream, recording.again(times))
                pairs.append(_cpu(stack, flower, stream, events, times * recording.tasks))
            pairs = pairs[1:]
        yield measured(
            "events-cpu",
            0.15,
            pairs,
            f"CPU of engine (SQLite and its text index included) and monitor together for "
            f"{events} recorded events at {RATE:.0f}/s; over Flower's, which hears the same",
            "µs/event",
        )
    size = sum(len(one.payload) for one in recording.messages)
    times = BURST_BYTES // size
    with _on_one_core(), bench_stack(folder / "one-core") as stack:
        celery_tray(stack, "start", "redis")
        with listening_flower(folder, stack.redis_url.replace("/0", "/1")) as flower:
            pairs = in_turn(
                lambda: _burst(stack, folder, recording.again(times), times * recording.tasks),
                lambda: _flower_burst(flower, stack.redis_url, folder, recording.again(times, 1)),
                min(settings.rounds, 5),
            )
    yield measured(
        "events-rate",
        1 / 8,
        [(ours * 1e6, peer * 1e6) for ours, peer in pairs],
        "CPU an event of a burst, as fast as Redis gives it, on one core, none lost, all recorded: "
        "so many a second are kept up with; over Flower's (the goal is 8 times as many)",
        "µs/event",
    )


def measure_memory(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """A task kept in memory, over one that Flower keeps."""
    recording = record(folder)
    saved = folder / "messages"
    save(saved, recording.again(MEMORY_TASKS // recording.tasks + 1))
    pairs = in_turn(
        lambda: _kept("ours", saved), lambda: _kept("flower", saved), min(settings.rounds, 3)
    )
    yield measured(
        "events-memory",
        0.15,
        pairs,
        f"growth of USS for each of {MEMORY_TASKS} tasks that have not ended; over Flower's for "
        "the same tasks",
        "B/task",
    )


def measure_visible(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """From an event to the row that a face is given."""
    from desktop.engine.history_commands import ListTasks
    from desktop.engine.task_commands import Selection

    waits: list[float] = []
    with bench_stack(folder) as stack:
        celery_tray(stack, "start", "redis")
        until(lambda: stack.status().telemetry.connected)
        with stack.client() as client, redis.Redis.from_url(stack.redis_url) as broker:
            for number in range(LATENCY_TASKS):
                task = f"visible-{number}"
                event = {"type": "task-received", "uuid": task, "name": "bench.visible",
                         "hostname": "bench@nowhere", "pid": 1, "clock": number + 1,
                         "timestamp": time.time()}  # fmt: skip
                begun = time.monotonic()
                broker.publish("/0.celeryev/task.received", json.dumps({"body": json.dumps(event)}))
                wanted = ListTasks(stack.project, Selection(ids=(task,)))
                while not client.submit(wanted).tasks:  # type: ignore[union-attr]
                    if time.monotonic() > begun + 10:
                        raise TimeoutError("the row never came")
                waits.append(time.monotonic() - begun)
                time.sleep(0.02 * (number % 7))
    p95 = sorted(waits)[int(len(waits) * 0.95)]
    yield measured(
        "event-visible",
        1.0,
        [(p95, VISIBLE_S)],
        f"p95 of {LATENCY_TASKS} events, from the publishing to the answer of ListTasks that has "
        "the row; over 200 ms",
    )


# --- the fold ------------------------------------------------------------------------------------


def _folded(messages: list[Message]) -> float:
    stream = b"".join(_frame(one) for one in messages)
    fold, frames = Fold(), Frames(MESSAGE_MAX_BYTES)
    begun = time.process_time()
    for number, start in enumerate(range(0, len(stream), 65536)):
        events = []
        for payload in frames.feed(stream[start : start + 65536]):
            events += decode(payload)
        fold.feed(events, 1.0, 2e9)
        if number % 4 == 0:
            fold.take()
            fold.active(200)
    fold.take()
    return time.process_time() - begun


def _frame(message: Message) -> bytes:
    parts = (b"pmessage", b"/0.celeryev/*", message.channel, message.payload)
    return b"*4\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in parts)


def _celerys(messages: list[Message]) -> float:
    from celery import Celery
    from celery.events import EventReceiver
    from celery.events.state import State

    app = Celery("peer", broker="memory://", set_as_current=False)
    state = State(max_tasks_in_memory=100_000)
    with app.connection() as connection:
        channel = connection.default_channel
        receiver = EventReceiver(connection, handlers={"*": state.event}, app=app)
        begun = time.process_time()
        for one in messages:
            message = channel.message_to_python(json.loads(one.payload))
            receiver._receive(message.decode(), message)
        return time.process_time() - begun


# --- engine and Flower ---------------------------------------------------------------------------


class Flower:
    """A Flower that hears the events of one broker."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = psutil.Process(process.pid)
        self.url = f"http://127.0.0.1:{port}/"

    def events(self) -> int:
        """Those of tasks that it has heard."""
        with urlopen(f"{self.url}metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        heard = (line for line in lines if re.match(r'flower_events_total\{.*type="task-', line))
        return int(sum(float(line.rpartition(" ")[2]) for line in heard))


@contextlib.contextmanager
def listening_flower(folder: Path, url: str) -> Iterator[Flower]:
    port = free_port()
    argv = [sys.executable, "-m", "celery", "-b", url, "flower", "--address=127.0.0.1"]
    argv += [f"--port={port}", "--max-tasks=100000"]
    with running(argv, surroundings(), folder, folder / "flower.log") as process:
        flower = Flower(process, port)
        with redis.Redis.from_url(url) as client:
            until(lambda: _answers(flower))
            # It answers before it listens.
            until(lambda: b"/1.celeryev" in _channels(client) or client.pubsub_numpat() >= 1)
        time.sleep(SETTLE_S)
        yield flower


def _answers(flower: Flower) -> bool:
    try:
        flower.events()
    except OSError:
        return False
    return True


def _channels(client: redis.Redis) -> bytes:
    return b" ".join(client.pubsub_channels())


def _cpu(
    stack: Stack, flower: Flower, stream: Path, events: int, tasks: int
) -> tuple[float, float]:
    """µs of CPU an event, of engine and monitor together and of Flower."""
    monitor = stack.service("monitor").pid
    ours = [psutil.Process(one) for one in (stack.engine_pid(), monitor) if one]
    counted, heard = _counted(stack), flower.events()
    before = cpu_spent(ours), cpu_spent([flower.process])
    publish(stack.redis_url, stream, RATE)
    time.sleep(SETTLE_S)  # the history writes what is left
    after_ours = cpu_spent(ours)
    until(lambda: _counted(stack) - counted == tasks)
    deadline = time.monotonic() + LATE_S
    while (found := flower.events() - heard) != events:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Flower has counted {found} of {events} events")
        time.sleep(SETTLE_S)  # seldom: its answer costs it something
    after = after_ours, cpu_spent([flower.process])
    return (after[0] - before[0]) / events * 1e6, (after[1] - before[1]) / events * 1e6


def cpu_spent(processes: list[psutil.Process]) -> float:
    times = [one.cpu_times() for one in processes]
    return sum(one.user + one.system for one in times)


def _counted(stack: Stack) -> int:
    """Tasks that have ended, as the engine counts."""
    tasks = stack.status().tasks
    return tasks.succeeded + tasks.failed


def _burst(stack: Stack, folder: Path, messages: Iterator[Message], tasks: int) -> float:
    """Seconds of CPU an event of what comes as fast as Redis gives it, none lost."""
    path = folder / "burst"
    events = save(path, messages)
    engine = [psutil.Process(stack.engine_pid())]
    counted, recorded = _counted(stack), _recorded(stack)
    before = cpu_spent(engine)
    publish(stack.redis_url, path, 0)
    time.sleep(SETTLE_S)  # each question costs it something
    until(lambda: _counted(stack) - counted == tasks, 120)
    until(lambda: _recorded(stack) - recorded == tasks, 120)
    return (cpu_spent(engine) - before) / events


def _recorded(stack: Stack) -> int:
    from desktop.engine.history_commands import ListTasks

    with stack.client() as client:
        return int(client.submit(ListTasks(stack.project, limit=1)).kept)  # type: ignore[union-attr]


def _flower_burst(flower: Flower, url: str, folder: Path, messages: Iterator[Message]) -> float:
    path = folder / "burst"
    events = save(path, messages)
    heard, before = flower.events(), cpu_spent([flower.process])
    publish(url, path, 0)
    deadline = time.monotonic() + LATE_S
    while (found := flower.events() - heard) != events:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Flower has counted {found} of {events} events")
        time.sleep(SETTLE_S)
    return (cpu_spent([flower.process]) - before) / events


@contextlib.contextmanager
def _on_one_core() -> Iterator[None]:
    """What is started in the block stays on one core."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


# --- memory --------------------------------------------------------------------------------------


def _kept(whose: str, saved: Path) -> float:
    argv = [sys.executable, "-m", "tests.benchmarks.kept_tasks", whose, str(saved)]
    done = subprocess.run(argv, env=surroundings(), capture_output=True, text=True, check=True)
    return float(done.stdout)
