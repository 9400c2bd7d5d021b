from __future__ import annotations

import json

import pytest

from desktop.engine import broker
from desktop.engine.errors import ServiceError
from desktop.engine.model import Queue

SEP = "\x06\x16"


def bind(server, exchange: str, routing_key: str, queue: str, prefix: str = "") -> None:
    server.client.sadd(f"{prefix}_kombu.binding.{exchange}", SEP.join((routing_key, "", queue)))


def hold(server, tag: str, exchange: str, routing_key: str, key: str = "unacked") -> None:
    server.client.hset(key, tag, json.dumps([{"body": "", "headers": {}}, exchange, routing_key]))


def test_depth_counts_messages_of_every_priority(server):
    bind(server, "celery", "celery", "celery")
    server.client.lpush("celery", *"abc")
    server.client.lpush(f"celery{SEP}3", *"ab")
    server.client.lpush(f"celery{SEP}9", "a")
    assert broker.queues(server.url) == (Queue("celery", 6, None, 0),)


def test_every_bound_queue_is_found_but_those_of_control_replies_and_events(server, workers):
    workers.start("w1@test", "-P", "solo", "-Q", "celery,download_queue")
    assert [queue.name for queue in broker.queues(server.url)] == ["celery", "download_queue"]


def test_named_queues_are_told_in_the_order_asked_whether_they_exist_or_not(server):
    server.client.lpush("b", "1")
    assert broker.queues(server.url, ["b", "a"]) == (Queue("b", 1), Queue("a", 0))


def test_unacknowledged_messages_are_told_per_queue(server):
    bind(server, "celery", "celery", "celery")
    bind(server, "media", "fetch.video", "download_queue")
    hold(server, "1", "celery", "celery")
    hold(server, "2", "media", "fetch.video")
    hold(server, "3", "", "download_queue")
    hold(server, "4", "unknown", "unknown")
    server.client.hset("unacked", "5", b"\xff not json")
    found = broker.queues(server.url)
    assert [(q.name, q.unacked) for q in found] == [("celery", 1), ("download_queue", 2)]


def test_tasks_that_wait_in_a_worker_are_unacknowledged(server, workers, tmp_path, wait_until):
    workers.start("w1@test", "-P", "threads", "-c", "1", "--prefetch-multiplier", "2")
    gate = tmp_path / "gate"
    for _ in range(4):
        workers.send("wait_for_file", str(gate))
    # One runs and was acknowledged before, two wait in the worker, one in the queue.
    wait_until(lambda: broker.queues(server.url) == (Queue("celery", 1, None, 2),))
    gate.touch()
    wait_until(lambda: broker.queues(server.url) == (Queue("celery"),))


def test_very_many_unacknowledged_messages_are_estimated_from_a_sample(server):
    bind(server, "celery", "celery", "celery")
    pipe = server.client.pipeline()
    message = json.dumps([{}, "celery", "celery"])
    for tag in range(5000):
        pipe.hset("unacked", str(tag), message)
    pipe.execute()
    assert broker.queues(server.url)[0].unacked == 5000


def test_a_key_prefix_divides_two_apps_on_one_server(server):
    bind(server, "celery", "celery", "celery", prefix="a*:")
    server.client.lpush("a*:celery", "1")
    hold(server, "1", "celery", "celery", key="a*:unacked")
    bind(server, "celery", "celery", "other", prefix="ab:")
    assert broker.queues(server.url, key_prefix="a*:") == (Queue("celery", 1, None, 1),)


def test_keys_of_a_wrong_type_are_empty_queues(server):
    bind(server, "celery", "celery", "celery")
    server.client.set("celery", "not a list")
    server.client.set("_kombu.binding.odd", "not a set")
    assert broker.queues(server.url) == (Queue("celery"),)


def test_memory_is_told_with_its_limit(server):
    used = broker.memory(server.url)
    assert used.used_bytes > 100_000
    assert used.max_bytes is None
    server.client.config_set("maxmemory", 64 * 1024 * 1024)
    assert broker.memory(server.url).max_bytes == 64 * 1024 * 1024
    server.client.config_set("maxmemory", 0)


@pytest.mark.parametrize("url", ["redis://:hunter2@127.0.0.1:{port}/0", "bad://u:hunter2@h/0"])
def test_a_broker_out_of_reach_is_told_without_its_password(url, closed_port):
    with pytest.raises(ServiceError) as caught:
        broker.queues(url.format(port=closed_port))
    assert caught.value.problem.code == "broker-unreachable"
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_redis_errors_in_between_are_translated_too(server):
    server.client.set("unacked", "not a hash")
    with pytest.raises(ServiceError):
        broker.queues(server.url, ["celery"])
