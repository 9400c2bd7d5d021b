from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from desktop.engine import start_problems
from desktop.engine.commands import (
    Census,
    CensusReport,
    Existing,
    Open,
    Refused,
    Restart,
    ServiceProblem,
    Start,
    StartReport,
    Stop,
    StopReport,
    Watch,
)
from desktop.engine.documents import status_document, workers_document
from desktop.engine.history_commands import ListTasks, TaskPage
from desktop.engine.model import Problem, TaskCounts
from desktop.engine.queue_commands import (
    MoveMessages,
    PeekQueue,
    PurgeQueue,
    QueuePeek,
    QueueReport,
    QueuesReport,
    ShowQueues,
)
from desktop.engine.queue_documents import peek_document, queue_details_document
from desktop.engine.task_documents import tasks_document
from desktop.engine.task_model import QueueDetail, QueuedMessage, Task
from desktop.words import text
from web.monitor.api import OPERATIONS
from web.monitor.api.queues import POINTS, TRENDS, resampled
from web.monitor.feed import FRAME_S

PROBLEM = Problem("broken", text("It broke."), text("Because."), text("Mend it."))


def events(response: httpx.Response) -> Iterator[dict]:
    """The whole document after each event."""
    kind, document = "", {}
    for line in response.iter_lines():
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            news = json.loads(line.removeprefix("data: "))
            assert kind == ("change" if document else "snapshot")
            assert all(document.get(name, ...) != value for name, value in news.items())
            document |= news
            yield document


def changed(snapshot, **stack_fields):
    stack = msgspec.structs.replace(snapshot.stacks[0], **stack_fields)
    return msgspec.structs.replace(snapshot, stacks=(stack,))


# --- documents -----------------------------------------------------------------------------------


def test_the_api_gives_the_documents_of_the_commands(engine, monitor):
    stack = engine.snapshot.stacks[0]
    status = monitor.http.get("/api/status").json()
    expected = json.loads(json.dumps(status_document(engine.snapshot, stack, time.time())))
    assert without_durations(status) == without_durations(expected)


def test_queues_are_told_as_the_command_tells_them(engine, monitor):
    report = QueuesReport((QueueDetail("celery", 14, unacked=2, consumers=("worker1@mbp",)),))
    engine.answer = lambda command: report if isinstance(command, ShowQueues) else None
    document = monitor.http.get("/api/queues").json()
    assert document["queues"][0].pop("trend") == dict.fromkeys(TRENDS, [None] * POINTS)
    assert document == queue_details_document(report)


def test_a_trend_has_points_at_even_distances_and_none_where_nothing_was_measured():
    depths = ((100.0, 5), (149.0, 7), (150.0, 8), (300.0, 2))
    assert resampled(depths, 300.0, 300.0, 7) == [None, None, 5, 8, 8, 8, 2]
    assert resampled((), 300.0, 300.0, 3) == [None, None, None]


def test_messages_are_peeked_dropped_and_moved_by_names_that_no_address_could_hold(engine, monitor):
    name = "../<b>/\u202e?"
    peek = QueuePeek((QueuedMessage(3, "t1", "<i>", queue=name),), 9)
    report = QueueReport(2, text("{n} went.", n=2))
    engine.answer = lambda command: peek if isinstance(command, PeekQueue) else report
    got = monitor.http.get("/api/queues/messages", params={"queue": name, "start": 3, "limit": 1})
    assert got.json() == peek_document(name, peek)
    post = monitor.http.post
    assert post("/api/queues/purge", json={"queue": name}).json() == {
        "count": 2,
        "words": "2 went.",
    }
    assert post("/api/queues/purge", json={"queue": name, "most": 4}).status_code == 200
    moved = {"queue": name, "to": "celery", "ids": ["t1"]}
    assert post("/api/queues/move", json=moved).json()["count"] == 2
    asked = [one for one in engine.commands if not isinstance(one, Census | Watch)]
    assert asked == [
        PeekQueue("", name, 3, 1),
        PurgeQueue("", name),
        PurgeQueue("", name, 4),
        MoveMessages("", name, "celery", ("t1",)),
    ]
    for wrong in ({}, {"queue": ""}, {"queue": name, "most": 0}, {"queue": name, "all": True}):
        assert post("/api/queues/purge", json=wrong).status_code == 422
    assert monitor.http.get("/api/queues/messages").status_code == 422


def test_tasks_are_asked_of_the_history_as_the_command_asks(engine, monitor):
    task = Task("t1", "<b>shop</b>.send", args="('\u202e',)", seen_at=1.0)
    engine.answer = lambda command: TaskPage((task,), next="n", total=7)
    asked = {"state": "failure", "name": "send", "search": "a OR b", "limit": "5", "after": "x"}
    document = monitor.http.get("/api/tasks", params=asked).json()
    known = {"next": "n", "kept": 0, "mark": 0, "by_state": {}}
    assert document == {**tasks_document((task,), 7), **known}
    (command,) = [one for one in engine.commands if isinstance(one, ListTasks)]
    assert command.selection.search == "state:failure name:send (a OR b)"
    assert (command.limit, command.after, command.count) == (5, "x", True)
    for wrong in ({"search": "a ("}, {"limit": "0"}, {"since": "soon"}, {"state": "x y"}):
        refused = monitor.http.get("/api/tasks", params=wrong)
        assert refused.status_code == 422 and refused.json()["title"]


def test_workers_are_those_of_a_fresh_census(engine, monitor):
    rows = engine.snapshot.stacks[0].workers
    engine.answer = lambda command: CensusReport(rows)
    workers = monitor.http.get("/api/workers").json()
    assert without_durations(workers) == without_durations(workers_document(rows, 0.0))
    assert monitor.http.get("/api/workers").json()["workers"]
    assert engine.commands.count(Census("")) == 1


def test_workers_are_looked_for_while_a_page_is_open(engine, monitor, wait_until):
    assert Census("") not in engine.commands
    with monitor.http.stream("GET", "/api/events") as response:
        next(events(response))
        wait_until(lambda: Census("") in engine.commands)


def without_durations(document):
    if isinstance(document, dict):
        durations = {"uptime_s", "age_s", "runtime_s"}
        return {k: without_durations(v) for k, v in document.items() if k not in durations}
    if isinstance(document, list):
        return [without_durations(item) for item in document]
    return document


def test_durations_are_of_now_even_when_nothing_changes(monitor, wait_until):
    first = monitor.http.get("/api/status").json()["engine"]["uptime_s"]
    wait_until(lambda: monitor.http.get("/api/status").json()["engine"]["uptime_s"] > first)


def test_a_stack_that_the_engine_does_not_hold_is_opened(engine, start_monitor, tmp_path):
    project = tmp_path / "shop"
    monitor = start_monitor("--project", str(project))
    status = monitor.http.get("/api/status").json()
    assert status["stack"]["name"] == "shop"
    assert status["services"] == []
    assert Open(str(project)) in engine.commands


def test_a_stack_that_can_not_be_opened_says_why(engine, start_monitor, tmp_path, wait_until):
    engine.answer = lambda command: Refused(PROBLEM, 2) if isinstance(command, Open) else None
    monitor = start_monitor("--project", str(tmp_path))

    def problem():
        return monitor.http.get("/api/status").json()["stack"]["problem"]

    wait_until(lambda: problem()["code"] == "broken")
    assert problem()["title"] == "It broke."


def test_unknown_addresses_and_methods_are_refused(monitor):
    assert monitor.http.get("/nowhere").status_code == 404
    assert monitor.http.get("/static/../server.py").status_code == 404
    assert monitor.http.get("/static/%2e%2e/server.py").status_code == 404
    assert monitor.http.get("/static/nothing.js").status_code == 404
    assert monitor.http.get("/static/").status_code == 404
    assert monitor.http.post("/static/main.js", json={}).status_code == 405
    assert monitor.http.post("/api/explode", json={}).status_code == 404
    assert monitor.http.post("/api/restart", json={}).status_code == 404
    assert monitor.http.post("/api/status", json={}).status_code == 405
    assert monitor.http.get("/api/start").status_code == 405


# --- events --------------------------------------------------------------------------------------


def test_events_begin_with_a_snapshot_and_follow_changes(engine, monitor):
    with monitor.http.stream("GET", "/api/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = events(response)
        first = next(stream)
        assert first["stack"]["name"] == "acme-shop"
        engine.say(changed(engine.snapshot, name="renamed"))
        assert next(stream)["stack"]["name"] == "renamed"


def test_what_has_only_grown_older_is_not_told_again(engine, monitor):
    with monitor.http.stream("GET", "/api/events") as response:
        stream = events(response)
        before = dict(next(stream))
        assert before["services"] and before["engine"]["uptime_s"]
        engine.say(changed(engine.snapshot, name="renamed"))
        after = next(stream)
        assert after["stack"]["name"] == "renamed"
        assert after["services"] is before["services"]
        assert after["engine"] is before["engine"]


def test_figures_that_wait_are_told_without_another_change(engine, monitor):
    with monitor.http.stream("GET", "/api/events") as response:
        stream = events(response)
        next(stream)
        engine.say(changed(engine.snapshot, tasks=TaskCounts(active=1)))
        assert next(stream)["tasks"]["active"] == 1
        engine.say(changed(engine.snapshot, tasks=TaskCounts(active=2)))
        assert next(stream)["tasks"]["active"] == 2


def test_a_burst_of_changes_comes_as_few_events_and_the_last_is_the_truth(engine, monitor):
    with monitor.http.stream("GET", "/api/events") as response:
        stream = events(response)
        next(stream)
        for number in range(200):
            engine.say(changed(engine.snapshot, name=f"n{number}"))
        names = []
        while not names or names[-1] != "n199":
            names.append(next(stream)["stack"]["name"])
        assert len(names) <= 3


def test_many_pages_see_the_same(engine, monitor):
    with (
        monitor.http.stream("GET", "/api/events") as one,
        monitor.http.stream("GET", "/api/events?lang=zh-CN") as two,
    ):
        streams = events(one), events(two)
        assert [next(stream)["stack"]["name"] for stream in streams] == ["acme-shop"] * 2
        engine.say(changed(engine.snapshot, name="renamed"))
        assert [next(stream)["stack"]["name"] for stream in streams] == ["renamed"] * 2


def test_the_engine_measures_more_often_only_while_a_page_is_open(engine, monitor, wait_until):
    with monitor.http.stream("GET", "/api/events") as response:
        stream = events(response)  # kept: a generator that is dropped closes the response
        next(stream)
        wait_until(lambda: Watch(2.0, FRAME_S) in engine.commands)
        assert Watch(0.0, FRAME_S) not in engine.commands
    wait_until(lambda: engine.commands[-1] == Watch(0.0, FRAME_S))


def test_polling_counts_as_looking_for_a_while(engine, monitor, wait_until):
    for _ in range(3):
        monitor.http.get("/metrics")
    wait_until(lambda: Watch(5.0, FRAME_S) in engine.commands)
    assert engine.commands.count(Watch(5.0, FRAME_S)) == 1


# --- the engine goes and comes -------------------------------------------------------------------


def test_a_lost_engine_is_told_and_found_again(engine, monitor, wait_until):
    with monitor.http.stream("GET", "/api/events") as response:
        stream = events(response)
        assert next(stream)["engine"]["pid"] == 4100
        # Another engine must not be started meanwhile: its socket is taken at once.
        engine.stop()
        engine.start()
        # Back so soon that there may be nothing to tell; what it says next is told.
        engine.say(changed(engine.snapshot, name="back"))
        states = [dict(next(stream))]
        while states[-1]["stack"]["name"] != "back":
            states.append(dict(next(stream)))
        assert states[-1]["engine"]["pid"] == 4100
    wait_until(lambda: monitor.http.get("/healthz").status_code == 200)


def test_health_says_why_not(start_monitor, tmp_path, wait_until):
    blocked = tmp_path / "a file"
    blocked.touch()
    monitor = start_monitor("--home", str(blocked / "home"), healthy=False)

    def answer():
        try:
            return monitor.http.get("/healthz")
        except httpx.ConnectError:
            return None

    wait_until(answer)
    wait_until(lambda: answer().json().get("code") not in {None, "engine-connecting"})
    response = answer()
    assert response.status_code == 503
    assert response.json()["title"]
    assert response.json()["next_step"]
    assert monitor.http.get("/metrics").text.splitlines()[-1] == "celery_tray_engine_up 0.0"
    status = monitor.http.get("/api/status").json()
    assert status["engine"] is None
    assert status["stack"]["problem"] == {k: v for k, v in response.json().items() if k != "status"}


# --- actions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "command"),
    [
        ("start", None, Start("")),
        ("start", {"existing": "replace"}, Start("", existing=Existing.REPLACE)),
        ("stop", {}, Stop("")),
        ("stop", {"force": True}, Stop("", force=True)),
        ("services/worker1/start", {}, Start("", ("worker1",))),
        ("services/worker1/stop", {}, Stop("", ("worker1",))),
        ("services/worker1/restart", {}, Restart("", ("worker1",))),
    ],
)
def test_actions_are_the_engine_s_commands(engine, monitor, path, body, command):
    engine.answer = lambda command: (
        StopReport(("a",)) if isinstance(command, Stop) else StartReport(("a",))
    )
    response = monitor.http.post(f"/api/{path}", json=body) if body is not None else (
        monitor.http.post(f"/api/{path}")
    )  # fmt: skip
    assert response.status_code == 200
    assert command in engine.commands
    report = response.json()
    assert report.get("stopped", report.get("ready")) == ["a"]


def test_a_failed_action_says_what_failed(engine, monitor):
    engine.answer = lambda command: StartReport(failed=(ServiceProblem("web", PROBLEM),))
    response = monitor.http.post("/api/start", json={})
    assert response.status_code == 500
    (failed,) = response.json()["failed"]
    assert failed["service"] == "web"
    assert failed["problem"]["title"] == "It broke."


def test_nothing_is_started_beside_workers_that_run_already(engine, monitor):
    rows = engine.snapshot.stacks[0].workers
    engine.answer = lambda command: StartReport(existing=rows[1:])
    response = monitor.http.post("/api/start", json={})
    assert response.status_code == 409
    assert [row["pid"] for row in response.json()["existing"]] == [40112, 38007]


@pytest.mark.parametrize(("exit_code", "status"), [(1, 500), (2, 422), (3, 503), (5, 409)])
def test_a_refusal_has_its_words_and_its_status(engine, monitor, exit_code, status):
    engine.answer = lambda command: Refused(PROBLEM, exit_code)
    response = monitor.http.post("/api/stop", json={})
    assert response.status_code == status
    assert response.json() == {
        "code": "broken", "title": "It broke.", "message": "Because.", "next_step": "Mend it.",
        "log": [],
    }  # fmt: skip


def test_a_service_that_does_not_exist_is_not_found(engine, monitor):
    engine.answer = lambda command: Refused(
        start_problems.no_such_service(command.services[0], ()).problem, 2
    )
    response = monitor.http.post("/api/services/%3Cb%3E/start", json={})
    assert response.status_code == 404
    assert "<b>" in response.json()["title"]


def test_a_prefix_moves_every_address(engine, start_monitor):
    monitor = start_monitor("--url-prefix", "/celery/", prefix="/celery")
    assert monitor.http.get("/celery/tasks").status_code == 200
    assert monitor.http.get("/celery/api/status").json()["stack"]["name"] == "acme-shop"
    assert monitor.http.get("/celery/static/main.js").status_code == 200
    assert monitor.http.get("/api/status").status_code == 404
    moved = monitor.http.get("/celery")
    assert (moved.status_code, moved.headers["location"]) == (307, "/celery/")


def test_the_openapi_document_names_every_operation(monitor):
    document = monitor.http.get("/api/openapi.json").json()
    named = {(method.upper(), path) for path, ops in document["paths"].items() for method in ops}
    assert {(one.method, one.path) for one in OPERATIONS} <= named
    fields = document["paths"]["/api/tasks"]["get"]["parameters"]
    assert {one["name"]: one["schema"] for one in fields}["limit"]["maximum"] == 1000


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"3", b'{"force": "yes"}', b'{"unknown": 1}', b"\xff", b"[" * 50_000]
)
def test_a_body_that_makes_no_sense_is_refused(engine, monitor, body):
    headers = {"Content-Type": "application/json"}
    response = monitor.http.post("/api/stop", content=body, headers=headers)
    assert response.status_code == 422
    assert response.json()["code"] == "body"
    assert not [one for one in engine.commands if isinstance(one, Stop)]


# --- words ---------------------------------------------------------------------------------------


def test_words_come_in_the_language_that_is_asked_for(monitor):
    page = monitor.http.get("/page.json").json()
    assert page["language"] == "en"
    assert set(page["languages"]) == {"en", "zh-CN"}
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
    assert monitor.http.get("/page.json", headers=chinese).json()["language"] == "zh-CN"
    assert monitor.http.get("/page.json?lang=en", headers=chinese).json()["language"] == "en"
    assert page["words"]["cores"] == {"one": "{n} core", "many": "{n} cores"}
    assert page["thresholds"] == {
        "cpu_percent": 80.0, "memory_percent": 90.0, "disk_free_bytes": 1024**3,
    }  # fmt: skip
