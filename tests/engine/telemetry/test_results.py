from __future__ import annotations

import time

import pytest
from celery import Celery
from celery.exceptions import NotRegistered, Retry, TaskRevokedError

from desktop.engine.errors import ServiceError
from desktop.engine.states import TaskState
from desktop.engine.telemetry.results import RESULT_MAX_BYTES, Results, task_of


@pytest.fixture
def app(server) -> Celery:
    made = Celery("results", backend=server.url, set_as_current=False)
    made.conf.result_extended = True
    return made


def test_ends_are_read_as_celery_wrote_them(app, server):
    began = time.time()
    app.backend.store_result("won", {"size": 3}, "SUCCESS")
    app.backend.store_result("lost", ValueError("no", 7), "FAILURE", traceback="Traceback …")
    app.backend.store_result("gone", TaskRevokedError("terminated"), "REVOKED")
    app.backend.store_result("unknown", NotRegistered("shop.pay"), "FAILURE")
    app.backend.store_result("again", Retry("later"), "RETRY")
    app.backend.store_result("busy", {"done": 0.5}, "PROGRESS")
    ids = ["won", "lost", "gone", "again", "busy", "unheard", "unknown"]
    found = {task.id: task for task in Results(server.url).of(ids)}
    assert found.keys() == {"won", "lost", "gone", "unknown"}
    assert (found["won"].state, found["won"].result) == (TaskState.SUCCESS, "{'size': 3}")
    assert found["won"].finished_at == pytest.approx(began, abs=30)
    lost = found["lost"]
    assert (lost.state, lost.exception) == (TaskState.FAILURE, "ValueError('no', 7)")
    assert lost.traceback == "Traceback …"
    assert (found["gone"].state, found["gone"].revoked_why) == (TaskState.REVOKED, "terminated")
    assert (found["lost"].name, found["unknown"].name) == ("", "shop.pay")


def test_what_ended_since_a_time_is_found_without_its_id(app, server):
    app.backend.store_result("old", 1, "SUCCESS")
    (old,) = Results(server.url).of(["old"])
    app.backend.store_result("new", 2, "SUCCESS")
    server.client.set("celery-task-meta-junk", b"\x80pickled")
    server.client.hset("celery-task-meta-other", "a", "b")
    found = [task.id for task in Results(server.url).since((old.finished_at or 0) + 1e-6)]
    assert found == ["new"]


def test_a_prefix_of_the_backend_is_honoured(server):
    server.client.set("mine_celery-task-meta-a", b'{"status": "SUCCESS", "result": 1}')
    assert [task.id for task in Results(server.url, "mine_").of(["a"])] == ["a"]
    assert list(Results(server.url).of(["a"])) == []


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x80\x04pickled",
        b"null",
        b"[1]",
        b'{"status": 7}',
        b'{"status": "SUCCESS", "result": "' + b"x" * RESULT_MAX_BYTES + b'"}',
        b'{"status":' * 10_000,
    ],
)
def test_what_can_not_be_read_tells_nothing(value):
    assert task_of("a", value) is None


def test_absurd_parts_are_left_out():
    told = task_of(
        "a",
        b'{"status": "FAILURE", "result": {"exc_type": ["x"], "exc_message": {"a": 1}},'
        b' "traceback": 5, "date_done": "noon", "name": [], "retries": -3}',
    )
    assert told is not None
    assert (told.exception, told.traceback, told.finished_at) == ("({'a': 1})", "", None)
    assert (told.name, told.retries) == ("", 0)


def test_a_backend_out_of_reach_is_an_error_of_ours(closed_port):
    with pytest.raises(ServiceError):
        list(Results(f"redis://127.0.0.1:{closed_port}/0").of(["a"]))
