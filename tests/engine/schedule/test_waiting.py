from __future__ import annotations

import time

from desktop.engine.control import Control
from desktop.engine.rescue.witnesses import Broker
from desktop.engine.schedule.waiting import held_back, waiting
from tests.engine.conftest import wait_until
from tests.engine.queues.conftest import KEYS, send  # noqa: F401 - a fixture


def test_tasks_of_workers_and_of_queues_are_told_in_the_order_of_their_time(
    server,
    workers,
    send,  # noqa: F811
):
    broker = Broker(server.url, KEYS, 0, Control(server.url))
    workers.start("w1@test", "-P", "solo", "-Q", "celery")
    held = send("sample.add", 1, 2, countdown=600)
    retry = send("sample.add", 1, 2, countdown=300, retries=1)
    queued = send("shop.mail", queue="mail", countdown=60)
    send("shop.mail", queue="mail")
    send("shop.mail", queue="mail", eta=None)
    wait_until(lambda: server.client.hlen("unacked") == 2)
    wait_until(lambda: sum(bool(one.worker) for one in waiting(broker, ["mail"])) == 2)
    found = waiting(broker, ["celery", "mail"])
    assert [(one.id, one.worker, one.retry) for one in found] == [
        (queued, "", False),
        (retry, "w1@test", True),
        (held, "w1@test", False),
    ]
    assert found[2].name == "sample.add"
    assert 590 < found[2].at - time.time() < 601


def test_answers_of_a_wrong_shape_are_left_out():
    replies = [
        ("a", None),
        ("b", [None, 3, {}, {"request": 3, "eta": "x"}, {"request": {}, "eta": "2026-01-01"}]),
        ("c", [{"request": {"id": 1, "args": []}, "eta": "2026-01-01T00:00:00+00:00"}]),
    ]
    (found,) = held_back(replies)
    assert found[1].id == "1" and found[1].args == ""
