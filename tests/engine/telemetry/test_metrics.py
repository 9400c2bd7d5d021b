"""What Flower's metrics tell, beside Flower's own code, and before producers that mean harm."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from flower.options import options
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.metrics_commands import (
    RUNTIME_BUCKETS_S,
    MetricsReport,
    TaskSeries,
    WorkerSeries,
)
from desktop.engine.telemetry import metrics
from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.wire import Event, events_of
from tests.engine.telemetry.streams import NODES, Clock, one_run_each

NODE = NODES[0]


def told(fold: Fold, worker: str = NODE[0]) -> WorkerSeries:
    (found,) = [one for one in fold.series() if one.worker == worker]
    return found


def task(fold: Fold, name: str, worker: str = NODE[0]) -> TaskSeries:
    (found,) = [one for one in told(fold, worker).tasks if one.task == name]
    return found


def feed(fold: Fold, raw: list[dict[str, Any]]) -> None:
    fold.feed(events_of(json.loads(json.dumps(raw))), 0.0)


@given(one_run_each(), st.integers(1, 40), st.booleans())
def test_every_event_is_counted_once_whenever_what_has_ended_is_forgotten(raw, batch, taken):
    fold = Fold()
    for start in range(0, len(raw), batch):
        feed(fold, raw[start : start + batch])
        if taken:
            fold.take()
    ours = {
        (one.worker, kind, series.task): count
        for one in fold.series()
        for series in one.tasks
        for kind, count in series.events
    }
    theirs: dict[tuple[str, str, str], int] = {}
    for one in raw:
        key = one["hostname"], one["type"], f"app.{one['uuid']}"
        theirs[key] = theirs.get(key, 0) + 1
    assert ours == theirs


def test_a_runtime_falls_into_the_bucket_that_prometheus_puts_it_in():
    clock, fold = Clock(), Fold()
    runtimes = (0.0, 0.001, 0.005, 0.0051, 0.75, 9.99, 10.0, 10.1, 1e6)
    for number, runtime in enumerate(runtimes):
        events = clock.run(f"t{number}", NODE, "task-succeeded")
        feed(fold, [{**one, "name": "app.t", "runtime": runtime} for one in events[:1]])
        feed(fold, [events[1], {**events[2], "runtime": runtime}])
    found = task(fold, "app.t")
    # Flower leaves out what took no time at all.
    assert found.runtimes == (2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 2)
    assert found.runtime_sum_s == pytest.approx(sum(runtimes))


def test_prefetched_is_what_a_worker_has_and_has_not_started():
    clock, fold = Clock(), Fold()
    first, second = (clock.run(one, NODE, "task-succeeded") for one in ("a", "b"))
    for events in (first, second):
        events[0]["name"] = "app.t"
    feed(fold, [first[0], second[0]])
    assert task(fold, "app.t").prefetched == 2
    assert task(fold, "app.t").prefetch_time_s is None
    feed(fold, [first[1]])
    assert task(fold, "app.t").prefetched == 1
    assert task(fold, "app.t").prefetch_time_s == first[1]["timestamp"] - first[0]["timestamp"]
    feed(fold, [first[2]])
    assert task(fold, "app.t").prefetch_time_s == 0.0
    feed(fold, second[1:])
    assert task(fold, "app.t").prefetched == 0


def test_what_waits_for_its_time_is_not_prefetched():
    clock, fold = Clock(), Fold()
    feed(fold, clock.run("later", NODE, "task-succeeded", retries=1))
    found = task(fold, "app.later")
    assert found.prefetched is None and found.prefetch_time_s is None


def test_a_worker_that_is_killed_has_nothing_prefetched_and_is_offline():
    clock, fold = Clock(), Fold()
    feed(fold, [clock.event("worker-heartbeat", "", NODE, active=1), *clock.run("t", NODE, None)])
    feed(fold, clock.run("u", NODE, None)[:1])
    assert told(fold).online is True and told(fold).executing == 1
    assert task(fold, "app.u").prefetched == 1
    fold.tick(100.0, lambda name, pid: False)
    assert told(fold).online is False and told(fold).executing == 0
    assert task(fold, "app.u").prefetched == 0


def test_a_worker_that_was_replaced_under_its_name_is_online():
    clock, fold = Clock(), Fold()
    new = (NODE[0], 99)
    feed(fold, [clock.event("worker-heartbeat", "", one, active=0) for one in (NODE, new)])
    fold.tick(100.0, lambda name, pid: pid == 99)
    assert told(fold).online is True


def test_a_goodbye_is_offline_and_a_client_is_neither():
    clock, fold = Clock(), Fold()
    feed(fold, [clock.event("worker-online", "", NODE), clock.sent("t")])
    assert told(fold).online is True
    feed(fold, [clock.event("worker-offline", "", NODE)])
    assert told(fold).online is False
    assert told(fold, "gen1@h").online is None
    assert task(fold, "app.t", "gen1@h").events == (("task-sent", 1),)


def test_an_end_that_comes_late_has_the_name_of_its_task():
    clock, fold = Clock(), Fold()
    feed(fold, clock.run("t", NODE, "task-succeeded"))
    fold.take()
    feed(fold, [clock.event("task-progress", "t", NODE), clock.event("task-retried", "t", NODE)])
    assert dict(task(fold, "app.t").events)["task-progress"] == 1
    assert dict(task(fold, "app.t").events)["task-retried"] == 1
    feed(fold, [clock.event("task-started", "never heard of", NODE)])
    assert task(fold, "").events == (("task-started", 1),)


def test_hostile_labels_are_bounded_in_length_and_number(monkeypatch):
    monkeypatch.setattr(metrics, "TASKS_MAX", 50)
    monkeypatch.setattr(metrics, "WORKERS_MAX", 20)
    fold = Fold()
    for number in range(400):
        name = f"{number} " + "x" * 900
        fold.feed([Event("task-received", f"{number}", "w1@h", 7, number + 1, 1.0, name)], 0.0)
        fold.feed([Event(f"task-{name}", f"{number}", "w1@h", 7, number + 1, 1.0)], 0.0)
        fold.feed([Event("task-sent", "x", f"{name}@h", 7, number + 1, 1.0, "app.t")], 0.0)
        fold.feed([Event("worker-online", "", f"w{name}@h", 7, number + 1, 1.0)], 0.0)
    workers = fold.series()
    assert len(workers) == 20
    assert sum(len(one.tasks) for one in workers) <= 50 + 20
    labels = {one.worker for one in workers}
    labels |= {series.task for one in workers for series in one.tasks}
    labels |= {kind for one in workers for series in one.tasks for kind, _ in series.events}
    assert max(map(len, labels)) <= metrics.LABEL_MAX
    assert all(len(s.events) <= metrics.TYPES_MAX + 4 for one in workers for s in one.tasks)
    # Nothing is lost: what is too much is counted together.
    assert sum(n for s in told(fold).tasks for _, n in s.events) == 800
    assert msgspec.msgpack.encode(MetricsReport(workers))


def test_who_makes_room_is_the_one_that_was_heard_the_longest_ago(monkeypatch):
    monkeypatch.setattr(metrics, "WORKERS_MAX", 2)
    fold = Fold()
    for name in ("a", "b", "a", "c"):
        fold.feed([Event("task-received", name, name, 7, 1, 1.0, "app.t")], 0.0)
    assert {one.worker for one in fold.series()} == {"a", "c"}
    assert fold.metrics.count == 2


def test_the_buckets_are_flower_s():
    assert tuple(options.task_runtime_metric_buckets)[:-1] == RUNTIME_BUCKETS_S
