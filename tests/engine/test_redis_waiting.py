"""A worker that is told to stop is woken from its wait for the queue."""

from __future__ import annotations

import os
import signal

from desktop.engine import process
from desktop.engine.control import Control
from desktop.engine.redis_waiting import end_waiting


def test_a_worker_told_to_stop_takes_no_message_any_more(server, workers, wait_until, tmp_path):
    gate = tmp_path / "gate"
    worker = workers.start("w1@test", "-c", "1")
    workers.send("wait_for_file", str(gate))
    wait_until(lambda: _waits(server, worker.pid))
    # Taken is not enough: what has not begun goes back to the queue.
    wait_until(lambda: Control(server.url).running_tasks("w1@test", 2))
    os.kill(worker.pid, signal.SIGTERM)
    assert end_waiting(server.url, process.addresses(worker.pid)) == 1
    wait_until(lambda: not _waits(server, worker.pid))
    workers.send("add", 1, 2)
    gate.touch()
    worker.wait(20)
    assert server.client.llen("celery") == 1, "it stayed in the queue"


def test_other_connections_are_left_alone(server, workers, wait_until):
    worker = workers.start("w1@test", "-P", "solo")
    wait_until(lambda: _waits(server, worker.pid))
    assert end_waiting(server.url, frozenset({"127.0.0.1:1"})) == 0
    assert end_waiting(server.url, ()) == 0
    assert worker.poll() is None


def test_a_redis_that_is_not_there_is_no_failure(closed_port):
    assert end_waiting(f"redis://127.0.0.1:{closed_port}/0", {"127.0.0.1:1"}) == 0
    assert end_waiting("amqp://127.0.0.1//", {"127.0.0.1:1"}) == 0


def _waits(server, pid: int) -> bool:
    ours = process.addresses(pid)
    waiting = (c for c in server.client.client_list() if c["cmd"] == "brpop" and "b" in c["flags"])
    return any(one["addr"] in ours for one in waiting)
