"""The move back, against real Redis and kombu's own transport."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue

from desktop.engine.control import Control
from desktop.engine.rescue import keys, unacked
from desktop.engine.rescue.message import message
from tests.engine.conftest import Server, wait_until

RACE = 10_000


@contextmanager
def channel(server: Server, options: dict[str, Any]) -> Iterator[Any]:
    with Connection(server.url, transport_options=options) as connection:
        opened = connection.channel()
        yield opened
        # What it has is not given back: it dies.
        opened.qos.restore_at_shutdown = False
        opened._delivered = opened.qos._delivered
        opened.qos._delivered.clear()


def publish(opened: Any, exchange: Exchange, routing_key: str, priority: int | None) -> None:
    producer = opened.connection.client.Producer(opened, exchange=exchange)
    producer.publish(
        [[], {}, {}],
        routing_key=routing_key,
        priority=priority,
        headers={"id": f"id-{priority}", "task": "t"},
    )


def lists(server: Server) -> dict[str, list[Any]]:
    client = server.client
    return {
        key.decode(): [json.loads(one) for one in client.lrange(key, 0, -1)]
        for key in sorted(client.keys())
        if client.type(key) == b"list"
    }


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"global_keyprefix": "a*:", "sep": "::", "priority_steps": list(range(10))},
        {"unacked_key": "mine", "unacked_index_key": "my_index"},
    ],
    ids=["plain", "prefix", "names"],
)
@pytest.mark.parametrize("kind", ["direct", "topic", "anonymous"])
def test_a_message_goes_where_kombu_itself_would_put_it(
    server: Server, options: dict[str, Any], kind: str
) -> None:
    exchange = Exchange(
        "" if kind == "anonymous" else "media", kind if kind == "topic" else "direct"
    )
    with channel(server, options) as opened:
        queue = Queue("films", exchange, "video.*" if kind == "topic" else "video.new")
        if kind == "anonymous":
            queue = Queue("films", exchange, "films")
        queue(opened).declare()
        key = "films" if kind == "anonymous" else "video.new"
        for priority in (None, 0, 4, 9):
            publish(opened, exchange, key, priority)
        got = [opened.basic_get("films") for _ in range(4)]
        assert all(got)
        tags = [one.delivery_tag for one in got]
        held = server.client.dump("mine" if "unacked_key" in options else _key(options, "unacked"))
        index = server.client.dump(
            "my_index" if "unacked_key" in options else _key(options, "unacked_index")
        )
        for tag in tags:
            opened.qos.restore_by_tag(tag)
        expected = lists(server)
        names = keys.keys(options, 0, steps=options.get("priority_steps", ()))
        for name in expected:
            server.client.delete(name)
        server.client.restore(names.unacked, 0, held)
        server.client.restore(names.index, 0, index)
    read = unacked.read(server.url, names)
    assert {one.id for one in read} == {"id-None", "id-0", "id-4", "id-9"}
    moved = unacked.put_back(server.url, names, sorted(read, key=lambda m: tags.index(m.tag)))
    assert {queue for _, queue in moved.back} == {"films"}
    assert lists(server) == expected
    assert not server.client.exists(names.unacked, names.index)


def _key(options: dict[str, Any], name: str) -> str:
    return f"{options.get('global_keyprefix', '')}{name}"


def hold(server: Server, tag: str, at: float, **more: Any) -> None:
    body = {"headers": {"id": tag, "task": "t"}, "properties": {}, **more}
    server.client.hset("unacked", tag, json.dumps([body, "", "celery"]))
    server.client.zadd("unacked_index", {tag: at})


def test_what_was_delivered_anew_meanwhile_is_left_alone(server: Server) -> None:
    hold(server, "a", 100.0)
    (read,) = unacked.read(server.url, keys.Keys())
    server.client.zadd("unacked_index", {"a": 200.0})
    assert unacked.put_back(server.url, keys.Keys(), [read]) == unacked.Moved()
    assert server.client.hlen("unacked") == 1


def test_a_list_that_can_not_be_pushed_to_costs_no_message(server: Server) -> None:
    hold(server, "a", 100.0)
    server.client.set("celery", "not a list")
    with pytest.raises(Exception, match="broker"):
        unacked.put_back(server.url, keys.Keys(), unacked.read(server.url, keys.Keys()))
    assert server.client.hlen("unacked") == 1
    assert server.client.zcard("unacked_index") == 1


def test_a_message_of_an_unknown_queue_stays(server: Server) -> None:
    server.client.hset("unacked", "a", json.dumps([{"headers": {}}, "gone", "key"]))
    server.client.zadd("unacked_index", {"a": 1.0})
    read = unacked.read(server.url, keys.Keys())
    assert unacked.put_back(server.url, keys.Keys(), read) == unacked.Moved(homeless=read)
    assert server.client.hlen("unacked") == 1


def test_a_queue_of_the_app_is_known_without_its_binding(server: Server) -> None:
    server.client.hset(
        "unacked", "a", json.dumps([{"headers": {"id": "1", "task": "t"}}, "mail", "mail"])
    )
    server.client.zadd("unacked_index", {"a": 1.0})
    read = unacked.read(server.url, keys.Keys())
    moved = unacked.put_back(server.url, keys.Keys(), read, {"mail"})
    assert moved.back == ((read[0], "mail"),)


@pytest.mark.parametrize(
    "value",
    [b"", b"\xff", b"null", b"[]", b"[{}, 1, 2]", b'[{"headers": {"id": 3, "task": []}}, "", ""]'],
)
def test_what_is_no_task_has_no_id(value: bytes) -> None:
    assert message("tag", 1.0, value).id == ""


def test_connections_and_listeners_are_counted_without_disturbing_a_worker(
    server: Server, workers: Any
) -> None:
    workers.start("w1@test", "-P", "solo")
    # It consumes a moment before it listens to questions.
    wait_until(lambda: unacked.consumers(server.url, keys.Keys(), 0).listeners == 1)
    wait_until(lambda: len(unacked.consumers(server.url, keys.Keys(), 0).takers) == 1)
    assert unacked.consumers(server.url, keys.Keys(), 7).takers == ()
    assert Control(server.url).ping("w1@test", 5.0)


ACKNOWLEDGE = """
import sys, redis
client = redis.Redis(port=int(sys.argv[1]))
tags = [str(n) for n in range(int(sys.argv[2]), int(sys.argv[3]))]
for tag in tags[::-1] if sys.argv[4] == "back" else tags:
    pipe = client.pipeline()
    pipe.zrem("unacked_index", tag)
    pipe.hdel("unacked", tag)
    if pipe.execute()[1]:
        print(tag)
"""
"""As ``QoS.ack`` does: one transaction a message."""


def test_a_race_against_acknowledgements_loses_and_doubles_nothing(server: Server) -> None:
    at = time.time() - 60
    pipe = server.client.pipeline(transaction=False)
    for number in range(RACE):
        body = {
            "headers": {"id": str(number), "task": "t"},
            "properties": {"priority": number % 10},
        }
        pipe.hset("unacked", str(number), json.dumps([body, "", "celery"]))
        pipe.zadd("unacked_index", {str(number): at + number / 1e4})
    pipe.execute()
    half = RACE // 2
    consumers = [
        subprocess.Popen(
            [sys.executable, "-c", ACKNOWLEDGE, str(server.port), *map(str, part)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for part in ((0, half, "back"), (half, RACE, "forth"))
    ]
    # The race begins when the first is acknowledged.
    wait_until(lambda: server.client.hlen("unacked") < RACE)
    found: list[unacked.Moved] = []
    names = keys.Keys()

    def rescue() -> None:
        read = unacked.read(server.url, names)
        found.append(unacked.put_back(server.url, names, read))

    # Two rescuers: another engine may look after the same broker.
    rescuers = [threading.Thread(target=rescue) for _ in range(2)]
    for thread in rescuers:
        thread.start()
    acknowledged = [tag for one in consumers for tag in one.communicate(timeout=60)[0].split()]
    for thread in rescuers:
        thread.join(60)
    back = [one.id for moved in found for one, _ in moved.back]
    queued = [
        json.loads(one)["headers"]["id"]
        for key in names.lists_of("celery")
        for one in server.client.lrange(key, 0, -1)
    ]
    assert sorted(queued) == sorted(back)
    assert sorted([*acknowledged, *queued], key=int) == [str(n) for n in range(RACE)]
    assert acknowledged
    assert queued
    assert not server.client.exists("unacked", "unacked_index")
