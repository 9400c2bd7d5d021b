"""Tasks that run more than once: retries, redeliveries, rejections, and clocks that disagree."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.wire import Event, events_of
from tests.engine.telemetry.streams import NODES, Clock

A, B = NODES


def fed(raw: list[dict[str, Any]], wall: float = 0.0) -> Fold:
    fold = Fold()
    fold.feed(events_of(raw), 0.0, wall)
    return fold


def task_of(raw: list[dict[str, Any]]) -> Task:
    (task,) = fed(raw).take()
    return task


def states(task: Task) -> list[str]:
    return [str(one.state) for one in task.attempts]


def test_a_worker_receives_a_retry_before_it_tells_of_it():
    """So Celery does: the message is sent, and received, before the event of the retry is."""
    clock = Clock()
    received = {"name": "app.t", "args": "()", "kwargs": "{}"}
    raw = [
        clock.event("task-received", "t", A, retries=0, **received),
        clock.event("task-started", "t", A),
        clock.event("task-received", "t", A, retries=1, **received),
        clock.event("task-retried", "t", A, exception="Retry()", traceback="…"),
        clock.event("task-started", "t", A),
        clock.event("task-succeeded", "t", A, result="1", runtime=0.1),
    ]
    for cut in range(len(raw)):
        fold = fed(raw[:cut])
        fold.take()
        fold.feed(events_of(raw[cut:]), 0.0, 0.0)
        (task,) = fold.take()
        (retry,) = task.attempts
        assert (retry.state, retry.started_at, retry.ended_at) == (TaskState.RETRY, 1002.0, 1004.0)
        assert (task.state, task.starts, task.retries) == (TaskState.SUCCESS, 2, 1)
        assert (task.received_at, task.started_at) == (1003.0, 1005.0)


def test_a_retry_that_nothing_caused_tells_no_exception():
    """Celery tells ``repr(None)`` of ``raise self.retry()`` outside of an ``except``."""
    clock = Clock()
    raw = [
        *clock.run("t", A, None),
        clock.event("task-retried", "t", A, exception="None", traceback="…"),
    ]
    (task,) = fed(raw).take()
    assert (task.state, task.exception) == (TaskState.RETRY, "")


@given(st.data())
def test_retries_come_to_the_same_in_any_order(data):
    clock, raw = Clock(), []
    count = data.draw(st.integers(1, 3))
    for retries in range(count):
        raw += clock.run("t", data.draw(st.sampled_from(NODES)), "task-retried", retries)
    node = data.draw(st.sampled_from(NODES))
    raw += clock.run(
        "t", node, data.draw(st.sampled_from(["task-succeeded", "task-failed"])), count
    )
    task, ordered = task_of(data.draw(st.permutations(raw))), task_of(raw)
    assert task.state == ordered.state
    assert (task.worker, task.finished_at) == (node[0], ordered.finished_at)
    assert task.retries == count
    assert task.starts == count + 1
    assert [one.ended_at for one in task.attempts if one.state is TaskState.RETRY] == [
        one.ended_at for one in ordered.attempts
    ]


def test_each_attempt_is_kept_with_its_worker_its_times_and_its_reason():
    clock = Clock()
    raw = clock.run("t", A, "task-retried") + clock.run("t", B, "task-succeeded", 1)
    task = task_of(raw)
    (first,) = task.attempts
    assert (first.state, first.worker, first.worker_pid) == (TaskState.RETRY, *A)
    assert (first.received_at, first.started_at, first.ended_at) == (1001.0, 1002.0, 1003.0)
    assert first.exception == "Retry()"
    assert (task.state, task.worker, task.exception) == (TaskState.SUCCESS, B[0], "")
    assert (task.retries, task.starts, task.received_at) == (1, 2, 1004.0)
    assert task.eta is not None


def test_a_retry_may_be_received_and_started_before_it_was_told():
    # Seen with pools of threads and of processes: the message is sent before the run has ended.
    clock = Clock()
    first, again = clock.run("t", A, "task-retried"), clock.run("t", A, "task-failed", 1)
    for order in (
        [*first[:2], again[0], first[2], *again[1:]],
        [*first[:2], *again[:2], first[2], again[2]],
    ):
        for place, one in enumerate(order, 1):
            one["clock"], one["timestamp"] = place, 1000.0 + place
        for shuffled in (order, order[::-1], order[3:] + order[:3]):
            task = task_of(list(shuffled))
            assert (task.state, task.retries, task.starts) == (TaskState.FAILURE, 1, 2)
            assert states(task) == ["RETRY"]
            assert task.attempts[0].started_at == first[1]["timestamp"]
        fold = Fold()
        seen = []
        for one in order:
            fold.feed(events_of([one]), 0.0)
            seen += [(str(task.state), fold.in_flight) for task in fold.take()]
        assert seen[-1] == ("FAILURE", 0)
        assert ("RETRY", 0) not in seen  # it was received already


def test_a_retry_that_is_told_after_the_end_does_not_bring_the_task_back():
    # One in ten thousand, in a pool of threads.
    clock = Clock()
    first, again = clock.run("t", A, "task-retried"), clock.run("t", A, "task-succeeded", 1)
    late = {**first.pop(), "clock": 99, "timestamp": 1099.0}
    fold = fed([*first, *again])
    assert [task.state for task in fold.take()] == [TaskState.SUCCESS]
    fold.feed(events_of([late]), 0.0)
    assert [task.state for task in fold.take()] == [TaskState.SUCCESS]
    assert task_of([*first, *again, late]).state is TaskState.SUCCESS


def test_why_a_run_was_retried_may_be_told_after_the_end_of_all():
    clock = Clock()
    first, again = clock.run("t", A, "task-retried"), clock.run("t", A, "task-succeeded", 1)
    late = {**first.pop(), "clock": 99, "timestamp": 1099.0}
    fold = Fold()
    fold.feed(events_of([*first, *again]), 0.0, 2000.0)
    (told,) = fold.take()
    assert (told.state, states(told)) == (TaskState.SUCCESS, ["RETRY"])
    fold.feed(events_of([late]), 0.0, 2001.0)
    (told,) = fold.take()
    assert (told.state, states(told), told.attempts[0].exception) == (
        TaskState.SUCCESS, ["RETRY"], "Retry()",
    )  # fmt: skip
    assert not fold.records, "it is forgotten as soon as all is told"
    other = Fold()
    other.feed(events_of([*first, *again]), 0.0, 2000.0)
    other.take()
    assert list(other.records) == ["t"]
    other.feed([], 0.0, 2010.0)
    assert other.take() == [] and not other.records, "or when nothing more comes"


def test_a_retry_that_waits_shows_why():
    clock = Clock()
    raw = clock.run("t", A, "task-retried")
    assert (task_of(raw).state, task_of(raw).exception) == (TaskState.RETRY, "Retry()")
    raw.append(clock.run("t", A, None, 1)[0])
    assert (task_of(raw).state, task_of(raw).exception) == (TaskState.RECEIVED, "")


@pytest.mark.parametrize("node", NODES)
def test_a_message_that_is_delivered_again_is_a_second_start(node):
    clock = Clock()
    raw = clock.run("t", A, None) + clock.run("t", node, "task-succeeded")
    for order in itertools.permutations(raw):
        task = task_of(list(order))
        assert (task.state, task.worker) == (TaskState.SUCCESS, node[0])
        assert (task.starts, task.retries) == (2, 0)
    assert states(task_of(raw)) == ["STARTED"]


def test_what_runs_stays_with_its_node_until_another_starts_it():
    clock = Clock()
    first, again = clock.run("t", A, None), clock.run("t", B, "task-succeeded")
    assert task_of(first + again[:1]).worker == A[0]
    assert task_of(first + again[:2]).worker == B[0]
    # The first one ends it after all: it has succeeded, whatever the second one holds.
    ended = [clock.event("task-succeeded", "t", A, result="1")]
    task = task_of(first + again[:1] + ended)
    assert (task.state, task.worker) == (TaskState.SUCCESS, A[0])


def test_a_rejected_message_comes_again_or_does_not():
    clock = Clock()
    raw = clock.run("t", A, None)
    again = clock.event("task-rejected", "t", A, requeue=True)
    fold = fed([*raw, again])
    (task,) = fold.take()
    assert (task.state, task.finished_at) == (TaskState.REJECTED, None)
    fold.feed(events_of(clock.run("t", B, "task-succeeded")), 0.0)
    (task,) = fold.take()
    assert (task.state, states(task)) == (TaskState.SUCCESS, ["REJECTED"])
    for_good = clock.event("task-rejected", "t", A, requeue=False)
    task = task_of([*raw, for_good])
    assert (task.state, task.finished_at) == (TaskState.REJECTED, for_good["timestamp"])


def test_what_is_said_to_be_failed_and_rejected_has_failed():
    # Celery 5.7 says both of a task that rejects itself, and of one whose worker process was lost.
    clock = Clock()
    raw = clock.run("t", A, "task-failed")
    raw.append(clock.event("task-rejected", "t", A, requeue=False))
    for order in itertools.permutations(raw):
        assert task_of(list(order)).state is TaskState.FAILURE


def test_why_a_task_was_revoked_is_told():
    clock = Clock()
    for fields, why in (
        ({"terminated": True, "signum": 15, "expired": False}, "terminated"),
        ({"terminated": False, "signum": None, "expired": True}, "expired"),
        ({"terminated": False, "signum": None, "expired": False}, ""),
    ):
        # A task that was revoked before it came to a worker has no other event.
        task = task_of([clock.event("task-revoked", "t", A, **fields)])
        assert (task.state, task.revoked_why) == (TaskState.REVOKED, why)


def test_a_task_that_is_cancelled_by_a_lost_connection_comes_again():
    clock = Clock()
    raw = [*clock.run("t", A, None), clock.event("task-cancelled", "t", A)]
    assert task_of(raw).state is TaskState.RETRY
    assert task_of(raw + clock.run("t", A, "task-succeeded")).starts == 2


def test_clocks_that_disagree_do_not_turn_the_order_of_nodes_around():
    clock = Clock()
    fold = Fold()
    hour = 3600.0
    # A's clock is an hour late. Heartbeats tell so.
    for node, off in ((A, -hour), (B, 0.0)):
        beat = Event("worker-heartbeat", "", node[0], node[1], 1, 5000.0 + off)
        fold.feed([beat], 0.0, 5000.1)
    first = clock.run("t", B, None)
    second = clock.run("t", A, "task-succeeded")
    for one, at in zip(first + second, (5001, 5002, 5011, 5012, 5013), strict=True):
        one["timestamp"] = at - (hour if one["hostname"] == A[0] else 0.0)
    for order in ([*second, *first], [*first, *second]):
        fold.feed(events_of(order), 1.0, 5014.0)
        (task,) = fold.take()
        assert (task.state, task.worker) == (TaskState.SUCCESS, A[0])
        fold.tombs.pop("t")


def test_a_task_that_ended_and_is_delivered_again_after_it_was_told_is_told_again():
    clock = Clock()
    fold = fed(clock.run("t", A, "task-succeeded"))
    assert [task.state for task in fold.take()] == [TaskState.SUCCESS]
    fold.feed(events_of(clock.run("t", B, None)), 0.0)
    (again,) = fold.take()
    assert again.state is TaskState.STARTED
    assert [one.worker for one in fold.active(5)] == [B[0]]


def test_a_sent_task_waits():
    clock = Clock()
    task = task_of([clock.sent("t")])
    assert (task.state, task.queue, task.sent_at) == (TaskState.PENDING, "mail", 1001.0)
    assert fed([clock.sent("t")]).in_flight == 0


def test_a_finished_task_is_told_once_and_forgotten():
    clock = Clock()
    fold = fed(clock.run("t", A, "task-succeeded"))
    assert len(fold.take()) == 1
    assert fold.take() == []
    assert not fold.records
    fold.feed(events_of(clock.run("u", A, None)), 0.0)
    assert [task.state for task in fold.take()] == [TaskState.STARTED]
    assert fold.take() == []
