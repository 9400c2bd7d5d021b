from __future__ import annotations

import msgspec
import pytest
from playwright.sync_api import expect

from desktop.engine.commands import Restart, Stop, StopReport
from desktop.engine.states import ServiceState

INFO = "[2026-11-25 04:00:{:02},000: INFO/MainProcess] line {}\n"


@pytest.fixture
def logs(home):
    folder = home.stack("bundled")
    folder.make()
    folder.log("web").write_bytes(b"only of the web server \xff<b>\x1b[31mred\x1b[0m</b>\n")
    folder.log("worker1").write_text("".join(INFO.format(n % 60, n) for n in range(1000)))
    return folder


def told(page, name: str):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def test_each_service_is_told_and_what_can_be_done_with_it(
    engine, monitor, logs, open_page, wait_until
):
    engine.answer = lambda command: StopReport()
    page = open_page(f"{monitor.url}/services")
    expect(page.locator("#summary")).to_contain_text("3 of 5 services running")
    # What failed is shown first, with why and its last lines.
    detail = page.get_by_role("region", name="Web server")
    expect(detail).to_contain_text("Port 8000 is taken.")
    expect(detail).to_contain_text("<b>not markup</b>")
    expect(page.get_by_role("log")).to_contain_text("only of the web server \ufffd<b>red</b>")
    assert page.locator("#body b:text('red')").count() == 0
    row = told(page, "worker1")
    for words in ("Running", "finishing 3 tasks", "4102", "1", "31%", "412 MB", "2 h 14 min"):
        expect(row).to_contain_text(words)
    row.focus()
    page.keyboard.press("Enter")
    detail = page.get_by_role("region", name="worker1")
    expect(detail).to_contain_text("pid 4102 · 5 processes")
    assert "service=worker1" in page.url
    detail.get_by_role("button", name="Restart").click()
    wait_until(lambda: Restart("", ("worker1",)) in engine.commands)

    stack = engine.snapshot.stacks[0]
    services = tuple(
        msgspec.structs.replace(one, state=ServiceState.STOPPING) if one.name == "worker1" else one
        for one in stack.services
    )
    stack = msgspec.structs.replace(stack, services=services)
    engine.say(msgspec.structs.replace(engine.snapshot, stacks=(stack,)))
    detail.get_by_role("button", name="Force stop…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("End 2 running tasks?")
    expect(dialog).to_contain_text("shop.search.rebuild_index")
    expect(dialog).to_contain_text("The others are lost.")
    dialog.get_by_role("button", name="Force stop").click()
    wait_until(lambda: Stop("", ("worker1",), force=True) in engine.commands)

    told(page, "Redis").click()
    page.get_by_role("region", name="Redis").get_by_role("button", name="Stop").click()
    expect(dialog).to_contain_text("Stop Redis?")
    page.keyboard.press("Escape")
    assert Stop("", ("redis",)) not in engine.commands


def test_a_log_is_followed_held_searched_and_read_back(logs, engine, monitor, open_page):
    page = open_page(f"{monitor.url}/services?service=worker1")
    log = page.get_by_role("log")
    expect(log).to_contain_text("line 999")
    expect(page.locator(".log-bar")).to_contain_text("Live · 400 lines")
    path = logs.log("worker1")

    def write(words: str) -> None:
        with path.open("a") as file:
            file.write(words)

    write(INFO.format(1, "<i>new</i>"))
    expect(log.locator(".lines > div").last).to_contain_text("line <i>new</i>")
    assert log.evaluate("box => box.scrollHeight - box.scrollTop - box.clientHeight") < 8
    # Scrolled away from the end, what is read stays where it is.
    log.evaluate("box => { box.scrollTop = 0; }")
    expect(page.locator(".log-bar")).to_contain_text("Held")
    write(INFO.format(2, "later"))
    expect(page.get_by_role("button", name="1 new line")).to_be_visible()
    page.get_by_role("button", name="Show older lines").click()
    expect(page.locator(".log-bar")).to_contain_text("Held · 802 lines")
    page.get_by_role("button", name="Show older lines").click()
    expect(log).to_contain_text("line 0\n")
    expect(page.get_by_role("button", name="Show older lines")).to_be_hidden()
    page.locator(".pill").click()
    expect(page.locator(".log-bar")).to_contain_text("Live")

    field = page.get_by_label("Filter lines")
    field.fill("LINE 77")
    expect(log.locator(".lines > div")).to_have_count(11)
    write(INFO.format(3, "777 more") + INFO.format(3, "88"))
    expect(log.locator(".lines > div")).to_have_count(12)
    page.get_by_label("Regular expression").check()
    field.fill(r"line 7[0-4]\d$")
    expect(log.locator(".lines > div")).to_have_count(50)
    field.fill("(")
    expect(page.get_by_role("alert")).to_contain_text("This expression is not valid")
    expect(log.locator(".lines > div")).to_have_count(50)
    field.press("Escape")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Level", exact=True).select_option("error")
    expect(log).to_contain_text("Nothing matches “Errors”.")
    write("[2026-11-25 05:00:00,000: ERROR/MainProcess] gone wrong\nTraceback: why\n")
    expect(log.locator(".lines > .bad")).to_have_count(2)
    page.reload()
    expect(log.locator(".lines > .bad")).to_have_count(2)
    page.get_by_label("Which log").select_option("*engine")
    expect(log).to_contain_text("Nothing matches")


def test_only_logs_of_services_are_read(logs, engine, monitor):
    get = monitor.http.get
    (logs.root / "secret.log").write_text("secret")
    for name in ("nobody", "..%2Fsecret", "%2e%2e%2fsecret", "%2Fetc%2Fpasswd", "secret%00"):
        assert get(f"/api/services/{name}/log").status_code == 404
    first = get("/api/services/worker1/log", params={"lines": 2}).json()
    assert [one["text"][-8:] for one in first["lines"]] == ["line 998", "line 999"]
    assert {one["level"] for one in first["lines"]} == {"info"}
    for wrong in ({"lines": 0}, {"lines": 10**6}, {"level": "loud"}, {"after": -1}):
        assert get("/api/services/worker1/log", params=wrong).status_code == 422
    behind = get("/api/services/worker1/log", params={"after": 2**53}).json()
    assert behind["cut"] and behind["lines"]
