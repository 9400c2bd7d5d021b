from __future__ import annotations

import json

import pytest

from desktop.engine.errors import ServiceError
from desktop.engine.queues import reading
from desktop.engine.rescue.keys import Keys
from tests.engine.conftest import wait_until

SEP = "\x06\x16"


def bind(server, exchange: str, routing_key: str, queue: str, prefix: str = "") -> None:
    server.client.sadd(f"{prefix}_kombu.binding.{exchange}", SEP.join((routing_key, "", queue)))


def hold(server, tag: str, exchange: str, routing_key: str, at: float | None = None) -> None:
    server.client.hset("unacked", tag, json.dumps([{"body": ""}, exchange, routing_key]))
    if at is not None:
        server.client.zadd("unacked_index", {tag: at})


def read(server, *names: str, keys: Keys = Keys()):  # noqa: B008
    found = reading.bound(server.url, keys)
    return reading.read(server.url, keys, names or reading.working_queues(found), found)


def test_messages_are_counted_by_priority_in_the_order_in_which_they_are_taken(server, send):
    send.many(3)
    send(priority=9)
    send(priority=3)
    send(priority=3)
    (one,) = read(server, "celery")
    assert one.by_priority == ((0, 3), (3, 2), (9, 1))
    assert one.depth == 6


def test_the_mark_of_a_message_stays_while_it_waits_and_goes_with_it(server, send):
    send.many(2)
    (one,) = read(server, "celery")
    ends = one.ends[0]
    assert ends.next != ends.newest
    server.client.rpop("celery")
    (one,) = read(server, "celery")
    assert one.ends[0].next == one.ends[0].newest == ends.newest


def test_every_bound_queue_is_found_but_those_of_control_replies_and_events(server, workers):
    workers.start("w1@test", "-P", "solo", "-Q", "celery,download_queue")
    assert [one.name for one in read(server)] == ["celery", "download_queue"]


def test_named_queues_are_told_in_the_order_asked_whether_they_exist_or_not(server):
    server.client.lpush("b", "1")
    assert [(one.name, one.depth) for one in read(server, "b", "a", "b")] == [("b", 1), ("a", 0)]


def test_unacknowledged_messages_are_told_per_queue_with_the_oldest_delivery(server):
    bind(server, "celery", "celery", "celery")
    bind(server, "media", "fetch.video", "download_queue")
    hold(server, "1", "celery", "celery", 200.0)
    hold(server, "2", "media", "fetch.video", 100.0)
    hold(server, "3", "", "download_queue", 50.0)
    hold(server, "4", "unknown", "unknown", 1.0)
    server.client.hset("unacked", "5", b"\xff not json")
    found = {one.name: one for one in read(server)}
    assert (found["celery"].unacked, found["celery"].oldest_delivery_at) == (1, 200.0)
    assert (found["download_queue"].unacked, found["download_queue"].oldest_delivery_at) == (2, 50)


def test_tasks_that_wait_in_a_worker_are_unacknowledged(server, workers, tmp_path):
    workers.start("w1@test", "-P", "threads", "-c", "1", "--prefetch-multiplier", "2")
    gate = tmp_path / "gate"
    for _ in range(4):
        workers.send("wait_for_file", str(gate))
    # One runs and was acknowledged before, two wait in the worker, one in the queue.
    wait_until(lambda: [(one.depth, one.unacked) for one in read(server)] == [(1, 2)])
    gate.touch()
    wait_until(lambda: [(one.depth, one.unacked) for one in read(server)] == [(0, 0)])


def test_very_many_unacknowledged_messages_are_estimated_and_the_oldest_is_exact(server):
    bind(server, "celery", "celery", "celery")
    pipe = server.client.pipeline()
    message = json.dumps([{}, "celery", "celery"])
    for tag in range(5000):
        pipe.hset("unacked", str(tag), message)
        pipe.zadd("unacked_index", {str(tag): 1000.0 + tag})
    pipe.execute()
    (one,) = read(server)
    assert one.unacked == pytest.approx(5000, rel=0.01)
    assert one.oldest_delivery_at == 1000.0


def test_a_key_prefix_divides_two_apps_on_one_server(server):
    bind(server, "celery", "celery", "celery", prefix="a*:")
    server.client.lpush("a*:celery", "1")
    bind(server, "celery", "celery", "other", prefix="ab:")
    assert [(one.name, one.depth) for one in read(server, keys=Keys(prefix="a*:"))] == [
        ("celery", 1)
    ]


def test_keys_of_a_wrong_type_are_empty_queues(server):
    bind(server, "celery", "celery", "celery")
    server.client.set("celery", "not a list")
    server.client.set("_kombu.binding.odd", "not a set")
    assert [(one.name, one.depth) for one in read(server)] == [("celery", 0)]


def test_a_hash_that_is_none_is_told_in_words(server):
    server.client.set("unacked", "not a hash")
    with pytest.raises(ServiceError):
        read(server, "celery")
