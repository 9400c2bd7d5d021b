"""The cleanup through the API: nothing is stopped that was not named by pid and create time."""

from __future__ import annotations

from desktop.engine.cleanup import refusals
from desktop.engine.commands import (
    Cleanup,
    CleanupEntry,
    CleanupLog,
    CleanupLogReport,
    CleanupReport,
    Done,
    ForceCleanup,
    LeftProcess,
    Pick,
    PlanCleanup,
    Refused,
    RunAgain,
    RunAgainReport,
    ServiceProblem,
)
from desktop.engine.states import CleanupStep
from desktop.words import text
from tests.web.monitor.worker_samples import (
    HOSTILE,
    LOST,
    STRANDED,
    held,
    plan,
    progress,
    with_stack,
)

PICK = {"pid": 40112, "create_time": 1764043200.123456}
PICKED = (Pick(40112, 1764043200.123456),)


def test_the_plan_tells_what_is_selected_and_all_of_each_process(engine, monitor):
    rows = engine.snapshot.stacks[0].workers
    engine.answer = lambda command: plan(rows) if isinstance(command, PlanCleanup) else None
    document = monitor.http.get("/api/cleanup").json()
    told = [(one["pid"], one["selected"], one["can_be_stopped"]) for one in document["plan"]]
    assert told == [(40112, True, True), (38007, False, True), (4102, False, False)]
    orphan, external, _ = document["plan"]
    assert orphan["create_time"] == rows[1].create_time
    assert orphan["worker"]["rss_bytes"] == rows[1].rss_bytes
    assert [task["acknowledged"] for task in orphan["tasks"]] == [True, False]
    assert external["tasks"] is None
    assert not [one for one in engine.commands if isinstance(one, Cleanup)]


def test_what_is_picked_is_stopped_and_the_report_says_how_it_went(engine, monitor):
    rows = engine.snapshot.stacks[0].workers
    left = (LeftProcess(38007, text("It is busy.")),)
    engine.answer = lambda command: CleanupReport(plan(rows).rows, (40112,), left, lost=LOST)
    now = {"picks": [PICK], "patience_s": 0, "force": True}
    for body, command in (
        ({"picks": [PICK]}, Cleanup("", PICKED)),
        ({"picks": []}, Cleanup("", ())),
        (now, Cleanup("", PICKED, patience_s=0.0, force=True)),
    ):
        answer = monitor.http.post("/api/cleanup", json=body)
        assert answer.status_code == 200
        assert engine.commands[-1] == command
    report = answer.json()
    actions = {one["pid"]: one["action"] for one in report["plan"]}
    assert actions == {40112: "stop", 38007: "stop", 4102: "leave"}
    assert report["left"] == [{"pid": 38007, "why": "It is busy."}]
    assert [one["arguments_known"] for one in report["lost"]] == [True, False]


VAGUE = (
    {},
    {"picks": None},
    {"picks": [40112]},
    {"picks": [{"pid": 40112}]},
    {"picks": [{"pid": 0, "create_time": 1.0}]},
    {"picks": [{**PICK, "force": True}]},
    {"picks": [], "all_of_app": True},
    {"picks": [PICK], "patience_s": -1},
    {"picks": [PICK] * 1_001},
)


def test_a_cleanup_that_does_not_say_what_it_stops_is_refused(engine, monitor):
    for body in VAGUE:
        assert monitor.http.post("/api/cleanup", json=body).status_code == 422, body
    assert not [one for one in engine.commands if isinstance(one, Cleanup)]


def test_force_and_run_again_name_what_they_mean(engine, monitor):
    engine.answer = lambda command: Done()
    assert monitor.http.post("/api/cleanup/force", json={"picks": [PICK]}).json() == {}
    assert engine.commands[-1] == ForceCleanup("", PICKED)
    assert monitor.http.post("/api/cleanup/force", json={"picks": []}).status_code == 422
    engine.answer = lambda command: Refused(refusals.nothing_to_force().problem)
    assert monitor.http.post("/api/cleanup/force", json={"picks": [PICK]}).status_code == 409

    failed = ServiceProblem("l2", refusals.nothing_to_force().problem)
    for report, status in (
        (RunAgainReport(LOST[:1], (failed,)), 200),
        (RunAgainReport((), (failed,)), 409),
    ):
        engine.answer = lambda command, report=report: report
        answer = monitor.http.post("/api/cleanup/run-again", json={"ids": ["l1", "l2"]})
        assert answer.status_code == status
        assert answer.json()["failed"][0]["error"]["title"]
        assert engine.commands[-1] == RunAgain("", ("l1", "l2"))
    assert monitor.http.post("/api/cleanup/run-again", json={"ids": []}).status_code == 422


def test_the_log_is_bounded(engine, monitor):
    entries = (CleanupEntry(1.0, "lost", text("{name} died.", name=HOSTILE), 40112, "id"),)
    engine.answer = lambda command: CleanupLogReport(entries)
    (entry,) = monitor.http.get("/api/cleanup/log", params={"limit": 5}).json()["entries"]
    assert (entry["what"], entry["words"]) == ("lost", f"{HOSTILE} died.")
    assert engine.commands[-1] == CleanupLog("", 5)
    assert monitor.http.get("/api/cleanup/log", params={"limit": 5_000}).status_code == 422


def test_the_status_tells_how_far_a_cleanup_is_and_what_is_left(engine, monitor, wait_until):
    stack = engine.snapshot.stacks[0]
    going = progress(stack.workers[1], CleanupStep.FINISHING, held("shop.mail.send", None))
    engine.say(with_stack(engine.snapshot, cleanup=going, lost=LOST, stranded=STRANDED))

    def status():
        return monitor.http.get("/api/status").json()

    wait_until(lambda: status()["cleanup"])
    told = status()
    (item,) = told["cleanup"]["items"]
    assert (item["pid"], item["step"]) == (40112, "finishing")
    assert item["tasks"][0]["acknowledged"] is None
    assert told["cleanup"]["ended_at"] is None
    assert [one["id"] for one in told["lost"]] == ["l1", "l2"]
    assert told["stranded"] == {"count": 2, "why": "Their queue is not known."}
