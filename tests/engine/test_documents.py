"""The documents have the fields that the command contract fixes; more may be there."""

from __future__ import annotations

import json

import msgspec

from desktop.engine.documents import queues_document, status_document, workers_document
from desktop.engine.model import (
    ActiveTask,
    EngineInfo,
    Finding,
    Keeper,
    Machine,
    Problem,
    Queue,
    ServiceStatus,
    StackStatus,
    TaskCounts,
    Verdict,
    WorkerRow,
)
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import (
    Confidence,
    Owner,
    Role,
    ServiceKind,
    ServiceState,
    Severity,
    StackState,
    TaskState,
    WorkerFinding,
)
from desktop.words import text, textn, verbatim

NOW = 10_000.0
PROBLEM = Problem(
    "port-taken",
    text("Port {port} is taken.", port="8000"),
    text("By {who}.", who=verbatim("nc")),
    text("Stop it."),
    ("last line",),
)
SERVICE = ServiceStatus(
    "web", ServiceKind.WEB, ServiceState.RUNNING, pid=5, create_time=9_000.0, started_at=9_001.5,
    cpu_percent=1.5, rss_bytes=7, url="http://127.0.0.1:8000/", restarts=2, error=PROBLEM,
)  # fmt: skip
WORKER = WorkerRow(
    6, 9_500.0, Role.WORKER, Owner.ORPHAN, "worker1@h", "web.celery_app", ("celery",), "prefork",
    2, (7, 8), "/srv", "/srv/python", "redis://***@h:1/0",
    (Verdict(WorkerFinding.DUPLICATE, Confidence.CERTAIN, text("Twice")),),
    (textn("{n} reason", "{n} reasons", 2),), "terminal", 99, 1, 3,
)  # fmt: skip
STACK = StackStatus(
    "bundled", "shop", "/srv/shop", "web.celery_app", "redis://***@h:1/0", StackState.PARTIAL,
    (SERVICE,), (WORKER,), TaskCounts(6, 1, 2, 1, 1, 1),
    (ActiveTask("id", "app.work", "worker1@h", TaskState.STARTED, 9_998.0, 9_999.0, "()", "{}"),),
    (Queue("celery", 4, None, 2),),
    (Finding("disk-low", Severity.WARNING, text("Full"), text("Very"), text("Clean"), (5,)),),
)  # fmt: skip
SNAPSHOT = Snapshot(EngineInfo(1, "1.2.3", 8_000.0), Machine(1, 2, 3, 4, 5), (STACK,))


def test_status_has_every_field_of_the_contract():
    document = status_document(SNAPSHOT, STACK, NOW)
    assert has(document["engine"], pid=1, uptime_s=2_000.0, version="1.2.3")
    assert has(
        document["stack"], name="shop", project="/srv/shop", app="web.celery_app", state="partial",
        broker="redis://***@h:1/0",
    )  # fmt: skip
    (service,) = document["services"]
    assert has(
        service, name="web", kind="web", state="running", pid=5, create_time=9_000.0,
        uptime_s=998.5, cpu_percent=1.5, rss_bytes=7, url="http://127.0.0.1:8000/", restarts=2,
    )  # fmt: skip
    assert service["error"] == {
        "code": "port-taken",
        "title": "Port 8000 is taken.",
        "message": "By nc.",
        "next_step": "Stop it.",
        "log": ["last line"],
    }
    assert document["workers"] == workers_document([WORKER], NOW)["workers"]
    assert document["tasks"] == {
        "received": 6, "active": 1, "succeeded": 2, "failed": 1, "retried": 1, "revoked": 1,
    }  # fmt: skip
    assert document["queues"] == [{"name": "celery", "depth": 4, "consumers": None, "unacked": 2}]
    assert document["findings"] == [
        {"id": "disk-low", "severity": "warning", "title": "Full", "detail": "Very",
         "fix": "Clean", "pids": [5]}
    ]  # fmt: skip


def test_workers_have_every_field_of_the_contract():
    (row,) = workers_document([WORKER], NOW)["workers"]
    assert has(
        row, pid=6, create_time=9_500.0, role="worker", node="worker1@h", app="web.celery_app",
        queues=["celery"], pool="prefork", concurrency=2, children=[7, 8], cwd="/srv",
        python="/srv/python", broker="redis://***@h:1/0", owner="orphan", findings=["duplicate"],
        why=["2 reasons", "Twice"], started_by="terminal", age_s=500.0, rss_bytes=99, active=1,
        reserved=3, verdicts=[
            {"finding": "duplicate", "confidence": "certain", "evidence": "Twice"}
        ],
    )  # fmt: skip


def test_a_worker_is_told_with_its_user_its_keeper_and_when_it_loaded_its_code() -> None:
    keeper = Keeper("systemd", "shop.service")
    theirs = msgspec.structs.replace(WORKER, username="ada", keeper=keeper, loaded_at=9_501.0)
    own, other = workers_document([WORKER, theirs], NOW)["workers"]
    assert has(own, username=None, keeper=None, loaded_at=None)
    assert has(other, username="ada", loaded_at=9_501.0)
    assert other["keeper"] == {
        "kind": "systemd", "name": "shop.service", "pid": None, "create_time": None
    }  # fmt: skip


def test_queues_have_every_field_of_the_contract():
    assert queues_document([Queue("a", 1, 2, 3)]) == {
        "queues": [{"name": "a", "depth": 1, "consumers": 2, "unacked": 3}]
    }


def test_without_an_engine_it_and_the_machine_are_null():
    document = status_document(None, STACK, NOW)
    assert document["engine"] is None
    assert document["machine"] is None
    assert document["services"]


def test_a_stopped_service_has_no_uptime_and_no_error():
    stopped = ServiceStatus("web", ServiceKind.WEB, started_at=9_000.0)
    document = status_document(None, StackStatus("b", "n", "", "", "", services=(stopped,)), NOW)
    (service,) = document["services"]
    assert has(service, state="stopped", pid=None, uptime_s=None, error=None, cpu_percent=None)


def test_a_clock_that_was_set_back_gives_no_negative_durations():
    document = status_document(SNAPSHOT, STACK, 0.0)
    assert document["engine"]["uptime_s"] == 0.0
    assert document["services"][0]["uptime_s"] == 0.0
    assert document["workers"][0]["age_s"] == 0.0


def test_documents_are_plain_json():
    document = status_document(SNAPSHOT, STACK, NOW)
    assert json.loads(json.dumps(document)) == document


def has(document: dict[str, object], **fields: object) -> bool:
    return {name: document[name] for name in fields} == fields
