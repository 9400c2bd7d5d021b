"""The page Cleanup in a real browser, before an engine that says what a test tells it to."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from desktop.engine.commands import (
    Cleanup,
    CleanupEntry,
    CleanupLog,
    CleanupLogReport,
    CleanupReport,
    Done,
    ForceCleanup,
    Pick,
    PlanCleanup,
    RunAgain,
    RunAgainReport,
)
from desktop.engine.states import CleanupStep
from desktop.words import text
from tests.browser import chromium
from tests.web.monitor.worker_samples import (
    HOSTILE,
    LOST,
    STRANDED,
    held,
    plan,
    progress,
    this_app,
    with_stack,
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def leftovers(engine):
    """An engine with a plan; a cleanup has no answer until it is given one."""
    engine.snapshot = this_app(engine.snapshot)

    def answer(command):
        if isinstance(command, PlanCleanup):
            return plan(engine.snapshot.stacks[0].workers)
        if isinstance(command, CleanupLog):
            words = text("{name} was asked to finish its tasks and end.", name=HOSTILE)
            return CleanupLogReport((CleanupEntry(time.time(), "asked", words, 40112),))
        if isinstance(command, RunAgain):
            return RunAgainReport(LOST[:1])
        return None if isinstance(command, Cleanup) else Done()

    engine.answer = answer
    return engine


@pytest.fixture
def page(browser, leftovers, monitor) -> Iterator[Page]:
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1100, "height": 900}, locale="en-GB")
    opened = context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" else None
    )
    opened.goto(f"{monitor.url}/cleanup")
    opened.wait_for_selector("table.cleanup tbody tr")
    yield opened
    context.close()
    assert [one for one in complaints if "status of" not in one] == []


def picks(engine, *numbers: int) -> tuple[Pick, ...]:
    rows = engine.snapshot.stacks[0].workers
    return tuple(Pick(rows[n].pid, rows[n].create_time) for n in numbers)


def rows(page: Page):
    return page.locator("table.cleanup tbody tr:not(.more)")


def check(page: Page, pid: int):
    return page.get_by_role("checkbox", name=f"pid {pid}")


def answer(page: Page, button: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()


def test_the_plan_is_shown_and_only_what_is_checked_is_stopped(engine, page, wait_until):
    expect(page.locator("#summary")).to_contain_text("1 leftover found · checked")
    expect(page.locator("#nav .badge")).to_have_text("1")
    # What the table tells is not told above it once more.
    expect(page.locator("#banners")).to_be_empty()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).nth(0)).to_contain_text("Orphaned: its terminal is gone")
    expect(rows(page).nth(0)).to_contain_text("2 running tasks finish first.")
    expect(check(page, 40112)).to_be_checked()
    expect(check(page, 38007)).not_to_be_checked()
    expect(page.get_by_label("Selection")).to_contain_text("1 selected · frees 186 MB")
    expect(page.get_by_label("Selection")).to_contain_text("None is lost.")
    expect(page.get_by_label("Left alone")).to_contain_text("it is wanted")

    # By keyboard: the details, the other check mark, and back.
    page.get_by_role("button", name="celery@mbp", exact=True).focus()
    page.keyboard.press("Enter")
    details = page.locator("tr.more")
    for words in (HOSTILE, "By force it would be lost.", "By force it runs again.", "celery -A"):
        expect(details).to_contain_text(words)
    assert page.locator("main img").count() == 0
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="w0@mbp")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(check(page, 38007)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(details).to_have_count(0)
    selection = page.get_by_label("Selection")
    expect(selection).to_contain_text("2 selected")
    # What could not be asked is not called safe.
    expect(selection).to_contain_text("1 process could not be asked what it runs")
    expect(selection).not_to_contain_text("None is lost.")

    # A new look leaves the check marks; another process with the same pid is not checked.
    stack = engine.snapshot.stacks[0]
    changed = msgspec.structs.replace(stack.workers[2], create_time=time.time() - 5)
    engine.say(with_stack(engine.snapshot, workers=(*stack.workers[:2], changed)))
    expect(selection).to_contain_text("1 selected")
    check(page, 38007).check()

    page.get_by_role("button", name="Stop 2 processes").click()
    expect(page.get_by_role("dialog")).to_contain_text("pid 38007")
    page.keyboard.press("Escape")
    assert not [one for one in engine.commands if isinstance(one, Cleanup)]
    page.get_by_role("button", name="Stop 2 processes").click()
    answer(page, "Stop 2 processes")
    wait_until(lambda: Cleanup("", picks(engine, 1, 2)) in engine.commands)
    # What was sent can't be sent again.
    expect(page.get_by_role("button", name="Stop 2 processes")).to_be_disabled()


def test_its_progress_force_and_result_are_told(engine, page, wait_until):
    row = engine.snapshot.stacks[0].workers[1]
    lost, safe = held("shop.mail.send", True), held("shop.slow", False)
    going = progress(row, CleanupStep.FINISHING, lost, safe)
    engine.say(with_stack(engine.snapshot, cleanup=going))
    expect(page.locator("#summary")).to_have_text("Cleaning up…")
    expect(rows(page).nth(0)).to_contain_text("Finishing 2 tasks, 4")
    expect(check(page, 40112)).to_be_disabled()
    expect(page.get_by_label("Selection")).to_contain_text("Stopping: 0 of 1 done")
    expect(page.get_by_label("Selection")).to_contain_text("Waited for up to 15 min")
    page.get_by_role("button", name="Force 1 to stop…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 task would be lost; you can run it again")
    expect(dialog.locator("li").nth(0)).to_contain_text("shop.mail.sendwould be lost")
    expect(dialog.locator("li").nth(1)).to_contain_text("shop.slowruns again")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    answer(page, "Force stop")
    wait_until(lambda: ForceCleanup("", picks(engine, 1)) in engine.commands)
    assert not [one for one in engine.commands if isinstance(one, Cleanup)]

    item = msgspec.structs.replace(going.items[0], step=CleanupStep.STOPPED, tasks=())
    ended = msgspec.structs.replace(going, items=(item,), ended_at=time.time(), lost=LOST[:1])
    engine.say(with_stack(engine.snapshot, cleanup=ended, lost=LOST, stranded=STRANDED))
    told = page.locator(".aftermath")
    died = "2 tasks died with their workers"
    waits, unknown = "2 tasks of dead workers wait", "its arguments are not known"
    for words in ("1 process stopped", "1 task died with it.", waits, died, HOSTILE, unknown):
        expect(told).to_contain_text(words)
    told.get_by_role("button", name="Run shop.mail.send again").click()
    wait_until(lambda: RunAgain("", ("l1",)) in engine.commands)
    expect(page.locator("#banners")).to_contain_text("1 task was sent again")
    told.get_by_role("button", name="Dismiss").click()
    expect(told).not_to_contain_text("1 process stopped")
    page.get_by_role("button", name="History…").click()
    log = page.get_by_role("dialog", name="History of cleanups")
    expect(log).to_contain_text(f"{HOSTILE} was asked to finish")
    page.keyboard.press("Escape")
    expect(log).to_have_count(0)


def test_force_at_once_is_a_cleanup_without_patience(engine, page, wait_until):
    page.get_by_role("button", name="Force stop…").click()
    answer(page, "Force stop")
    forced = Cleanup("", picks(engine, 1), patience_s=0.0, force=True)
    wait_until(lambda: forced in engine.commands)


def test_read_only_a_telephone_and_nothing_to_do(browser, leftovers, start_monitor):
    monitor = start_monitor("--read-only")
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, locale="zh-CN", color_scheme="dark"
    )
    page = context.new_page()
    page.goto(f"{monitor.url}/cleanup?process=40112")
    expect(page.locator("tr.more")).to_contain_text(HOSTILE)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.locator("main button.primary, main button.danger")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    leftovers.answer = lambda command: (
        CleanupReport() if isinstance(command, Cleanup) else plan_of_nothing(leftovers)
    )
    page.locator("#buttons button").last.click()
    expect(page.locator("#body")).to_contain_text("没有需要清理的")
    context.close()


def plan_of_nothing(engine):
    whole = plan(engine.snapshot.stacks[0].workers)
    return msgspec.structs.replace(whole, rows=whole.rows[-1:])
