from __future__ import annotations

import signal
import threading
from pathlib import Path

import redis
from kombu.messaging import Producer
from kombu.transport.redis import Channel

from desktop.engine.control import Control, _by_node, active_task
from tests.engine.conftest import Server


def test_a_worker_that_consumes_answers_a_ping(server, workers):
    control = Control(server.url)
    assert not control.ping("w1@test", 0.1)
    workers.start("w1@test", "-P", "solo")
    assert control.ping("w1@test", 5)
    assert not control.ping("w2@test", 0.1)


def test_a_node_that_comes_while_it_is_asked_answers_that_question(server, workers):
    answers: list[bool] = []
    asking = threading.Thread(
        target=lambda: answers.append(Control(server.url).ping("w1@test", 30))
    )
    asking.start()
    workers.start("w1@test", "-P", "solo")
    asking.join()
    assert answers == [True]


def test_running_tasks_are_told_by_the_node_that_has_them(server, workers, tmp_path, wait_until):
    workers.start("w1@test", "-c", "1", "-P", "threads")
    control = Control(server.url)
    gate = tmp_path / "gate"
    task_id = workers.send("wait_for_file", str(gate))
    wait_until(lambda: control.running_tasks("w1@test", 2))
    (task,) = control.running_tasks("w1@test", 2) or ()
    assert (task.id, task.name, task.worker) == (task_id, "sample.wait_for_file", "w1@test")
    assert str(gate) in task.args
    assert task.started_at
    assert control.active(0.3) == {"w1@test": (task,)}
    assert control.stats(0.3)["w1@test"]["pid"]
    Path(gate).touch()
    wait_until(lambda: control.running_tasks("w1@test", 2) == ())


def test_a_node_that_does_not_answer_is_not_a_node_without_tasks(server):
    assert Control(server.url).running_tasks("nobody@test", 0.1) is None


def test_a_stopped_worker_process_does_not_answer(server, workers):
    process = workers.start("w1@test", "-P", "solo")
    process.send_signal(signal.SIGSTOP)
    assert not Control(server.url).ping("w1@test", 0.1)
    process.send_signal(signal.SIGCONT)
    assert Control(server.url).ping("w1@test", 5)


def test_a_global_key_prefix_is_honoured(server, workers):
    workers.prefix = "mine:"
    workers.start("w1@test", "-P", "solo")
    assert Control(server.url, {"global_keyprefix": "mine:"}).ping("w1@test", 5)
    assert not Control(server.url).ping("w1@test", 0.1)


def test_a_broker_that_goes_as_it_is_asked_holds_nobody(tmp_path, monkeypatch):
    server = Server(tmp_path)
    publish = Producer.publish

    def gone(*args, **options):
        server.stop()
        return publish(*args, **options)

    monkeypatch.setattr(Producer, "publish", gone)
    asking = threading.Thread(target=lambda: Control(server.url).stats(0.5), daemon=True)
    asking.start()
    asking.join(30)
    assert not asking.is_alive()


def test_nobody_answers_where_there_is_no_broker(closed_port):
    for url in (
        f"redis://127.0.0.1:{closed_port}/0",
        f"amqp://127.0.0.1:{closed_port}//",
        "redis+socket:///nowhere/redis.sock",
        "nonsense://x",
        "redis://host:notaport/0",
        "",
    ):
        assert not Control(url).ping("w1@test", 0.1), url
        assert Control(url).active(0.1) == {}
        assert Control(url).running_tasks("w1@test", 0.1) is None


def test_a_broker_that_accepts_but_says_nothing_does_not_hold_the_caller(server):
    server.pause()
    try:
        assert not Control(server.url).ping("w1@test", 0.1)
    finally:
        server.go_on()


def test_a_question_that_had_to_be_put_on_a_second_connection_is_answered(
    server, workers, monkeypatch
):
    # kombu opens one where the first is lost; nobody listened there, and all of a look broke.
    workers.start("w1@test", "-P", "solo")
    publish, lost = Channel._put_fanout, [True]

    def once_lost(self: Channel, *args: object, **options: object) -> object:
        if lost:
            lost.pop()
            raise redis.ConnectionError("as under load, after a time-out")
        return publish(self, *args, **options)

    monkeypatch.setattr(Channel, "_put_fanout", once_lost)
    control = Control(server.url)
    assert control.replies("ping", 20, ["w1@test"]) == (("w1@test", {"ok": "pong"}),)
    assert not lost


def test_many_threads_may_ask_at_once(server, workers):
    workers.start("w1@test", "-P", "solo")
    control = Control(server.url)
    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.append(control.ping("w1@test", 10)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 8


def test_questions_leave_neither_connections_nor_keys_behind(server, wait_until):
    control = Control(server.url)
    control.ping("warm-up@test", 0.1)
    keys = set(server.client.keys("*"))
    connections = len(server.client.client_list())
    descriptors = len(tuple(Path("/dev/fd").iterdir()))
    for _ in range(5):
        control.ping("nobody@test", 0.05)
    wait_until(lambda: len(server.client.client_list()) <= connections)
    assert set(server.client.keys("*")) == keys
    assert len(tuple(Path("/dev/fd").iterdir())) <= descriptors


def test_absurd_answers_are_taken_for_what_they_are_worth():
    assert _by_node([{"a@h": 1}, "x", None, {"b@h": []}]) == (("a@h", 1), ("b@h", []))
    assert _by_node(None) == ()
    task = active_task("a@h", {"id": 7, "name": None, "time_start": "soon", "args": "x" * 9999})
    assert (task.id, task.name, task.started_at, len(task.args)) == ("7", "", None, 1024)


def test_of_two_nodes_with_one_name_each_is_told_by_its_process(server, workers):
    first = workers.start("w1@test", "-P", "solo")
    control = Control(server.url)
    assert control.answers_as("w1@test", 5, lambda pid: pid == first.pid) == first.pid
    assert control.answers_as("w1@test", 0.2, lambda pid: pid != first.pid) is None
    second = workers.start("w1@test", "-P", "solo", "--pidfile=")
    found = control.answers_as("w1@test", 30, lambda pid: pid != first.pid)
    assert found == second.pid


def test_both_of_one_name_learn_what_one_knows_to_be_revoked(server, workers, wait_until):
    workers.start("w1@test", "-P", "solo")
    control = Control(server.url)
    control.revoke("w1@test", ["a", "b"], 5, 1)
    assert set(control.revoked("w1@test", 5, 1)) == {"a", "b"}
    other = workers.start("w1@test", "-P", "solo", "--without-gossip")
    assert control.answers_as("w1@test", 30, lambda pid: pid == other.pid)
    control.revoke("w1@test", control.revoked("w1@test", 5, 2), 5, 2)
    replies = control.replies("revoked", 5, ["w1@test"] * 2)
    assert [set(ids) for _, ids in replies] == [{"a", "b"}] * 2


def test_several_questions_at_once_are_each_answered_by_all(server, workers):
    workers.start("w1@test", "-P", "solo")
    workers.start("w2@test", "-P", "solo")
    questions = [("ping", {}), ("active", {}), ("registered", {"taskinfoitems": ["rate_limit"]})]
    pings, active, registered = Control(server.url).replies_to(questions, 2)
    assert sorted(pings) == [("w1@test", {"ok": "pong"}), ("w2@test", {"ok": "pong"})]
    assert sorted(active) == [("w1@test", []), ("w2@test", [])]
    assert {node for node, _ in registered} == {"w1@test", "w2@test"}
    assert all(isinstance(tasks, list) for _, tasks in registered)
    # To some alone: over when they have answered everything, long before the time is.
    said = Control(server.url).replies_to(questions, 600, ["w1@test"])
    assert [[node for node, _ in replies] for replies in said] == [["w1@test"]] * 3


def test_several_questions_to_a_broker_that_is_gone_have_no_answers(closed_port):
    control = Control(f"redis://127.0.0.1:{closed_port}/0")
    assert control.replies_to([("ping", {}), ("active", {})], 0.2) == ((), ())
