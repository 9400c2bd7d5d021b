"""A producer of events that means harm: nothing crashes, nothing grows without end."""

from __future__ import annotations

import base64
import json
import os
import random
import tracemalloc

import pytest

from desktop.engine.telemetry import memory, tombs
from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.wire import REPR_MAX, TEXT_MAX, TRACEBACK_MAX, decode

KINDS = (
    "task-sent",
    "task-received",
    "task-started",
    "task-succeeded",
    "task-failed",
    "task-retried",
    "task-revoked",
    "task-rejected",
    "task-cancelled",
    "worker-online",
    "worker-heartbeat",
    "worker-offline",
    "task-",
    "worker-",
    "",
)
NASTY = (
    None, True, -1, 0, 2**63, 10**400, 1e308, -1e308, "", "x", "\x00", "\x1b[2J", "\u202e",
    "\ud800", "<script>alert(1)</script>", "[bold]", "é" * 5000, [], {}, [[]], {"a": {"b": []}},
    "NaN", [1] * 50,
)  # fmt: skip
FIELDS = [
    "uuid",
    "hostname",
    "pid",
    "clock",
    "timestamp",
    "name",
    "args",
    "kwargs",
    "queue",
    "exchange",
    "routing_key",
    "root_id",
    "parent_id",
    "retries",
    "eta",
    "expires",
    "result",
    "runtime",
    "exception",
    "traceback",
    "terminated",
    "signum",
    "expired",
    "requeue",
    "freq",
    "active",
    "processed",
    "utcoffset",
]


def message(events: object) -> bytes:
    body = base64.b64encode(json.dumps(events).encode()).decode()
    return json.dumps({"body": body}).encode()


def test_any_value_in_any_field_at_any_time_is_survived():
    rng = random.Random(5)  # noqa: S311
    fold = Fold()
    for number in range(1500):
        event = {field: rng.choice(NASTY) for field in rng.sample(FIELDS, 8)}
        event |= {"type": rng.choice(KINDS), "uuid": rng.choice(["a", "b", "c", *NASTY])}
        event |= {"hostname": rng.choice(["w@h", *NASTY]), "clock": rng.choice([number, *NASTY])}
        fold.feed(decode(message([event, {**event, "type": rng.choice(KINDS)}])), float(number))
        if number % 50 == 0:
            for task in fold.take():
                assert len(task.name) <= TEXT_MAX
                assert max(len(task.args), len(task.result), len(task.exception)) <= REPR_MAX
                assert len(task.traceback) <= TRACEBACK_MAX
            fold.active(100)
            fold.tick(float(number), lambda name, pid: None)
            fold.missing()
    assert fold.counts.received > 0
    assert fold.counts.active >= 0
    assert fold.in_flight <= 3 + len(NASTY)


@pytest.mark.parametrize("seed", range(3))
def test_random_bytes_are_no_events(seed):
    rng = random.Random(seed)  # noqa: S311
    good = message([{"type": "task-started", "uuid": "a", "hostname": "h"}])
    for _ in range(300):
        cut = rng.randrange(len(good))
        decode(good[:cut] + rng.randbytes(3) + good[cut + 3 :])
        decode(os.urandom(200))


def test_a_flood_of_ids_is_kept_in_bounds(monkeypatch):
    monkeypatch.setattr(memory, "RECORDS_MAX", 500)
    monkeypatch.setattr(tombs, "TOMBS_MAX", 500)
    fold = Fold()

    def flood(begin: int, count: int) -> None:
        for start in range(begin, begin + count, 1000):
            events = [
                {"type": kind, "uuid": f"{number:032x}", "hostname": f"w{number % 7}@h",
                 "pid": number % 7, "clock": number, "args": "a" * 100, "timestamp": 1.0}
                for number in range(start, start + 1000)
                for kind in ("task-received", random.choice(KINDS[2:6]))  # noqa: S311
            ]  # fmt: skip
            fold.feed(decode(message(events)), float(start))
            fold.take()

    flood(0, 2_000)
    tracemalloc.start()
    flood(2_000, 1_000)
    first, _ = tracemalloc.get_traced_memory()
    flood(3_000, 5_000)
    later, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert later < first + 500_000
    assert len(fold.records) <= 500
    assert len(fold.tombs) <= 500


def test_many_nodes_are_kept_in_bounds():
    fold = Fold()
    for number in range(0, 20_000, 1000):
        events = [
            {"type": "worker-heartbeat", "hostname": f"w{one}@h", "pid": one, "processed": one}
            for one in range(number, number + 1000)
        ]
        fold.feed(decode(message(events)), float(number), 1.0)
    assert len(fold.nodes._nodes) <= 5000
    assert len(fold.nodes._skews) <= 5000


def test_a_task_that_is_retried_without_end_is_kept_in_bounds():
    fold = Fold()
    for number in range(0, 3000, 3):
        life = [
            {"type": kind, "uuid": "a", "hostname": "w@h", "pid": 1, "clock": number + place + 1,
             "traceback": "t" * 5000, "timestamp": 1.0 + number}
            for place, kind in enumerate(("task-received", "task-started", "task-retried"))
        ]  # fmt: skip
        fold.feed(decode(message(life)), 1.0)
    (task,) = fold.take()
    assert len(task.attempts) == 20
    assert task.starts == 1000
