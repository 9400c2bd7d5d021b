from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from desktop.engine.queues import messages
from desktop.engine.queues.message import WHOLE_MAX
from tests.engine.conftest import wait_until
from tests.engine.queues.conftest import KEYS


def peek(server, queue: str = "celery", start: int = 0, limit: int = 50):
    return messages.peek(server.url, KEYS, queue, start, limit)[0]


def test_messages_are_shown_in_the_order_in_which_a_worker_takes_them(server, send):
    low = send("shop.low", priority=9)
    first, second = send("shop.a", 1), send("shop.b", 2)
    shown, depth = messages.peek(server.url, KEYS, "celery")
    assert [(one.position, one.id, one.priority) for one in shown] == [
        (0, first, 0),
        (1, second, 0),
        (2, low, 9),
    ]
    assert depth == 3
    assert [one.id for one in peek(server, start=1, limit=1)] == [second]
    assert [one.id for one in peek(server, start=1, limit=9)] == [second, low]
    assert server.client.llen("celery") == 2, "none was taken"


def test_what_a_message_says_is_decoded(server, send):
    eta = datetime.now(UTC) + timedelta(hours=1)
    send("shop.mail", 1, "ä", kwargs={"to": "ada"}, eta=eta, expires=eta, retries=2)
    (one,) = peek(server)
    assert (one.name, one.args, one.kwargs) == ("shop.mail", "(1, 'ä')", "{'to': 'ada'}")
    assert one.eta == pytest.approx(eta.timestamp())
    assert one.expires_at == pytest.approx(eta.timestamp())
    assert one.retries == 2
    assert json.loads(one.body)[:2] == [[1, "ä"], {"to": "ada"}]
    assert "@" in one.origin
    assert one.sent_at is None, "Celery's messages do not tell"


def test_a_message_that_tells_when_it_was_sent_is_believed(server, send):
    send("shop.mail", timestamp=1_700_000_000)
    assert peek(server)[0].sent_at == 1_700_000_000


def test_a_pickle_is_never_opened(server, send, tmp_path):
    trap = tmp_path / "sprung"

    class Trap:
        def __reduce__(self):
            return (open, (str(trap), "w"))

    send("shop.trap", Trap(), serializer="pickle", argsrepr="(…)")
    (one,) = peek(server)
    assert (one.name, one.args, one.body) == ("shop.trap", "(…)", "")
    assert one.content_type == "application/x-python-serialize"
    assert not trap.exists()


def test_a_megabyte_is_shown_by_its_start_and_its_headers(server, send):
    task_id = send("shop.big", "x" * (1 << 20))
    (one,) = peek(server)
    assert (one.id, one.name) == (task_id, "shop.big")
    assert one.size_bytes > 1 << 20 > WHOLE_MAX
    assert one.body.startswith('[["xxx') and len(one.body) <= 4096
    assert len(one.args) <= 1024


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'{"headers": 3, "properties": [], "body": {"a": 1}}',
        b'{"body": "***", "properties": {"body_encoding": "base64"}, "headers": {"id": 7}}',
        b"[" * 100_000,
        b'{"headers": {"eta": "tomorrow", "expires": 1e300, "retries": "x", "argsrepr": []}}',
    ],
)
def test_what_is_no_message_is_shown_as_text(server, raw):
    server.client.lpush("celery", raw)
    (one,) = peek(server)
    assert one.id == "" and one.size_bytes == len(raw) and len(one.body) <= 4096


def test_a_message_is_found_with_its_place_in_the_line(server, send):
    ids = send.many(1200)
    found = messages.find(server.url, KEYS, ["mail", "celery"], ids[777])
    assert found and (found.queue, found.position, found.depth) == ("celery", 777, 1200)
    assert found.message.args == "(777,)"
    assert messages.find(server.url, KEYS, ["celery"], "no-such-id") is None


def test_a_task_that_only_names_another_is_not_taken_for_it(server, send):
    parent = send("shop.parent")
    send("shop.child", parent, root_id=parent, parent_id=parent)
    server.client.rpop("celery")
    assert messages.find(server.url, KEYS, ["celery"], parent) is None


def test_dropping_counts_what_waits_and_leaves_what_is_delivered(server, send):
    send.many(4)
    send(priority=6)
    server.client.hset("unacked", "tag", "held")
    assert messages.drop(server.url, KEYS, "celery") == 5
    assert messages.peek(server.url, KEYS, "celery")[1] == 0
    assert server.client.hlen("unacked") == 1
    assert messages.drop(server.url, KEYS, "celery") == 0


def test_dropping_some_drops_those_that_are_next(server, send):
    ids = send.many(3)
    low = send(priority=9)
    assert messages.drop(server.url, KEYS, "celery", 2) == 2
    assert [one.id for one in peek(server)] == [ids[2], low]
    assert messages.drop(server.url, KEYS, "celery", 2) == 2
    assert messages.drop(server.url, KEYS, "celery", 0) == 0


def test_moving_keeps_order_and_priority_and_comes_behind_what_is_there(server, send):
    there = send(queue="mail")
    ids = send.many(1100)
    low = [send(priority=3), send(priority=3)]
    done = messages.move(server.url, KEYS, "celery", "mail")
    assert (done.moved, done.left) == (1102, 0)
    shown = [one.id for start in range(0, 1103, 400) for one in peek(server, "mail", start, 400)]
    assert shown == [there, *ids, *low]
    assert messages.peek(server.url, KEYS, "celery")[1] == 0


def test_a_moved_message_is_addressed_as_if_it_had_been_sent_there(server, send):
    send()
    send(queue="mail")
    messages.move(server.url, KEYS, "celery", "mail")
    was_there, moved = (json.loads(m) for m in server.client.lrange("mail", 0, -1)[::-1])
    assert moved["properties"]["delivery_info"] == {"exchange": "", "routing_key": "mail"}
    assert moved["body"] == was_there["body"]


def test_only_those_that_were_picked_are_moved(server, send):
    ids = send.many(1300)
    picked = [ids[3], ids[1250]]
    done = messages.move(server.url, KEYS, "celery", "mail", [*picked, "gone"])
    assert done.moved == 2
    assert [one.id for one in peek(server, "mail")] == picked
    assert messages.peek(server.url, KEYS, "celery")[1] == 1298


def test_what_can_t_be_addressed_stays(server, send):
    server.client.lpush("celery", b"no message")
    (sent,) = send.many(1)
    done = messages.move(server.url, KEYS, "celery", "mail")
    assert (done.moved, done.left) == (1, 1)
    assert [one.id for one in peek(server, "mail")] == [sent]
    assert server.client.lrange("celery", 0, -1) == [b"no message"]


def test_nothing_is_lost_or_doubled_while_workers_take_and_senders_send(server, send):
    ids = set(send.many(3000))
    taken: list[bytes] = []
    stop = threading.Event()

    def consume() -> None:
        while not stop.is_set():
            value = server.client.rpop("celery")
            if value:
                taken.append(value)
            time.sleep(0)

    consumer = threading.Thread(target=consume)
    consumer.start()
    wait_until(lambda: len(taken) > 5)
    done = messages.move(server.url, KEYS, "celery", "mail")
    stop.set()
    consumer.join()
    moved = [json.loads(one)["headers"]["id"] for one in server.client.lrange("mail", 0, -1)]
    rest = [json.loads(one)["headers"]["id"] for one in server.client.lrange("celery", 0, -1)]
    held = [json.loads(one)["headers"]["id"] for one in taken]
    assert len(moved) == done.moved > 0
    assert sorted([*moved, *rest, *held]) == sorted(ids)


def test_a_worker_runs_what_was_moved_to_its_queue(server, send, workers, tmp_path):
    gate = tmp_path / "gate"
    sent = send("sample.wait_for_file", str(gate), queue="mial")
    workers.start("w1@test", "-P", "solo", "-Q", "mail")
    assert messages.move(server.url, KEYS, "mial", "mail").moved == 1
    wait_until(lambda: server.client.llen("mail") == 0)
    gate.touch()
    log = tmp_path / "workers" / "w1@test.log"
    wait_until(lambda: f"{sent}] succeeded" in log.read_text())
