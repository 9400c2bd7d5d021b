"""Brokers that are not Redis, by kombu's own transports that need no server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

from desktop.engine.model import TaskCounts
from desktop.engine.telemetry import Telemetry
from desktop.engine.telemetry.kombu_source import KombuSource
from desktop.engine.telemetry.source import source_of
from tests.engine.telemetry.streams import NODES, Clock


@pytest.fixture(params=["memory", "filesystem"])
def broker(request, tmp_path) -> tuple[str, dict[str, Any]]:
    if request.param == "memory":
        return "memory://events", {"polling_interval": 0.02}
    for name in ("in", "control"):
        (tmp_path / name).mkdir()
    return "filesystem://", {
        "data_folder_in": str(tmp_path / "in"),
        "data_folder_out": str(tmp_path / "in"),
        "control_folder": str(tmp_path / "control"),
        "polling_interval": 0.02,
    }


@contextlib.contextmanager
def dispatcher(url: str, options: dict[str, Any]) -> Iterator[Any]:
    """Celery's own sender of events."""
    app = Celery("sender", broker=url, set_as_current=False)
    app.conf.broker_transport_options = options
    with app.connection_for_write() as connection:
        yield app.events.Dispatcher(connection, hostname=NODES[0][0])


def test_celerys_events_are_counted_whatever_the_broker(broker, wait_until):
    url, options = broker
    told: list[TaskCounts] = []
    tasks: list[Any] = []
    telemetry = Telemetry(
        url, lambda counts, _: told.append(counts), options=options, on_tasks=tasks.extend
    )
    telemetry.start()
    try:
        wait_until(lambda: telemetry.connected)
        with dispatcher(url, options) as send:
            for event in Clock().run("t", NODES[0], "task-succeeded"):
                fields = {k: v for k, v in event.items() if k not in {"type", "hostname", "pid"}}
                fields = {k: v for k, v in fields.items() if k not in {"clock", "utcoffset"}}
                send.send(event["type"], **fields)
        wait_until(lambda: told and told[-1] == TaskCounts(received=1, succeeded=1))
        assert (tasks[-1].name, tasks[-1].result) == ("app.t", "42")
    finally:
        telemetry.stop()


def test_a_broker_that_is_not_there_is_tried_again_and_harms_nobody(wait_until, closed_port):
    telemetry = Telemetry(f"amqp://127.0.0.1:{closed_port}//", lambda *_: None)
    telemetry.start()
    telemetry.stop()
    assert not telemetry.connected


def test_redis_is_read_from_directly_and_others_by_kombu():
    assert isinstance(source_of("amqp://h//"), KombuSource)
    assert isinstance(source_of("sentinel://h:26379/0"), KombuSource)
    assert not isinstance(source_of("redis://h/0"), KombuSource)
    assert not isinstance(source_of("redis+socket:///tmp/redis.sock"), KombuSource)


def test_where_no_event_can_come_no_queue_is_made(monkeypatch):
    """As SQS is: kombu's transport for it knows direct exchanges alone."""
    from kombu import Connection
    from kombu.transport.memory import Transport

    direct = Transport.implements.extend(exchange_type=frozenset(["direct"]))
    monkeypatch.setattr(Transport, "implements", direct)
    source = KombuSource("memory://nothing", exchange="celeryev.none", options={})
    source.open()
    try:
        assert source.read(0.05) == []
        with Connection("memory://nothing") as connection:
            tables = connection.default_channel.state.bindings
            assert not any("celeryev.none" in str(binding) for binding in tables)
    finally:
        source.close()
