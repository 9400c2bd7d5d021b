from __future__ import annotations

import re
import time

import msgspec
from playwright.sync_api import expect

from desktop.engine.commands import Done, Start, StartReport
from desktop.engine.model import Problem, ServiceStatus
from desktop.engine.queue_commands import Schedule, ShowSchedule
from desktop.engine.states import ServiceKind
from desktop.engine.task_model import ScheduleEntry, WaitingTask
from desktop.words import text


def schedule(now: float, **more: object) -> Schedule:
    entries = (
        ScheduleEntry("clean-up", "shop.clean", "", every_s=30, last_run_at=now - 10,
                      next_run_at=now + 20, total_runs=2400, queue="maintenance"),
        ScheduleEntry("nightly", "shop.report", "0 4 * * *", args="(2026,)", late_s=3000.0),
        ScheduleEntry("<b>off</b>", "shop.old", "0 0 1 * *", enabled=False),
    )  # fmt: skip
    waiting = (
        WaitingTask("w1", "shop.send", "worker1@mbp", now + 75, "('<script>',)", retry=True),
        *(WaitingTask(f"q{n}", "shop.index", "", now + 7300 + n) for n in range(600)),
    )
    return Schedule(entries, waiting, told_at=now - 4, **more)  # type: ignore[arg-type]


def test_entries_and_waiting_tasks_are_told_and_beat_is_started(engine, monitor, open_page):
    told = schedule(time.time())
    stack = engine.snapshot.stacks[0]
    beat = ServiceStatus("beat", ServiceKind.BEAT)
    stack = msgspec.structs.replace(stack, services=(*stack.services, beat))
    engine.say(msgspec.structs.replace(engine.snapshot, stacks=(stack,)))

    def answer(command):
        nonlocal told
        match command:
            case ShowSchedule():
                return told
            case Start():
                told = schedule(time.time(), beat_runs=True, beats=1)
                return StartReport(("beat",))
        return Done()

    engine.answer = answer
    page = open_page(f"{monitor.url}/schedule")
    expect(page.locator("#summary")).to_have_text(
        "Beat is not running: nothing is sent · 1 entry is late"
    )
    for entry, words in {
        "clean-up": ("every 30 s", "2,400", "maintenance", "shop.clean"),
        "nightly": ("0 4 * * *", "50 min late", "(2026,)"),
        "<b>off</b>": ("Off", "–"),
    }.items():
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=entry))
        for word in words:
            expect(row).to_contain_text(word)
    expect(page.get_by_role("cell", name=re.compile(r"^in 1?\d s$|^now$"))).to_be_visible()
    waiting = page.get_by_role("region", name="Waiting for their time")
    expect(waiting.get_by_role("row")).to_have_count(201)
    expect(waiting).to_contain_text("and 401 more")
    expect(waiting.get_by_role("row").nth(1)).to_contain_text("retry")
    expect(waiting.get_by_role("row").nth(1)).to_contain_text("('<script>',)")
    expect(waiting.get_by_role("row").nth(2)).to_contain_text("its queue")
    document = monitor.http.get("/api/schedule").json()
    assert (len(document["waiting"]), document["waiting_total"]) == (500, 601)

    page.get_by_role("button", name="Start beat").click()
    expect(page.locator("#summary")).to_have_text("Beat sends 3 entries")
    expect(page.get_by_role("button", name="Start beat")).to_be_hidden()
    assert Start("", ("beat",)) in engine.commands


def test_why_nothing_can_be_told_is_said(engine, monitor, open_page):
    problem = Problem("app", text("<i>The app</i> can't be read."), text("Why."), text("Do so."))
    engine.answer = lambda command: (
        Schedule(problem=problem) if isinstance(command, ShowSchedule) else Done()
    )
    page = open_page(f"{monitor.url}/schedule?lang=zh-CN")
    expect(page.get_by_role("status").filter(has_text="<i>The app</i>")).to_contain_text("Do so.")
    expect(page.locator("#body")).to_contain_text("没有计划，也没有等待到期的任务。")
