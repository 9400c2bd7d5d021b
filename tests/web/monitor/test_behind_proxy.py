"""Behind a proxy that ends TLS: under another name, scheme and port, and below a prefix."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import expect

from desktop.engine.commands import Start, StartReport, Stop
from tests.web.monitor.tls_proxy import tls_proxy


def test_pages_and_actions_work_where_the_proxy_shows_them(
    engine, start_monitor, open_page, wait_until
):
    engine.answer = lambda command: StartReport()
    # The proxy's address has to be known to the monitor, and the monitor's to the proxy.
    first = start_monitor("--url-prefix", "celery", prefix="/celery")
    with tls_proxy(first.port) as outside:
        # Not told of the proxy, it answers to its own names alone.
        refused = httpx.get(f"https://localhost:{outside}/celery/", verify=False, trust_env=False)  # noqa: S501
        assert refused.status_code == 421
        first.end()
        origin = f"https://localhost:{outside}"
        monitor = start_monitor(
            *("--url-prefix", "/celery/", "--origin", f"{origin}/"),
            prefix="/celery",
            port=first.port,
        )
        page = open_page(f"{origin}/celery", ignore_https_errors=True)
        expect(page.locator("#summary")).to_contain_text("services running")
        page.get_by_role("link", name="Services").click()
        expect(page).to_have_url(re.compile(rf"{origin}/celery/services\?service=web"))
        page.get_by_role("region", name="Web server").get_by_role("button", name="Start").click()
        wait_until(lambda: Start("", ("web",)) in engine.commands)
        # Its own names go on working, and other origins are refused under either.
        assert monitor.http.get("/celery/api/status").status_code == 200
        for given in ("https://localhost", "http://localhost:1", f"{origin}.evil.example"):
            refused = monitor.http.post("/celery/api/stop", json={}, headers={"Origin": given})
            assert refused.status_code == 403
        page.goto("about:blank")
        assert not [one for one in engine.commands if isinstance(one, Stop)]
