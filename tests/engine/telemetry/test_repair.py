"""What happened while nobody listened, put right: real workers, a real result backend."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from desktop.engine.control import Control
from desktop.engine.history.merge import merge
from desktop.engine.rescue import keys, unacked
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.engine.telemetry import Telemetry, redis_source
from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.repair import Queued, Repair, Witnesses
from desktop.engine.telemetry.results import Results
from desktop.engine.telemetry.wire import events_of
from tests.engine.telemetry.streams import NODES, Clock

HOST = socket.gethostname()


class Book:
    """A ledger of tasks, merged as the history does it."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self._lock = threading.Lock()

    def put(self, tasks) -> None:
        with self._lock:
            for task in tasks:
                before = self.tasks.get(task.id)
                self.tasks[task.id] = merge(before, task) if before else task

    def state(self, task_id: str) -> str:
        task = self.tasks.get(task_id)
        return f"{task.state}{' ' + task.doubt if task.doubt else ''}" if task else ""


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def listen(server, book, workers) -> Iterator[Callable[..., Telemetry]]:
    started: list[Telemetry] = []
    workers.results = server.url

    def queued(ids: frozenset[str]) -> Queued:
        found = unacked.waiting(server.url, keys.keys({}, 0), ["celery"], ids)
        return Queued(dict.fromkeys(found, "celery"))

    def listen(*before: str, heard_until: float | None = None) -> Telemetry:
        results = Results(server.url)
        telemetry = Telemetry(
            server.url,
            lambda *_: None,
            on_tasks=book.put,
            control=Control(server.url),
            witnesses=Witnesses(
                results=results.of,
                ended_since=results.since,
                queued=queued,
                unfinished=lambda: before,
                heard_until=lambda: heard_until,
            ),
        )
        started.append(telemetry)
        telemetry.start()
        return telemetry

    yield listen
    for telemetry in started:
        telemetry.stop()


def test_the_end_that_was_missed_is_told_by_its_result(
    server, workers, listen, book, wait_until, tmp_path, monkeypatch
):
    telemetry = listen()
    wait_until(lambda: telemetry.connected)
    workers.start(f"w1@{HOST}", "-P", "threads", "-c", "2")
    gate = tmp_path / "gate"
    ran = workers.send("wait_for_file", str(gate))
    wait_until(lambda: book.state(ran) == "STARTED")
    wait_until(lambda: not telemetry._repair.busy)
    monkeypatch.setattr(redis_source, "decode", lambda _: [])  # nobody hears what comes now
    gate.touch()
    unseen = workers.send("add", 1, 2)
    results = Results(server.url)
    wait_until(lambda: len(list(results.of([ran, unseen]))) == 2)
    assert book.state(ran) == "STARTED"
    monkeypatch.undo()
    server.client.client_kill_filter(_type="pubsub", skipme=False)
    wait_until(lambda: book.state(ran) == "SUCCESS" and book.state(unseen) == "SUCCESS")
    assert book.tasks[ran].name == "sample.wait_for_file"
    assert book.tasks[unseen].result == "3"


def test_what_an_earlier_engine_left_open_is_asked_for(
    server, workers, listen, book, wait_until, tmp_path
):
    gate = tmp_path / "gate"
    workers.start(f"w1@{HOST}", "-P", "threads", "-c", "1", "--prefetch-multiplier=1")
    done, failed = workers.send("add", 1, 2), workers.send("fail")
    wait_until(lambda: len(list(Results(server.url).of([done, failed]))) == 2)
    running = workers.send("wait_for_file", str(gate))
    wait_until(lambda: server.client.llen("celery") == 0)
    held = workers.send("wait_for_file", str(gate))
    waiting = workers.send("add", 3, 4)
    wait_until(lambda: server.client.llen("celery") == 1)
    ids = (done, failed, running, held, waiting, "vanished")
    book.put([Task(one, "sample.known", TaskState.STARTED, "w1@gone") for one in ids])
    listen(*ids)
    wait_until(lambda: book.state("vanished") == "STARTED not-running")
    assert book.state(done) == "SUCCESS"
    assert (book.state(failed), book.tasks[failed].exception) == ("FAILURE", "ValueError('no')")
    assert book.state(running) == "STARTED"
    assert book.tasks[running].worker == f"w1@{HOST}"
    assert book.tasks[held].worker == f"w1@{HOST}"
    assert book.state(waiting) == "STARTED queued"
    gate.touch()
    wait_until(lambda: book.state(waiting) == "SUCCESS")


def test_a_worker_that_counts_more_than_was_heard_is_asked(
    server, workers, listen, book, wait_until, monkeypatch
):
    monkeypatch.setattr("desktop.engine.telemetry.repair.MISSED_EVERY_S", 0.1)
    telemetry = listen()
    wait_until(lambda: telemetry.connected and not telemetry._repair.busy)
    workers.start(f"w1@{HOST}", "-P", "threads", "-c", "2", "--heartbeat-interval=1")
    first = workers.send("add", 1, 2)
    wait_until(lambda: book.state(first) == "SUCCESS")
    decode = redis_source.decode
    monkeypatch.setattr(
        redis_source, "decode", lambda m: [e for e in decode(m) if e.type[:6] == "worker"]
    )
    for _ in range(3):
        workers.send("add", 1, 2)
    wait_until(lambda: telemetry.status.missed == 3)
    monkeypatch.undo()


def test_what_runs_at_a_node_that_did_not_answer_is_asked_for_once_more(
    server, workers, listen, book, wait_until, monkeypatch, tmp_path
):
    monkeypatch.setattr("desktop.engine.telemetry.repair.MISSED_EVERY_S", 0.1)
    workers.start(f"w1@{HOST}", "-P", "threads", "-c", "1", "--heartbeat-interval=1")
    gate = tmp_path / "gate"
    running = workers.send("wait_for_file", str(gate))
    control = Control(server.url)
    wait_until(lambda: [one["id"] for _, r in control.replies("active", 1.0) for one in r])
    ask, asked = Repair._ask, []

    def deaf(repair, timeout_s):
        asked.append(timeout_s)
        return {} if len(asked) <= 2 else ask(repair, timeout_s)

    monkeypatch.setattr(Repair, "_ask", deaf)
    listen()
    wait_until(lambda: running in book.tasks and book.state(running) == "STARTED")
    assert len(asked) > 2
    gate.touch()
    wait_until(lambda: book.state(running) == "SUCCESS")


def test_a_result_that_is_quicker_than_its_events_does_not_end_the_run_before():
    # One in two thousand retries of a busy pool: the result lay there some milliseconds before
    # the events of the same run were read, and so ended the run that had asked for it.
    clock, fold = Clock(), Fold()
    first, last = clock.run("t", NODES[0], "task-retried"), clock.run("t", NODES[0], None, 1)
    last.append(clock.event("task-succeeded", "t", NODES[0], result="1", runtime=0.1))
    fold.feed(events_of(first[:2]), 0.0)
    told = Task("t", state=TaskState.SUCCESS, result="1", finished_at=1006.0)

    def results(ids):
        on_their_way = threading.Timer(0.1, fold.feed, [events_of([first[2], *last]), 1e12])
        on_their_way.start()
        return [told]

    control = SimpleNamespace(replies_to=lambda asked, _: [[(NODES[0][0], [])] for _ in asked])
    repair = Repair(fold, control, Witnesses(results=results))
    repair.begin()
    repair._thread.join()
    (task,) = fold.take()
    assert (task.state, task.retries, task.starts) == (TaskState.SUCCESS, 1, 2)
    assert [(run.state, run.ended_at) for run in task.attempts] == [(TaskState.RETRY, 1003.0)]
