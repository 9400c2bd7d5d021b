from __future__ import annotations

import base64
import json
import math

import pytest

from desktop.engine.telemetry import wire
from desktop.engine.telemetry.wire import Event, decode

STARTED = {
    "type": "task-started",
    "uuid": "u1",
    "hostname": "w1@h",
    "pid": 7,
    "clock": 3,
    "timestamp": 1.5e9,
}


def message(body: object, **envelope: object) -> bytes:
    encoded = base64.b64encode(body if isinstance(body, bytes) else json.dumps(body).encode())
    return json.dumps({"body": encoded.decode(), "properties": {}, **envelope}).encode()


def one(body: object) -> Event:
    (event,) = decode(message(body))
    return event


def test_one_event_and_a_list_of_them_are_read():
    expected = Event("task-started", "u1", "w1@h", 7, 3, 1.5e9)
    assert decode(message(STARTED)) == [expected]
    assert decode(message([STARTED, STARTED])) == [expected, expected]


def test_fields_of_the_future_do_no_harm():
    assert one({**STARTED, "colour": {"deep": [1, {"x": None}]}}).uuid == "u1"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timestamp", "noon"),
        ("timestamp", 1e300),
        ("timestamp", -1),
        ("timestamp", math.nan),
        ("runtime", math.inf),
        ("timestamp", None),
        ("clock", "three"),
        ("clock", 3.5),
        ("pid", [1]),
        ("name", {"a": 1}),
        ("args", 12),
        ("hostname", None),
        ("freq", "often"),
        ("freq", -4),
        ("pid", 10**30),
        ("retries", -1),
        ("retries", 1.5),
        ("runtime", "long"),
        ("runtime", -1),
        ("result", 5),
        ("exception", ["x"]),
        ("traceback", {}),
        ("terminated", "yes"),
        ("expired", 1),
        ("requeue", "no"),
        ("eta", 5),
        ("queue", {"name": "x"}),
        ("processed", "many"),
    ],
)
def test_an_absurd_field_counts_as_absent(field, value):
    event = one({**STARTED, "name": "n", field: value})
    assert getattr(event, field) == getattr(Event(), field)
    assert (event.type, event.uuid) == ("task-started", "u1")


def test_one_absurd_event_does_not_spoil_the_others_of_its_message():
    good = {**STARTED, "uuid": "u2"}
    events = decode(message([{**STARTED, "uuid": 17}, "x", None, 4, [], good]))
    assert [event.uuid for event in events] == ["", "u2"]  # without an id it is of a node


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"x"',
        b'{"body": 5}',
        b'{"body": "***"}',
        b'{"body": "AA"}',
        message(b"\xff\xff"),
        message(b"NaN"),
        message(b"[" * 100_000),
        b'{"body":' * 50_000,
        message(5),
        message(None),
        message({}),
        message([[STARTED]]),
    ],
)
def test_what_can_not_be_read_is_left_out(junk):
    assert decode(junk) == []


def test_a_body_that_is_not_in_base64_is_read_too():
    plain = json.dumps({"body": json.dumps(STARTED)}).encode()
    assert [event.uuid for event in decode(plain)] == ["u1"]


def test_sizes_are_bounded():
    event = one({**STARTED, "name": "n" * 10**5, "args": "a" * 10**6, "kwargs": "k" * 10**5})
    assert len(event.name or "") == wire.TEXT_MAX
    assert (len(event.args or ""), len(event.kwargs or "")) == (wire.REPR_MAX,) * 2
    ended = {"result": "r" * 10**5, "exception": "e" * 10**5, "traceback": "t" * 10**6}
    event = one({**STARTED, **ended})
    assert (len(event.result or ""), len(event.exception or "")) == (wire.REPR_MAX,) * 2
    assert len(event.traceback or "") == wire.TRACEBACK_MAX
    assert len(one({**STARTED, "hostname": "h" * 10**5}).hostname) == wire.TEXT_MAX
    assert decode(message({**STARTED, "uuid": "u" * 156})) == []
    assert len(decode(message([STARTED] * 10_500))) == wire.EVENTS_MAX
    assert decode(message({**STARTED, "args": "a" * 4 * 1024 * 1024})) == []


def test_of_a_long_traceback_the_end_is_kept_and_the_beginning_too():
    event = one({**STARTED, "traceback": "Traceback" + "x" * 10**6 + "ValueError: no"})
    assert (event.traceback or "").startswith("Traceback")
    assert (event.traceback or "").endswith("ValueError: no")


def test_text_is_kept_as_it_is():
    hostile = "<script>\x1b[31m\u202e\x00\U0001f600"
    assert one({**STARTED, "name": hostile}).name == hostile


def test_half_a_surrogate_pair_is_replaced_and_does_not_spoil_its_message():
    # A file name that is no UTF-8, in an exception: Python's json writes it as it is.
    events = decode(message([{**STARTED, "traceback": "no \udcff"}, STARTED]))
    assert [event.traceback for event in events] == ["no ?", None]


def test_every_field_of_celerys_task_events_is_read():
    sent = one({
        "type": "task-sent", "uuid": "u", "queue": "mail", "exchange": "", "routing_key": "mail",
        "root_id": "r", "parent_id": None, "retries": 2, "eta": "2026-01-01T00:00:00+00:00",
        "expires": None, "name": "n", "args": "()", "kwargs": "{}",
    })  # fmt: skip
    assert (sent.queue, sent.routing_key, sent.root_id, sent.retries) == ("mail", "mail", "r", 2)
    assert (sent.eta, sent.expires) == ("2026-01-01T00:00:00+00:00", None)
    done = one({**STARTED, "type": "task-succeeded", "result": "3", "runtime": 0.5})
    assert (done.result, done.runtime) == ("3", 0.5)
    for signum in (15, "SIGTERM", None):
        revoked = {"terminated": True, "signum": signum, "expired": False}
        event = one({**STARTED, "type": "task-revoked", **revoked})
        assert (event.terminated, event.signum, event.expired) == (True, signum, False)
    assert one({**STARTED, "type": "task-rejected", "requeue": True}).requeue is True
    beat = one({"type": "worker-heartbeat", "active": 1, "processed": 9, "loadavg": [0.1, 0, 0]})
    assert (beat.active, beat.processed) == (1, 9)
