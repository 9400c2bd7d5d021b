"""Workers and Cleanup in a real browser, before the real engine and real workers."""

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
    shop.send(4, gated=True)
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
