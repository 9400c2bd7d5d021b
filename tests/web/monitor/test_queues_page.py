"""The page of the queues in a real browser, before an engine that says what a test tells it to."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from desktop.engine.commands import Done, Refused
from desktop.engine.model import Problem
from desktop.engine.queue_commands import (
    MoveMessages,
    PeekQueue,
    PurgeQueue,
    QueuePeek,
    QueueReport,
    QueuesReport,
    ShowQueues,
    WhyReport,
    WhyTask,
)
from desktop.engine.task_model import QueueDetail, QueuedMessage
from desktop.words import text

HOSTILE = "<img src=x onerror=alert(1)>/../\u202eq"
NODES = ("worker1@mbp", "worker2@mbp")


def details(now: float) -> tuple[QueueDetail, ...]:
    falling = tuple((now - 600 + 20 * n, 90 - 2 * n) for n in range(31))
    return (
        QueueDetail(
            "celery", 45, by_priority=((0, 40), (9, 5)), consumers=NODES, unacked=3,
            redelivered_in_s=3000.0, oldest_at=now - 130, oldest_told=True,
            growth_per_minute=-6.0, drained_in_s=450.0, depths=falling,
        ),
        QueueDetail("emial", 1204, consumers=(), near="email", oldest_at=now - 8000,
                    growth_per_minute=12.4, depths=((now - 30, 1200), (now - 1, 1204))),
        QueueDetail("email", 0, consumers=NODES[:1]),
        QueueDetail(HOSTILE, 2, consumers=None),
        QueueDetail("of-others", 7, mine=False),
    )  # fmt: skip


def messages(command: PeekQueue, depth: int) -> tuple[QueuedMessage, ...]:
    places = range(command.start, min(depth, command.start + command.limit))
    return tuple(
        QueuedMessage(
            n, f"id-{n}", "shop.mail.send" if n else "<b>bold</b>", f"({n}, '<script>')",
            "{}", priority=9 if n == 0 else 0, sent_at=time.time(), eta=time.time() + 90000,
            size_bytes=2048, retries=n % 3, queue=command.queue,
        )
        for n in places
    )  # fmt: skip


@pytest.fixture
def broker(engine):
    """Answers for the queues; holds what it answers with."""
    state = {"queues": details(time.time()), "refused": None}

    def answer(command):
        depths = {queue.name: queue.depth for queue in state["queues"]}
        match command:
            case ShowQueues():
                return QueuesReport(state["queues"])
            case PeekQueue(queue=name):
                return QueuePeek(messages(command, depths[name]), depths[name])
            case WhyTask(id=task_id):
                return WhyReport(None, text("It waits: {id}.", id=task_id))
            case PurgeQueue() | MoveMessages():
                return state["refused"] or QueueReport(3, text("It was done to <i>3</i>."))
        return Done()

    engine.answer = answer
    return state


def test_queues_are_told_with_their_pace_and_what_is_wrong_with_them(broker, monitor, open_page):
    page = open_page(f"{monitor.url}/queues")
    expect(page.locator("#summary")).to_have_text("1 queue holds tasks and has no consumer")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="celery"))
    for words in ("45", "−6/min", "7 min", "3", "2 min", "worker1@mbp, worker2@mbp"):
        expect(row).to_contain_text(words)
    assert row.locator("polyline").get_attribute("points").count(",") > 20
    alone = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="emial"))
    expect(alone).to_contain_text("nobody")
    expect(alone).to_contain_text("Did you mean “email”?")
    expect(alone).to_contain_text("≥ 2 h 13 min")
    expect(page.get_by_role("rowheader", name="<img src=x")).to_be_visible()
    others = page.get_by_role("region", name="Other queues")
    expect(others).to_contain_text("of-others")
    assert page.locator("#body img, #body script").count() == 0


def test_the_details_follow_the_keyboard_and_the_address(broker, engine, monitor, open_page):
    page = open_page(f"{monitor.url}/queues")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="celery"))
    row.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    detail = page.get_by_role("region", name="celery")
    expect(detail).to_contain_text("priority 0: 40, priority 9: 5")
    expect(detail).to_contain_text("the first goes back in 49 min")
    expect(detail).to_contain_text("−6/min, empty in 7 min")
    expect(detail.locator("li")).to_have_count(20)
    expect(detail.locator("li").first).to_contain_text("1. <b>bold</b>")
    expect(detail.locator("li").first).to_contain_text("(0, '<script>')")
    expect(detail).to_contain_text("1 to 20 of 45")
    detail.get_by_role("button", name="Why isn't it running? 2", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It waits: id-1.")
    page.keyboard.press("Escape")
    expect(detail).to_be_visible()
    page.get_by_role("button", name="Later messages").click()
    page.get_by_role("button", name="Later messages").click()
    expect(detail).to_contain_text("41 to 45 of 45")
    expect(page.get_by_role("button", name="Later messages")).to_be_disabled()
    assert page.url.endswith("/queues?queue=celery&from=40")
    page.reload()
    expect(detail).to_contain_text("41 to 45 of 45")
    page.get_by_role("rowheader", name="<img src=x").click()
    hostile = page.get_by_role("region", name="<img src=x")
    expect(hostile.locator("li")).to_have_count(2)
    expect(hostile).to_contain_text("not known")
    page.go_back()
    expect(detail).to_be_visible()
    page.keyboard.press("Escape")
    expect(detail).to_be_hidden()
    expect(row).to_be_focused()
    assert [one for one in engine.commands if isinstance(one, PeekQueue) and one.queue == HOSTILE]


def test_messages_are_dropped_and_moved_only_after_a_question(
    broker, engine, monitor, open_page, wait_until
):
    page = open_page(f"{monitor.url}/queues?queue=celery")
    page.get_by_role("button", name="Drop messages…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Drop 45 messages of “celery”?")
    expect(dialog).to_contain_text("Their tasks will never run, and this can't be undone.")
    expect(dialog).to_contain_text("3 that workers have taken are not touched.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Drop messages…").click()
    assert not [one for one in engine.commands if isinstance(one, PurgeQueue)]
    dialog.get_by_role("button", name="Drop 45 messages").click()
    expect(page.locator("#banners")).to_contain_text("It was done to <i>3</i>.")
    assert PurgeQueue("", "celery", 45) in engine.commands

    page.get_by_role("rowheader", name="emial").click()
    page.get_by_role("button", name="Move…", exact=True).click()
    expect(dialog.get_by_label("Move to")).to_have_value("email")
    expect(dialog).to_contain_text("Taken there by worker1@mbp.")
    dialog.get_by_label("Move to").select_option("celery")
    expect(dialog).to_contain_text("45 waiting")
    dialog.get_by_role("button", name="Move 1,204 messages").click()
    wait_until(lambda: MoveMessages("", "emial", "celery") in engine.commands)

    problem = Problem("x", text("It can't be moved."), text("Because."), text("Mend it."))
    broker["refused"] = Refused(problem)
    page.get_by_role("button", name="Move… 2", exact=True).click()
    dialog.get_by_role("button", name="Move 1 message").click()
    expect(page.locator(".banner.bad")).to_contain_text("Because. Mend it.")
    assert MoveMessages("", "emial", "email", ("id-1",)) in engine.commands


def test_read_only_shows_the_details_and_offers_nothing(broker, engine, start_monitor, open_page):
    page = open_page(f"{start_monitor('--read-only').url}/queues?queue=celery", width=390)
    detail = page.get_by_role("region", name="celery")
    expect(detail.locator("li").first).to_be_visible()
    assert detail.get_by_role("button", name="Drop").count() == 0
    assert detail.get_by_role("button", name="Move").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
