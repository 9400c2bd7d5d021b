"""The page of the tasks before the real engine with a real worker: seen, opened, run again."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import chromium
from tests.live.ledger import Ledger
from tests.web.monitor.conftest import RunningMonitor


def test_a_task_is_seen_as_it_runs_and_run_again(tmp_path):
    shop = Ledger(tmp_path)
    try:
        shop.start("redis", "hand")
        monitor = RunningMonitor(shop.home, tmp_path / "monitor.log", "--project", shop.project)
        try:
            monitor.wait_until_healthy()
            with chromium() as browser:
                page = browser.new_page(locale="en-GB")
                page.goto(f"{monitor.url}/tasks")
                (task_id,) = shop.send(1, gated=True)
                row = page.locator("#task-grid tr[aria-rowindex='2']")
                expect(row).to_contain_text("Running", timeout=20_000)
                shop.open_gate()
                expect(row).to_contain_text("Succeeded", timeout=20_000)
                row.click()
                detail = page.locator("#task-detail")
                expect(detail).to_contain_text(task_id)
                expect(detail.locator(".timeline")).to_contain_text("Started")
                detail.get_by_role("button", name="Run again").click()
                page.get_by_role("button", name="Show it").click()
                expect(detail.locator(".detail-id")).not_to_contain_text(task_id, timeout=20_000)
                expect(detail.locator(".task-facts")).to_contain_text(task_id)
                expect(detail.locator(".detail-state")).to_have_text("Succeeded", timeout=20_000)
        finally:
            monitor.end()
    finally:
        shop.open_gate()
        shop.end()
