"""Names and texts that others choose, on every page of the monitor in a real browser: text, never
markup."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from desktop.engine.commands import Answer, CensusReport, Command, Done
from desktop.engine.history_commands import TaskDetail, TaskPage
from desktop.engine.model import ServiceStatus
from desktop.engine.queue_commands import QueuePeek, QueuesReport
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import TaskState
from desktop.engine.task_model import Attempt, QueueDetail, QueuedMessage, Task
from desktop.words import Text, verbatim
from tests.browser import chromium
from tests.web.monitor.conftest import FakeEngine, RunningMonitor, wait_until
from web.monitor.page import PAGES

EVIL = (
    "'\"><img src=x onerror=pwned=1><script>pwned=2</script><svg onload=pwned=3>"
    "<a href='javascript:pwned=4'>{{7*7}}${7*7}\u202e\x01\x1b[31m</textarea></title><b id=evil>"
)
KEPT = {"id", "project", "url", "log_path", "create_time", "next"}
"""Fields that are keys or addresses of ours."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def hostile(value: Any, field: str = "") -> Any:
    """The same, with every text that others choose replaced."""
    if isinstance(value, Text):
        return verbatim(EVIL)
    if isinstance(value, msgspec.Struct):
        kept = {"name"} if isinstance(value, ServiceStatus) else set()  # a name of ours
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        changed = {name: hostile(one, name) for name, one in fields.items() if name not in kept}
        return msgspec.structs.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(hostile(one) for one in value)
    return EVIL if type(value) is str and value and field not in KEPT else value


def answer(sample: Snapshot, command: Command) -> Answer:
    """What pages ask for, of things that are all named so."""
    now = time.time()
    failed = Attempt(TaskState.RETRY, "w", 7, now - 9, now - 8, now - 7, "x", "Traceback")
    task = Task(
        "t1", "x", TaskState.FAILURE, "w", 7, "q", "x", "x", "x", "x", "Traceback", 1, 2, "t1", "",
        now - 6, now - 5, now - 4, now - 3, seen_at=now, attempts=(failed,),
    )  # fmt: skip
    queue = QueueDetail("q", 3, consumers=("w",), unacked=1, near="n")
    answers = {
        "ListTasks": TaskPage((task,), total=1, kept=1, by_state={TaskState.FAILURE: 1}),
        "ShowTask": TaskDetail(task, (task,), ("line",)),
        "ShowQueues": QueuesReport((queue,)),
        "PeekQueue": QueuePeek((QueuedMessage(0, "t1", "x", "x", "x", body="x"),), 1),
        "Census": CensusReport(sample.stacks[0].workers),
    }
    found: Answer = hostile(answers.get(type(command).__name__, Done()))
    return found


def test_no_page_makes_anything_of_what_others_call_things(
    browser: Browser, engine: FakeEngine, monitor: RunningMonitor
) -> None:
    sample = hostile(engine.snapshot)
    engine.answer = lambda command: answer(engine.snapshot, command)
    engine.say(sample)
    wait_until(lambda: "onerror" in monitor.http.get("/api/status").text)
    context = browser.new_context(locale="en-GB")
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    for path in ("", *PAGES, "tasks?task=t1", f"tasks?search={quote(EVIL)}"):
        page.goto(f"{monitor.url}/{path}")
        expect(page.locator("body")).to_contain_text("<img src=x onerror=pwned=1>")
        assert page.evaluate("typeof pwned") == "undefined", path
        made = "img[src=x], #evil, a[href^='javascript:'], [onerror], [onload]"
        assert page.locator(made).count() == 0, path
    context.close()
    assert not dialogs
    # Had anything been made of it, the policy would have refused it and told so.
    assert not [one for one in refused if "Content Security Policy" in one]
    assert all(one.startswith(monitor.url) for one in asked), asked
