"""The pages that act, in a real browser, before the real engine and real workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser import chromium
from tests.leftovers import Leftovers
from tests.live.conftest import WAIT_S, until
from tests.live.ledger import Ledger
from tests.web.monitor.conftest import RunningMonitor

ONE_BY_ONE = (
    "-P",
    "prefork",
    "-c",
    "1",
    "--prefetch-multiplier",
    "1",
    "-E",
    "--without-mingle",
    "--without-gossip",
    "-l",
    "INFO",
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Ledger]:
    one = Ledger(tmp_path)
    yield one
    one.open_gate()
    one.end()


@pytest.fixture
def leftovers(shop: Ledger) -> Iterator[Leftovers]:
    found = Leftovers(shop.folder, "book", shop.environment())
    yield found
    found.end()


@pytest.fixture
def monitor(shop: Ledger, tmp_path: Path) -> Iterator[RunningMonitor]:
    running = RunningMonitor(shop.home, tmp_path / "monitor.log", "--project", shop.project)
    yield running
    running.end()


@pytest.fixture
def page(monitor: RunningMonitor) -> Iterator[Page]:
    with chromium() as browser:
        opened = browser.new_page(viewport={"width": 1100, "height": 900}, locale="en-GB")
        opened.set_default_timeout(WAIT_S * 1000)
        expect.set_options(timeout=WAIT_S * 1000)
        yield opened
        expect.set_options(timeout=5_000)  # as it is by itself


def test_a_worker_grows_and_an_orphan_ends_after_its_task(
    shop: Ledger, leftovers: Leftovers, monitor: RunningMonitor, page: Page
) -> None:
    shop.start("hand")
    (old,) = leftovers.orphans(["old"], *ONE_BY_ONE)
    shop.send(12, gated=True)  # more than either worker may hold: 2 and 8 waiting, 1 and 1
    until(lambda: old.pid in {pid for _, pid in shop.lines("began")})
    shop.until_began(3)

    # The pool's processes with what each runs; one more of them.
    page.goto(f"{monitor.url}/workers?worker=hand")
    processes = page.locator("table.processes tbody tr")
    expect(processes).to_have_count(3)
    expect(processes.filter(has_text="book").filter(has_text="Running")).to_have_count(2)
    page.get_by_role("button", name="One more").click()
    expect(page.locator("#banners")).to_contain_text("It has 3 processes now.")
    expect(processes).to_have_count(4)
    hand = psutil.Process(shop.service("hand").pid)
    assert len(hand.children()) == 3

    # What is ours is left alone whatever a request says, and so is what is not the process meant.
    ours = {"pid": hand.pid, "create_time": hand.create_time()}
    other = {"pid": old.pid, "create_time": old.create_time() - 100}
    report = monitor.http.post("/api/cleanup", json={"picks": [ours, other]}).json()
    assert report["stopped"] == []
    assert [one["pid"] for one in report["left"]] == [hand.pid]

    # The orphan finishes its task first, and ends.
    page.locator("#nav").get_by_text("Cleanup").click()
    expect(page.get_by_role("checkbox", name=f"pid {old.pid}")).to_be_checked()
    expect(page.get_by_label("Selection")).to_contain_text("1 task finishes first.")
    page.get_by_role("button", name="Stop 1 process").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop 1 process").click()
    expect(page.locator("table.cleanup")).to_contain_text("Finishing run")
    assert old.is_running()
    shop.open_gate()
    expect(page.locator(".aftermath")).to_contain_text("1 process stopped")
    expect(page.locator(".aftermath")).to_contain_text("No task was lost.")
    assert not old.is_running() or old.status() == psutil.STATUS_ZOMBIE
    assert hand.is_running()
    assert set(shop.until_all_ended().values()) == {1}


def test_tasks_of_a_misspelt_queue_are_moved_run_and_seen_in_the_log(
    shop: Ledger, monitor: RunningMonitor, page: Page
) -> None:
    shop.start("hand")
    shop.send(3, queue="celry")
    page.goto(f"{monitor.url}/queues?queue=celry")
    detail = page.get_by_role("region", name="celry")
    expect(detail).to_contain_text("Nobody takes from this queue. Did you mean “celery”?")
    expect(detail.locator("li")).to_have_count(3)
    expect(detail.locator("li").first).to_contain_text("(1, 0.0, '')")
    page.get_by_role("button", name="Move…", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Taken there by hand@")
    dialog.get_by_role("button", name="Move 3 messages").click()
    expect(page.locator("#banners")).to_contain_text("3 messages were moved")
    assert set(shop.until_all_ended().values()) == {1}
    expect(detail).to_contain_text("No message waits.")

    # What is dropped is gone, and nothing else is.
    dropped = shop.send(2, queue="celry")
    expect(detail.locator("li")).to_have_count(2)
    page.get_by_role("button", name="Drop messages…").click()
    dialog.get_by_role("button", name="Drop 2 messages").click()
    expect(page.locator("#banners")).to_contain_text("2 messages of “celry” were dropped.")
    expect(detail).to_contain_text("No message waits.")

    page.goto(f"{monitor.url}/services?service=hand")
    log = page.get_by_role("log")
    expect(log).to_contain_text("Task book.run[")
    page.get_by_label("Filter lines").fill("succeeded in")
    expect(log.locator(".lines > div")).to_have_count(3)
    shop.send(1)
    expect(log.locator(".lines > div")).to_have_count(4)
    assert not any(one in log.inner_text() for one in dropped)
