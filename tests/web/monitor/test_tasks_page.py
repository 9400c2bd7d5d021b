"""The page of the tasks in a real browser, before an engine that says what a test tells it to."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from desktop.engine.commands import Done, Refused
from desktop.engine.history.query import BadQuery, parse
from desktop.engine.history_commands import (
    ListTasks,
    ShowTask,
    TaskDetail,
    TaskFigures,
    TaskFiguresReport,
    TaskPage,
)
from desktop.engine.node_commands import NodeVerb, TellNode
from desktop.engine.queue_commands import WhyReport, WhyTask
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
from desktop.engine.task_model import FailureGroup, Reason, RegisteredTask, Task, TaskNameStatistics
from desktop.words import text
from tests.browser import chromium

HOSTILE = "<img src=x onerror=alert(1)>"
MANY = 400


def task(number: int, state: TaskState = TaskState.SUCCESS) -> Task:
    at = time.time() - number
    name = HOSTILE if number == 3 else f"shop.send{number}"
    return Task(
        f"id{number}", name, state, "w1@h", 7, "celery", f"({number},)", result="<b>ok</b>",
        received_at=at, started_at=at + 0.01, finished_at=at + 0.2, runtime_s=0.19, seen_at=at,
    )  # fmt: skip


class History:
    """What the engine answers; tasks that come are put before the others."""

    def __init__(self) -> None:
        self.tasks = [task(number) for number in range(MANY)]
        self.tasks[1] = task(1, TaskState.STARTED)

    def __call__(self, command: object) -> object:
        match command:
            case ListTasks():
                return self._page(command)
            case ShowTask():
                found = next(one for one in self.tasks if one.id == command.id)
                return TaskDetail(found, (found,), ("a line of the log",))
            case WhyTask():
                reason = Reason("queued", True, text("It waits."), text("Place 14."))
                return WhyReport(None, text("It is the 14th in its queue."), (reason,))
            case ActOnTasks():
                words = text("{n} done", n=len(command.selection.ids))
                again = command.verb is TaskVerb.RUN_AGAIN and not command.dry_run
                told = tuple(
                    TaskOutcome(one, words=words, new_id=f"new-{one}" if again else "")
                    for one in command.selection.ids
                )
                return TaskActionReport(told, len(told), 0, text("Revoked."))
            case RegisteredTasks():
                known = RegisteredTask("shop.send", "(to)", "Sends it.")
                return RegisteredTasksReport((known,))
            case RunTask():
                return TaskActionReport((TaskOutcome("new", new_id="new"),), 1, 0, text("Sent."))
            case TaskFigures():
                return TaskFiguresReport(
                    (TaskNameStatistics("shop.send", 7, 6, 1),),
                    (FailureGroup("TimeoutError", "fetch.py:88", 312, 1.0, 2.0, ("a", "b")),),
                )
        return Done()

    def _page(self, command: ListTasks) -> TaskPage | Refused:
        selection = command.selection
        try:
            parse(selection.search or "")
        except BadQuery as error:
            return Refused(error.problem, 2)
        found = [
            one
            for one in self.tasks
            if (not selection.ids or one.id in selection.ids)
            and (not selection.states or one.state in selection.states)
            and (selection.search or "") in one.name
        ]
        start = int(command.after or 0)
        end = start + command.limit
        after = str(end) if end < len(found) else ""
        return TaskPage(tuple(found[start:end]), after, len(found), len(self.tasks))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def history(engine) -> History:
    engine.answer = told = History()
    return told


@pytest.fixture
def page(browser, monitor, history) -> Iterator[Page]:
    troubles: list[str] = []
    context = browser.new_context(viewport={"width": 1100, "height": 720}, locale="en-GB")
    opened = context.new_page()
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.goto(f"{monitor.url}/tasks")
    expect(row(opened, "send0")).to_be_visible()
    yield opened
    context.close()
    assert troubles == []


def row(page: Page, words: str):
    return page.locator("#task-grid tr[aria-rowindex]").filter(has_text=words).first


def comes(engine, history: History, number: int) -> None:
    """A task that is news."""
    history.tasks.insert(0, task(number))
    (stack,) = engine.snapshot.stacks
    stack = msgspec.structs.replace(stack, history_mark=stack.history_mark + 1)
    engine.say(msgspec.structs.replace(engine.snapshot, stacks=(stack,)))


def test_the_table_follows_holds_and_goes_on_without_end(engine, page, history):
    comes(engine, history, -1)
    expect(row(page, "send-1")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("Live · 401 kept")
    grid = page.locator("#task-grid")
    grid.evaluate("node => node.scrollTop = 32 * 45")
    expect(page.locator("#summary")).to_contain_text("Held")
    comes(engine, history, -2)
    expect(page.locator(".task-pill")).to_have_text("1 new task")
    # Only what is seen is in the document, however far somebody goes.
    for rows in (95, 145, 195):
        grid.evaluate("(node, rows) => node.scrollTop = 32 * rows", rows)
        expect(row(page, f"send{rows + 5}")).to_be_visible()
    assert page.locator("#task-grid tr").count() < 60
    page.locator(".task-pill").click()
    expect(row(page, "send-2")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("Live")


def test_a_search_shows_its_mistakes_and_is_in_the_address(page):
    search = page.locator("#task-search")
    search.fill("runt")
    expect(page.locator("#task-offered").get_by_role("option")).to_have_text(["runtime>"])
    search.fill("send7 (")
    expect(page.locator("#task-wrong")).to_contain_text("can't be read at character")
    search.fill("send7")
    expect(page.locator("#task-wrong")).to_have_text("")
    expect(row(page, "send7")).to_be_visible()
    expect(row(page, "send8")).to_have_count(0)
    expect(page.locator("#summary")).to_contain_text("11 match")
    assert page.url.endswith("/tasks?search=send7")
    page.reload()
    expect(search).to_have_value("send7")
    expect(page.locator("#summary")).to_contain_text("11 match")
    search.press("Escape")
    page.get_by_role("button", name="Running").click()
    expect(page.locator("#task-grid tr[aria-rowindex]")).to_have_count(1)
    search.fill("nowhere")
    expect(page.locator(".empty-state")).to_contain_text("Nothing matches “nowhere”.")
    page.get_by_role("button", name="Clear filter").click()
    expect(row(page, "send0")).to_be_visible()


def test_details_by_the_keyboard_and_hostile_text(page):
    page.locator("#task-grid").focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    detail = page.locator("#task-detail")
    expect(detail.get_by_role("heading", level=2)).to_have_text(HOSTILE)
    expect(detail).to_contain_text("a line of the log")
    expect(detail).to_contain_text("<b>ok</b>")
    assert page.locator("main img, main b:text-is('ok')").count() == 0
    assert "task=id3" in page.url
    page.keyboard.press("ArrowUp")
    expect(detail.get_by_role("heading", level=2)).to_have_text("send2")
    detail.get_by_role("button", name="More that can be done").click()
    page.get_by_role("menuitem", name="Why isn't it running?").click()
    expect(page.get_by_role("dialog")).to_contain_text("It is the 14th in its queue.")
    page.keyboard.press("Escape")
    detail.get_by_role("button", name="Close the details").click()
    expect(detail).to_be_hidden()
    page.go_back()
    expect(page.locator("#task-grid")).to_be_visible()


def test_actions_are_looked_at_asked_about_and_told(engine, page, wait_until):
    for name in ("send0", "send2"):
        row(page, name).get_by_role("checkbox").click()
    expect(page.locator(".chosen-bar")).to_contain_text("2 chosen")
    page.get_by_role("button", name="Revoke…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Revoke 2 tasks?")
    done = [one for one in engine.commands if isinstance(one, ActOnTasks)]
    assert [one.dry_run for one in done] == [True]
    page.get_by_role("button", name="Revoke 2 tasks").click()
    expect(page.locator("#banners")).to_contain_text("Revoked.")
    page.locator("#banners").get_by_role("button", name="Undo").click()

    def undone() -> bool:
        acted = [one for one in engine.commands if isinstance(one, ActOnTasks)]
        return acted[-1].undo and acted[-1].verb is TaskVerb.REVOKE

    wait_until(undone)
    row(page, "send4").locator(".c-task").click()
    page.locator("#task-detail").get_by_role("button", name="Run again").click()
    page.locator("#banners").get_by_role("button", name="Undo").click()

    def revoked() -> bool:
        acted = [one for one in engine.commands if isinstance(one, ActOnTasks)]
        return acted[-1].selection.ids == ("new-id4",) and acted[-1].verb is TaskVerb.REVOKE

    wait_until(revoked)
    page.locator("#task-detail").get_by_role("button", name="Close the details").click()
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Run a task…").click()
    page.locator("#run-name").fill("shop.send")
    expect(page.locator("#run-signature")).to_have_text("shop.send(to)")
    page.locator("#run-args").fill("[1")
    expect(page.get_by_role("alert")).to_contain_text("can't be read as JSON")
    page.locator("#run-args").fill("[12345678901234567890]")
    page.get_by_role("button", name="Run", exact=True).click()
    wait_until(lambda: RunTask("", "shop.send", "[12345678901234567890]") in engine.commands)


def test_workers_that_tell_nothing_of_their_tasks_are_told_to(engine, page, history, wait_until):
    told = page.get_by_role("status").filter(has_text="not sending task events")
    expect(told).to_be_hidden()
    (stack,) = engine.snapshot.stacks
    telemetry = msgspec.structs.replace(stack.telemetry, silent=("w1@h", "w2@h"))
    stack = msgspec.structs.replace(stack, telemetry=telemetry)
    engine.say(msgspec.structs.replace(engine.snapshot, stacks=(stack,)))
    expect(told).to_contain_text("2 workers are not sending task events.")
    told.get_by_role("button", name="Turn on events").click()
    wait_until(lambda: [one.node for one in engine.commands if isinstance(one, TellNode)][1:])
    verbs = {(one.node, one.verb) for one in engine.commands if isinstance(one, TellNode)}
    assert verbs == {("w1@h", NodeVerb.ENABLE_EVENTS), ("w2@h", NodeVerb.ENABLE_EVENTS)}


def test_figures_lead_to_their_tasks_and_read_only_changes_nothing(
    browser, page, history, start_monitor
):
    page.get_by_role("button", name="Figures").click()
    expect(page.locator(".figures-view")).to_contain_text("7 tasks ended · 1 failed")
    page.get_by_role("button", name="312 × TimeoutError in fetch.py:88").click()
    expect(page.locator("#task-search")).to_have_value(
        'state:failure error:"TimeoutError" error:fetch.py:88'
    )
    page.go_back()
    expect(page.locator(".figures-view")).to_be_visible()

    page.goto(f"{start_monitor('--read-only').url}/tasks?task=id0")
    expect(page.locator("#task-detail")).to_contain_text("a line of the log")
    expect(page.get_by_role("button", name="Run again")).to_have_count(0)
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("menuitem", name="Export as CSV")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Revoke all that match…")).to_have_count(0)
