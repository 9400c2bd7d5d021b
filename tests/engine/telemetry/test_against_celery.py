"""The fold beside Celery's own ``State``, wherever that is right.

Where it is not, the fold is tested by itself (``test_runs.py``): ``State`` lets a late "retried"
overwrite a success, forgets that a rejected task was rejected once it was received, keeps one run
of a task alone, and counts what comes twice twice.
"""

from __future__ import annotations

import json
from typing import Any

from celery.events.state import State
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.history.merge import merge
from desktop.engine.task_model import Task
from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.wire import Event, events_of
from tests.engine.telemetry.streams import NODES, Clock, disturbed, one_run_each

SAME = {
    "name": "name",
    "args": "args",
    "kwargs": "kwargs",
    "queue": "queue",
    "retries": "retries",
    "result": "result",
    "exception": "exception",
    "traceback": "traceback",
    "root_id": "root_id",
    "parent_id": "parent_id",
    "runtime_s": "runtime",
    "sent_at": "sent",
    "received_at": "received",
    "started_at": "started",
}


def events(raw: list[dict[str, Any]]) -> list[Event]:
    return events_of(json.loads(json.dumps(raw)))


def whole(raw: list[dict[str, Any]]) -> dict[str, Task]:
    fold = Fold()
    fold.feed(events(raw), 0.0)
    return {task.id: task for task in fold.take()}


def keep(ledger: dict[str, Task], task: Task) -> None:
    """As the history keeps it."""
    before = ledger.get(task.id)
    ledger[task.id] = merge(before, task) if before else task


def celerys(raw: list[dict[str, Any]]) -> dict[str, Any]:
    state = State()
    for one in raw:
        state.event({**one, "local_received": 1.0})
    return dict(state.tasks.items())


@given(st.data())
def test_tasks_are_what_celery_makes_of_them_shuffled_repeated_and_with_losses(data):
    raw = data.draw(disturbed(data.draw(one_run_each())))
    ours, theirs = whole(raw), celerys(raw)
    assert ours.keys() == theirs.keys()
    for uuid, task in ours.items():
        other = theirs[uuid]
        assert task.state == other.state
        for mine, name in SAME.items():
            known = getattr(other, name, None)
            if mine == "runtime_s" and task.state != "SUCCESS":
                continue  # of a failure Celery tells none; ours is from its start to its end
            assert (getattr(task, mine) or None) == (known or None), mine
        if other.worker:
            assert task.worker == other.worker.hostname


@given(st.data())
def test_retries_in_order_are_what_celery_makes_of_them(data):
    clock, raw = Clock(), []
    for number in range(data.draw(st.integers(1, 4))):
        for retries in range(data.draw(st.integers(0, 3))):
            node = data.draw(st.sampled_from(NODES))
            raw += clock.run(f"t{number}", node, "task-retried", retries)
        end = data.draw(st.sampled_from(["task-succeeded", "task-failed", None]))
        raw += clock.run(f"t{number}", data.draw(st.sampled_from(NODES)), end, 3)
    ours, theirs = whole(raw), celerys(raw)
    assert {uuid: task.state for uuid, task in ours.items()} == {
        uuid: task.state for uuid, task in theirs.items()
    }
    assert all(task.worker == theirs[uuid].worker.hostname for uuid, task in ours.items())


@given(st.data())
def test_it_does_not_matter_when_tasks_are_taken(data):
    raw = data.draw(disturbed(data.draw(one_run_each())))
    at_once = whole(raw)
    fold = Fold()
    ledger: dict[str, Task] = {}
    for one in raw:
        fold.feed(events([one]), 0.0)
        if data.draw(st.booleans()):
            for task in fold.take():
                keep(ledger, task)
    for task in fold.take():
        keep(ledger, task)
    assert ledger.keys() == at_once.keys()
    for uuid, task in at_once.items():
        for name in ("state", "starts", "worker", "finished_at", "revoked_why", *SAME):
            if name == "runtime_s" and task.state != "SUCCESS":
                continue  # made of two instants, of which one may come when it was told
            assert getattr(ledger[uuid], name) == getattr(task, name), name
