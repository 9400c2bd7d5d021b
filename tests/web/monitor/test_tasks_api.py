"""Everything about tasks that the API asks and does, before an engine that says what it is told."""

from __future__ import annotations

import csv
import json
import time

import httpx
import pytest

from desktop.engine.commands import Done, Refused
from desktop.engine.history.query import BadQuery
from desktop.engine.history_commands import (
    ListFilters,
    ListTasks,
    SavedFilters,
    SaveFilter,
    Selection,
    ShowTask,
    TaskDetail,
    TaskFigures,
    TaskFiguresReport,
    TaskOrder,
    TaskPage,
)
from desktop.engine.model import Problem
from desktop.engine.queue_commands import WhyReport, WhyTask
from desktop.engine.queue_documents import why_document
from desktop.engine.states import TaskState
from desktop.engine.task_commands import (
    ActOnTasks,
    RegisteredTasks,
    RegisteredTasksReport,
    RunTask,
    TaskActionReport,
    TaskOutcome,
    TaskVerb,
)
from desktop.engine.task_documents import figures_document, task_detail_document
from desktop.engine.task_model import RegisteredTask, Task, TaskNameStatistics
from desktop.words import text

TASK = Task("t1", "shop.send", TaskState.STARTED, args="('a',)", doubt="queued", seen_at=1.0)


def asked(engine, kind):
    return [one for one in engine.commands if isinstance(one, kind)]


def test_a_page_of_the_table_is_asked_for_as_it_is_shown(engine, monitor):
    by_state = {TaskState.FAILURE: 3}
    engine.answer = lambda _: TaskPage((TASK,), mark=7, kept=9, by_state=by_state)
    fields = {"order": "runtime", "descending": "false", "count": "false", "limit": 20}
    many = [("states", "FAILURE"), ("states", "RETRY"), *fields.items()]
    document = monitor.http.get("/api/tasks", params=many).json()
    assert document["by_state"] == {"FAILURE": 3}
    assert (document["mark"], document["kept"], document["total"]) == (7, 9, None)
    (command,) = asked(engine, ListTasks)
    assert command.selection == Selection((), "", (TaskState.FAILURE, TaskState.RETRY))
    assert (command.order, command.descending) == (TaskOrder.RUNTIME, False)
    assert (command.count, command.limit) == (False, 20)

    monitor.http.get("/api/tasks", params=[("ids", "a"), ("ids", "b")])
    assert asked(engine, ListTasks)[-1].selection == Selection(("a", "b"), None)
    for wrong in ({"order": "colour"}, {"states": "started"}, {"descending": "perhaps"}):
        assert monitor.http.get("/api/tasks", params=wrong).status_code == 422


def test_all_of_one_task_and_why_it_does_not_run(engine, monitor):
    detail = TaskDetail(TASK, (TASK,), ("line",), text("Its arguments were cut."))
    why = WhyReport(TASK, text("It is the 14th in its queue."))
    engine.answer = lambda c: detail if isinstance(c, ShowTask) else why
    told = monitor.http.get("/api/tasks/t1").json()
    expected = json.loads(json.dumps(task_detail_document(detail)))
    assert {name: told[name] for name in expected} == expected
    assert told["code"] == "app.send_task('shop.send', args=['a'])"
    assert "queue again" in told["doubt_words"]
    assert monitor.http.get("/api/tasks/t%2F1/why").status_code == 404
    assert monitor.http.get("/api/tasks/t1/why").json() == why_document(why)
    assert asked(engine, WhyTask) == [WhyTask("", "t1")]
    gone = Problem("no-such-task", text("No such task."), text(""), text(""))
    engine.answer = lambda _: Refused(gone, 2)
    assert monitor.http.get("/api/tasks/t2").status_code == 404


def test_actions_are_looked_at_and_done(engine, monitor):
    report = TaskActionReport(
        (TaskOutcome("t1", "shop.send", False, text("It has ended."), args="[…]"),),
        failed=1,
        words=text("Nothing was revoked."),
    )
    engine.answer = lambda _: report
    post = monitor.http.post
    told = post("/api/tasks/revoke", json={"ids": ["t1"], "dry_run": True}).json()
    assert told["failed"] == 1
    assert told["words"] == "Nothing was revoked."
    assert told["outcomes"][0]["args"] == "[…]"
    post("/api/tasks/revoke", json={"ids": ["t1"], "undo": True})
    post("/api/tasks/terminate", json={"search": "name:a", "states": ["STARTED"], "signal": "KILL"})
    post("/api/tasks/retry", json={"search": ""})
    named = Selection(("t1",), None)
    assert asked(engine, ActOnTasks) == [
        ActOnTasks("", TaskVerb.REVOKE, named, dry_run=True),
        ActOnTasks("", TaskVerb.REVOKE, named, undo=True),
        ActOnTasks("", TaskVerb.TERMINATE, Selection((), "name:a", (TaskState.STARTED,)), "KILL"),
        ActOnTasks("", TaskVerb.RUN_AGAIN, Selection((), "")),
    ]
    # Nobody means all tasks by saying nothing.
    for verb in ("revoke", "terminate", "retry"):
        refused = post(f"/api/tasks/{verb}", json={})
        assert (refused.status_code, refused.json()["code"]) == (422, "nothing-chosen")
    assert len(asked(engine, ActOnTasks)) == 4


def test_a_task_is_run_by_hand(engine, monitor):
    known = RegisteredTask("shop.send", "(to)", "Sends.", ("w1@h",), queue="mail")
    engine.answer = lambda c: (
        RegisteredTasksReport((known,)) if isinstance(c, RegisteredTasks) else TaskActionReport()
    )
    (told,) = monitor.http.get("/api/task-names").json()["registered"]
    assert (told["name"], told["signature"], told["doc"]) == ("shop.send", "(to)", "Sends.")
    body = {"name": "shop.send", "args": "[12345678901234567890.5]", "kwargs": {"a": 1}}
    assert monitor.http.post("/api/tasks/run", json=body).status_code == 200
    more = {"name": "shop.send", "queue": "q", "countdown_s": 5, "again": "t1"}
    monitor.http.post("/api/tasks/run", json=more)
    assert asked(engine, RunTask) == [
        RunTask("", "shop.send", "[12345678901234567890.5]", '{"a":1}'),
        RunTask("", "shop.send", "[]", "{}", "q", 5.0, "t1"),
    ]
    assert monitor.http.post("/api/tasks/run", json={}).status_code == 422


def test_figures_and_kept_searches(engine, monitor):
    report = TaskFiguresReport((TaskNameStatistics("shop.send", 4, 3, 1),))
    saved = SavedFilters((("mine", "state:failure"),))
    engine.answer = lambda c: report if isinstance(c, TaskFigures) else saved
    before = time.time()
    told = monitor.http.get("/api/figures", params={"since": "1h", "points": 30}).json()
    assert told == figures_document(report)
    (command,) = asked(engine, TaskFigures)
    assert before - 3605 < command.since <= time.time() - 3600
    assert command.points == 30
    for wrong in ("soon", "1h OR 2h", ""):
        refused = monitor.http.get("/api/figures", params={"since": wrong})
        assert refused.status_code == 422

    kept = {"filters": [{"name": "mine", "search": "state:failure"}]}
    assert monitor.http.get("/api/filters").json() == kept
    monitor.http.post("/api/filters", json={"name": "a/b", "search": "x"})
    monitor.http.delete("/api/filters/mine")
    assert asked(engine, ListFilters) == [ListFilters("")]
    assert asked(engine, SaveFilter) == [SaveFilter("", "a/b", "x"), SaveFilter("", "mine", "")]


def test_an_export_is_made_page_by_page(engine, monitor):
    pages = {
        "": TaskPage((Task("1", "=cmd()", args="('ü',)"),), next="a"),
        "a": TaskPage((Task("2", "b"), Task("3", "c")), next="b"),
        "b": TaskPage((Task("4", "d"),)),
    }
    engine.answer = lambda c: pages[c.after] if isinstance(c, ListTasks) else Done()
    response = monitor.http.get("/api/tasks/export", params={"search": "x", "states": "FAILURE"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment; filename=" in response.headers["content-disposition"]
    assert response.text.count("\r\n") == 5
    rows = list(csv.DictReader(response.text.splitlines()))
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["name"] == "'=cmd()"
    assert {one.selection for one in asked(engine, ListTasks)} == {
        Selection((), "x", (TaskState.FAILURE,))
    }
    lines = monitor.http.get("/api/tasks/export", params={"format": "json"}).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["1", "2", "3", "4"]


def test_an_export_that_breaks_off_is_not_taken_for_a_whole_one(engine, monitor):
    def answer(command):
        if not isinstance(command, ListTasks):
            return Done()
        if command.after:
            return Refused(Problem("gone", text("It is gone."), text(""), text("")))
        if command.selection.search == "(":
            return Refused(BadQuery("(", 1, text("a word")).problem, 2)
        return TaskPage((Task("1", "a"),), next="a")

    engine.answer = answer
    refused = monitor.http.get("/api/tasks/export", params={"search": "a:("})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad-query")
    assert monitor.http.get("/api/tasks/export?format=xml").status_code == 422
    with pytest.raises(httpx.RemoteProtocolError):
        monitor.http.get("/api/tasks/export")
    assert "Traceback" not in monitor.log.read_text()


def test_a_read_only_monitor_tells_and_changes_nothing(engine, start_monitor):
    monitor = start_monitor("--read-only")
    engine.answer = lambda _: TaskPage()
    assert monitor.http.get("/api/tasks").status_code == 200
    assert monitor.http.get("/api/tasks/export").status_code == 200
    for path in ("tasks/revoke", "tasks/terminate", "tasks/retry", "tasks/run", "filters"):
        assert monitor.http.post(f"/api/{path}", json={}).status_code == 403
    assert monitor.http.delete("/api/filters/a").status_code == 403
