from __future__ import annotations

import pytest
from kombu import Connection

from desktop.engine.errors import ServiceError
from desktop.engine.queues import other_brokers


@pytest.fixture
def broker():
    """A broker in this process: its url, and a queue with three messages."""
    with Connection("memory://") as connection:
        queue = connection.SimpleQueue("mail")
        queue.clear()
        for number in range(3):
            queue.put({"n": number})
        queue.close()
    return "memory://"


def test_queues_are_counted_where_there_are_any(broker):
    found = dict(other_brokers.depths(broker, {}, ["mail", "none"]))
    assert found["mail"] == 3
    assert not found.get("none")


def test_a_queue_is_dropped_by_the_broker_s_own_means(broker):
    assert other_brokers.drop(broker, {}, "mail") == 3
    assert dict(other_brokers.depths(broker, {}, ["mail"]))["mail"] == 0


@pytest.mark.parametrize("url", ["amqp://u:hunter2@127.0.0.1:{port}//", "nonsense://u:hunter2@h/"])
def test_a_broker_out_of_reach_is_told_without_its_password(url, closed_port):
    with pytest.raises(ServiceError) as caught:
        other_brokers.depths(url.format(port=closed_port), {}, ["mail"])
    assert "hunter2" not in str(caught.value)
