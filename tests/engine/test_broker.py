from __future__ import annotations

import pytest

from desktop.engine import broker
from desktop.engine.errors import ServiceError


def test_depth_counts_messages_of_every_priority(server):
    server.client.lpush("celery", *"abc")
    server.client.lpush("celery\x06\x163", *"ab")
    server.client.lpush("celery\x06\x169", "a")
    server.client.set("odd", "not a list")
    assert broker.depths(server.url, ["celery", "odd", "none"]) == {
        "celery": 6,
        "odd": 0,
        "none": 0,
    }


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
        broker.depths(url.format(port=closed_port), ["celery"])
    assert caught.value.problem.code == "broker-unreachable"
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_redis_errors_in_between_are_translated_too(server):
    with pytest.raises(ServiceError), broker.connected(server.url) as client:
        client.execute_command("NONSENSE")
