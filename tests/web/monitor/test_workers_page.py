"""The page Workers in a real browser, before an engine that says what a test tells it to."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from desktop.engine.commands import Refused, Start, StartReport
from desktop.engine.model import Problem
from desktop.engine.node_commands import (
    DumpNode,
    NodeReport,
    NodeVerb,
    ShowNode,
    StackDump,
    TellNode,
)
from desktop.engine.states import ServiceState
from desktop.words import text
from tests.browser import chromium
from tests.web.monitor.worker_samples import HOSTILE, SECRET, detail, this_app, with_stack

OURS, ORPHAN = ("worker1@mbp", 4102), ("celery@mbp", 40112)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def workers(engine):
    """An engine whose workers answer."""
    engine.snapshot = this_app(engine.snapshot)

    def answer(command):
        if isinstance(command, ShowNode):
            return detail(command, engine.snapshot.stacks[0])
        if isinstance(command, TellNode):
            return NodeReport(text("It did as it was told."))
        return StartReport(("worker1",))

    engine.answer = answer
    return engine


@pytest.fixture
def page(browser, workers, monitor) -> Iterator[Page]:
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1100, "height": 900}, locale="en-GB")
    opened = context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" else None
    )
    opened.goto(f"{monitor.url}/workers")
    opened.wait_for_selector("table.processes tbody tr")
    yield opened
    context.close()
    assert [one for one in complaints if "status of" not in one] == []


def told(engine, verb: NodeVerb, who=OURS, **fields) -> TellNode:
    return TellNode("", *who, verb, **fields)


def answer_yes(page: Page, button: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()


def test_all_of_a_worker_is_on_the_page_and_the_keyboard_goes_through_them(page):
    expect(page.locator("#summary")).to_have_text("3 workers running · 2 need a look")
    rows = page.locator("table.workers tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("2 of 4")
    expect(rows.nth(1)).to_contain_text("Orphaned")
    expect(rows.nth(1)).to_contain_text("It was seen.")
    about = page.get_by_label("About this worker").first
    for words in ("celery -A shop worker -n worker1@mbp", "18,204", "90,210", "284 MB", "94%"):
        expect(about).to_contain_text(words)
    processes = page.locator("table.processes tbody tr")
    expect(processes).to_have_count(4)
    expect(processes.nth(0)).to_contain_text("Main")
    expect(processes.nth(1)).to_contain_text("Slow")
    expect(processes.nth(1)).to_contain_text("4.1 s")
    expect(processes.nth(2)).to_contain_text(HOSTILE)
    expect(processes.nth(3)).to_contain_text("Idle")
    expect(processes.nth(1).get_by_role("link")).to_have_attribute("href", "/tasks?task=t1")
    assert page.locator("main img").count() == 0

    page.get_by_role("button", name="worker1@mbp", exact=True).focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="celery@mbp", exact=True)).to_be_focused()
    expect(page).to_have_url(re.compile("worker=celery%40mbp&pid=40112"))
    expect(about.get_by_role("heading")).to_have_text("celery@mbp")
    expect(about).to_contain_text("Nobody who started it is left.")
    expect(processes).to_have_count(1)

    page.get_by_role("tab", name="Processes").focus()
    for name in ("Queues", "Tasks", "Waiting", "Settings"):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name=name)).to_be_focused()
    expect(page.get_by_role("tabpanel")).to_contain_text(SECRET)
    page.get_by_role("tab", name="Waiting").click()
    expect(page.get_by_role("tabpanel")).to_contain_text(HOSTILE)
    expect(page.get_by_role("tabpanel")).to_contain_text("a free process")
    page.reload()
    expect(page.get_by_role("tab", name="Waiting")).to_have_attribute("aria-selected", "true")
    expect(about.get_by_role("heading")).to_have_text("celery@mbp")


def test_a_worker_is_told_and_says_what_it_did(engine, page, wait_until):
    page.get_by_role("button", name="One more").click()
    expect(page.locator("#banners")).to_contain_text("It did as it was told.")
    page.get_by_role("button", name="Restart pool").click()
    wait_until(lambda: told(engine, NodeVerb.RESTART_POOL) in engine.commands)
    assert told(engine, NodeVerb.GROW) in engine.commands
    expect(page.locator(".banner").filter(has_text="as it was told")).to_have_count(1)

    page.get_by_role("tab", name="Queues").click()
    page.get_by_label("Name of a queue").fill("a/b ")
    page.keyboard.press("Enter")
    wait_until(lambda: told(engine, NodeVerb.ADD_CONSUMER, queue="a/b") in engine.commands)
    page.get_by_role("button", name="Take no more from it: celery", exact=True).click()
    wait_until(lambda: told(engine, NodeVerb.CANCEL_CONSUMER, queue="celery") in engine.commands)

    page.get_by_role("tab", name="Tasks").click()
    page.get_by_label("Find a task").fill("PDF")
    expect(page.get_by_role("tabpanel").locator("tbody tr")).to_have_count(1)
    name = "reports.daily.render_pdf"
    page.get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name="Limit rate…").click()
    rate = page.get_by_label("Rate limit")
    rate.fill("often")
    answer_yes(page, "Limit rate")
    expect(page.get_by_role("dialog")).to_be_visible()
    rate.fill("5/s")
    answer_yes(page, "Limit rate")
    wait_until(lambda: told(engine, NodeVerb.RATE_LIMIT, task=name, rate="5/s") in engine.commands)
    page.get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name="Limit time…").click()
    page.get_by_label("Hard time limit in seconds").fill("90.5")
    answer_yes(page, "Limit time")
    wait_until(lambda: told(engine, NodeVerb.TIME_LIMIT, task=name, hard_s=90.5) in engine.commands)
    page.get_by_role("button", name="Actions for worker1@mbp").click()
    page.get_by_role("menuitem", name="Send task events").click()
    wait_until(lambda: told(engine, NodeVerb.ENABLE_EVENTS) in engine.commands)


def test_what_ends_or_signals_a_worker_is_asked_about_first(engine, page, wait_until):
    page.get_by_role("button", name="Stop…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 running tasks finish first.")
    expect(dialog).to_contain_text("shop.search.rebuild_index")
    expect(dialog).to_contain_text(HOSTILE)
    expect(dialog).not_to_contain_text("was not started from here")
    page.keyboard.press("Escape")
    assert not [one for one in engine.commands if isinstance(one, TellNode)]
    page.get_by_role("button", name="Stop…").click()
    answer_yes(page, "Stop when finished")
    wait_until(lambda: told(engine, NodeVerb.WARM_STOP) in engine.commands)

    page.locator("table.workers").get_by_text("pid 40112").click()
    expect(page.get_by_label("About this worker").first.get_by_role("heading")).to_have_text(
        ORPHAN[0]
    )
    page.get_by_role("button", name="Stop…").click()
    expect(dialog).to_contain_text("It was not started from here")
    answer_yes(page, "Stop when finished")
    wait_until(lambda: told(engine, NodeVerb.WARM_STOP, ORPHAN, consent=True) in engine.commands)

    before = engine.answer
    problem = Problem(
        "signal-needs-consent", text("Not started from here."), text("Only SIGUSR1 tells."),
        text("--yes"),
    )  # fmt: skip

    def answer(command):
        if isinstance(command, DumpNode):
            return StackDump(HOSTILE, "celery") if command.consent else Refused(problem, 5)
        return before(command)

    engine.answer = answer
    page.get_by_role("button", name="Where it hangs…").first.click()
    expect(dialog).to_contain_text("Only SIGUSR1 tells.")
    expect(dialog).not_to_contain_text("--yes")
    answer_yes(page, "Send SIGUSR1")
    expect(page.get_by_role("dialog", name="Process 40112 of celery@mbp")).to_contain_text(HOSTILE)
    asked = [one for one in engine.commands if isinstance(one, DumpNode)]
    assert asked == [DumpNode("", *ORPHAN, consent) for consent in (False, True)]
    answer_yes(page, "Close")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_worker_that_does_not_answer_is_told_nothing(engine, page):
    silent = Problem("silent-node", text("It is silent."), text(""), text(""))
    before = engine.answer
    engine.answer = lambda command: (
        Refused(silent) if isinstance(command, ShowNode) else before(command)
    )
    page.get_by_role("button", name="w0@mbp").click()
    about = page.get_by_label("About this worker").first
    expect(about).to_contain_text("It is silent.")
    expect(about.get_by_role("button", name="One more")).to_be_disabled()
    expect(about.get_by_role("button", name="Stop…")).to_be_enabled()
    # What was asked too late of another one is not shown as this one's.
    expect(about).not_to_contain_text("rebuild_index")

    # One of ours that does not run can be started from here.
    stack = engine.snapshot.stacks[0]
    stopped = msgspec.structs.replace(
        stack.services[1], state=ServiceState.STOPPED, pid=None, create_time=None, note=None
    )
    services = (stack.services[0], stopped, *stack.services[2:])
    engine.say(with_stack(engine.snapshot, services=services, workers=stack.workers[1:]))
    page.get_by_role("button", name="worker1@mbp", exact=True).click()
    expect(about).to_contain_text("Stopped")
    expect(about).to_contain_text("It does not run.")
    about.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#banners")).to_contain_text("Ready: worker1")
    assert Start("", ("worker1",)) in engine.commands


def test_read_only_and_a_telephone_show_all_and_offer_nothing(
    browser, workers, start_monitor, wait_until
):
    monitor = start_monitor("--read-only")
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, locale="zh-CN", color_scheme="dark"
    )
    page = context.new_page()
    page.goto(f"{monitor.url}/workers?tab=queues")
    expect(page.get_by_role("tabpanel")).to_contain_text("download_queue")
    expect(page.locator("#buttons")).to_contain_text("只读")
    expect(page.locator("main button:not([role=tab]):not(.name):not(.bare)")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
