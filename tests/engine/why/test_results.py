from __future__ import annotations

from types import SimpleNamespace

import pytest
from celery import Celery

from desktop.engine.app_info import AppInfo
from desktop.engine.cleanup_model import LostTask
from desktop.engine.control import Control
from desktop.engine.errors import ServiceError
from desktop.engine.rescue.keys import Keys
from desktop.engine.rescue.losses import really_lost
from desktop.engine.rescue.witnesses import Broker
from desktop.engine.states import TaskState
from desktop.engine.why import gather, other_places, results


def test_a_result_is_read_as_celery_wrote_it(server):
    server.client.set(
        "celery-task-meta-1",
        '{"status": "FAILURE", "result": {"exc_type": "ValueError", "exc_message": ["no"]},'
        ' "date_done": "2026-11-24T09:00:00+00:00"}',
    )
    server.client.set("x:celery-task-meta-1", '{"status": "SUCCESS", "result": [1, "ä"]}')
    found = results.read(server.url, "1")
    assert found and (found.state, found.result) == (TaskState.FAILURE, "ValueError: ['no']")
    assert found.finished_at == 1795510800
    prefixed = results.read(server.url, "1", "x:")
    assert prefixed and (prefixed.state, prefixed.result) == (TaskState.SUCCESS, '[1, "ä"]')
    assert results.read(server.url, "2") is None


@pytest.mark.parametrize("value", [b"\x80\x04pickle", b"[]", b'{"status": "ODD"}', b"[" * 99999])
def test_a_result_that_can_t_be_read_is_a_result(value):
    assert results.of_value(value).state is None


def test_only_a_redis_backend_is_looked_into(closed_port):
    assert results.readable("redis://h/0")
    assert not results.readable("db+sqlite:///x") and not results.readable("")
    with pytest.raises(ServiceError):
        results.read(f"redis://127.0.0.1:{closed_port}/0", "1")


def test_other_databases_and_brokers_are_looked_through_once(server, closed_port):
    server.client.execute_command("SELECT", 0)
    server.client.set("here", 1)
    other = server.url.removesuffix("0") + "3"
    with other_places.connected(other) as client:
        client.set("there", 1)
    elsewhere = f"redis://127.0.0.1:{closed_port}/0"
    found = other_places.places(server.url, [other, elsewhere, server.url, "amqp://h//"])
    assert found == (other, elsewhere)
    assert other_places.find(elsewhere, "x") is None, "what is down has nothing"
    assert other_places.find(other, "x") is None


async def test_results_of_a_backend_with_a_key_prefix_are_found(server):
    app = Celery("shop", backend=server.url, set_as_current=False)
    app.conf.result_backend_transport_options = {"global_keyprefix": "shop"}
    app.backend.store_result("1", "fine", "SUCCESS")
    info = AppInfo(result_backend=server.url, result_key_prefix="shop_")
    stack = SimpleNamespace(app=SimpleNamespace(info=info))
    found, asked = await gather._result(stack, "1")
    assert asked and found and found.result == '"fine"'
    broker = Broker(server.url, Keys(), 0, Control(server.url))
    ended, lost = LostTask("1", "shop.pay"), LostTask("2", "shop.pay")
    assert really_lost(broker, [ended, lost], (), info) == (lost,)
