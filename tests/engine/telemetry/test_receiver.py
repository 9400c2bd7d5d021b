from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from desktop.engine.model import ActiveTask, TaskCounts
from desktop.engine.states import TaskState
from desktop.engine.telemetry import Telemetry
from desktop.engine.telemetry.receiver import runs_here

HOST = socket.gethostname()


class Heard:
    """What a telemetry told last, and when it told something."""

    def __init__(self) -> None:
        self.counts = TaskCounts()
        self.active: tuple[ActiveTask, ...] = ()
        self.times: list[float] = []
        self.changes = 0

    def __call__(self, counts: TaskCounts, active: tuple[ActiveTask, ...]) -> None:
        self.changes += (counts, active) != (self.counts, self.active)
        self.counts, self.active = counts, active
        self.times.append(time.monotonic())


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def listen(server, heard, wait_until) -> Iterator[Callable[..., Telemetry]]:
    started: list[Telemetry] = []

    def listen(url: str = server.url, **options: object) -> Telemetry:
        telemetry = Telemetry(url, heard, **options)
        telemetry.start()
        started.append(telemetry)
        wait_until(lambda: telemetry.connected)
        return telemetry

    yield listen
    for telemetry in started:
        telemetry.stop()


def test_real_tasks_are_counted_and_shown_while_they_run(
    workers, listen, heard, wait_until, tmp_path
):
    listen()
    workers.start(f"w1@{HOST}", "-P", "threads", "-c", "2")
    for task in ("add", "fail", "retry_once"):
        workers.send(task, *((1, 2) if task == "add" else ()))
    done = TaskCounts(received=4, succeeded=2, failed=1, retried=1)
    wait_until(lambda: heard.counts == done)
    gate = tmp_path / "gate"
    task_id = workers.send("wait_for_file", str(gate))
    wait_until(lambda: heard.counts.active == 1)
    (task,) = heard.active
    assert (task.id, task.name, task.state) == (task_id, "sample.wait_for_file", TaskState.STARTED)
    assert task.worker == f"w1@{HOST}"
    assert str(gate) in task.args
    assert task.received_at is not None
    assert task.started_at is not None
    gate.touch()
    wait_until(lambda: heard.active == () and heard.counts.succeeded == 3)


def test_tasks_that_ran_before_are_found_by_asking(workers, listen, heard, wait_until, tmp_path):
    workers.start(f"w1@{HOST}", "-P", "threads", "-c", "1")
    workers.send("wait_for_file", str(tmp_path / "gate"))
    listen()
    wait_until(lambda: [task.name for task in heard.active] == ["sample.wait_for_file"])
    (tmp_path / "gate").touch()
    wait_until(lambda: heard.active == ())


def test_the_tasks_of_a_killed_worker_disappear(workers, listen, heard, wait_until, tmp_path):
    listen()
    worker = workers.start(f"w1@{HOST}", "-P", "threads", "-c", "1")
    workers.send("wait_for_file", str(tmp_path / "gate"))
    wait_until(lambda: heard.counts.active == 1)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    wait_until(lambda: heard.active == () and heard.counts.active == 0)


def test_a_task_is_shown_until_its_end_while_its_worker_stops_warmly(
    workers, listen, heard, wait_until, tmp_path
):
    listen()
    worker = workers.start(f"w1@{HOST}", "-P", "threads", "-c", "1")
    gate = tmp_path / "gate"
    ids = [workers.send("wait_for_file", str(gate)) for _ in range(2)]
    wait_until(lambda: len(heard.active) == 2)
    worker.terminate()
    wait_until(lambda: [task.id for task in heard.active] == ids[:1])
    gate.touch()
    worker.wait(20)
    wait_until(lambda: heard.active == () and heard.counts.succeeded == 1)


def test_a_global_key_prefix_is_honoured(workers, listen, heard, wait_until):
    workers.prefix = "mine[1]*:"
    listen(key_prefix=workers.prefix)
    workers.start(f"w1@{HOST}", "-P", "threads")
    workers.send("add", 1, 2)
    wait_until(lambda: heard.counts.succeeded == 1)


def test_another_database_s_events_are_not_heard(server, listen, heard, wait_until):
    listen(server.url.removesuffix("0") + "3")
    publish(server, event("task-received", "a"), database=0)
    publish(server, event("task-received", "b"), database=3)
    wait_until(lambda: heard.counts.received == 1)
    assert [task.id for task in heard.active] == ["b"]


def test_a_broker_that_comes_back_is_heard_again(server, listen, heard, wait_until):
    telemetry = listen()
    publish(server, event("task-received", "a"))
    wait_until(lambda: heard.counts.received == 1)
    server.stop()
    wait_until(lambda: not telemetry.connected)
    wait_until(lambda: heard.active == ())
    server.start()
    wait_until(lambda: telemetry.connected)
    publish(server, event("task-received", "b"))
    wait_until(lambda: heard.counts.received == 2)


def test_a_broker_that_comes_later_is_waited_for(server, heard, wait_until):
    server.stop()
    telemetry = Telemetry(server.url, heard)
    telemetry.start()
    server.start()
    wait_until(lambda: telemetry.connected)
    telemetry.stop()


def test_whoever_knows_that_the_broker_is_up_ends_the_pause(server, heard, wait_until, monkeypatch):
    monkeypatch.setattr("desktop.engine.telemetry.receiver._PAUSE_FIRST_S", 3600.0)
    server.stop()
    telemetry = Telemetry(server.url, heard)
    telemetry.start()
    # Its first attempt has failed: that is told.
    wait_until(lambda: telemetry.status.since is not None)
    server.start()

    telemetry.hurry()

    wait_until(lambda: telemetry.connected)
    telemetry.stop()


def test_a_flood_is_told_at_most_ten_times_a_second(server, listen, heard, wait_until):
    listen()
    count = 0
    begin = time.monotonic()
    while time.monotonic() - begin < 0.6:
        publish(server, event("task-received", f"t{count}"))
        count += 1
    wait_until(lambda: heard.counts.received == count)
    assert all(b - a >= 0.099 for a, b in zip(heard.times, heard.times[1:], strict=False))
    assert len(heard.active) == min(count, 200)


def test_nothing_new_is_told_once(server, listen, heard, wait_until):
    listen()
    publish(server, event("worker-heartbeat", ""))
    publish(server, event("task-sent", "x"))
    publish(server, event("task-received", "a"))
    publish(server, event("task-received", "a"))
    wait_until(lambda: heard.counts.received == 1)
    publish(server, event("worker-heartbeat", ""))
    publish(server, event("task-received", "b"))
    wait_until(lambda: heard.counts.received == 2)
    assert heard.changes <= 2
    assert len(heard.times) <= 2 + heard.changes  # with the rate of events, once a second


def test_malicious_messages_do_not_stop_it(server, listen, heard, wait_until):
    listen()
    for junk in (b"", b"\xff", b"{", b"[" * 10**5, b'{"body": "!"}', b"x" * 5 * 10**6):
        server.client.publish("/0.celeryev/task.multi", junk)
    publish(server, {**event("task-received", "<img>\x1b[2J"), "timestamp": 1e308, "pid": 10**30})
    publish(server, {**event("task-started", "b"), "pid": 2**62, "hostname": f"w@{HOST}"})
    publish(server, event("task-received", "a"))
    wait_until(lambda: heard.counts.received == 2)
    assert {task.id for task in heard.active} >= {"a", "<img>\x1b[2J"}


def test_it_stops_at_once_wherever_it_is(server, heard, wait_until, closed_port):
    before = threading.active_count()
    for url in (server.url, f"redis://127.0.0.1:{closed_port}/0", "nonsense://x"):
        telemetry = Telemetry(url, heard)
        telemetry.start()
        telemetry.stop()
        telemetry.stop()
    telemetry = Telemetry(server.url, heard)
    telemetry.start()
    wait_until(lambda: telemetry.connected)
    wait_until(lambda: not telemetry._repair.busy)
    telemetry.stop()
    wait_until(lambda: threading.active_count() <= before)


def test_a_process_is_judged_only_where_it_can_be_seen():
    assert runs_here(f"w@{HOST}", os.getpid()) is True
    assert runs_here(f"w@{HOST.upper()}", os.getpid()) is True
    assert runs_here("w@elsewhere.example", os.getpid()) is None
    assert runs_here(f"w@{HOST}", 0) is None
    assert runs_here(f"w@{HOST}", 2**62) is None
    assert runs_here(f"w@{HOST}", 4_000_000) is False


def event(kind: str, uuid: str) -> dict[str, object]:
    return {"type": kind, "uuid": uuid, "hostname": "w1@elsewhere", "pid": 5, "timestamp": 1e9}


def publish(server, body: object, database: int = 0) -> None:
    message = json.dumps({"body": json.dumps(body), "properties": {}})
    server.client.publish(f"/{database}.celeryev/task.multi", message)
