"""The page in a real browser, before a real server, worker and Redis."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from PySide6.QtGui import QImage

import web.downloads
from tests.browser import chromium
from tests.web.downloads.conftest import new_id
from tests.web.downloads.origin import DATA, EVIL, SLOW, Origin
from tests.web.downloads.rig import Rig, until

STATIC = Path(web.downloads.__file__).parent / "static"
EVENT_MS = 20_000
expect.set_options(timeout=EVENT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def context(browser: Browser, rig: Rig) -> Iterator[BrowserContext]:
    for one in rig.api.get("/api/downloads?limit=500").json()["downloads"]:
        rig.post(one["id"], "cancel")
        until(lambda one=one: rig.api.request("DELETE", f"/api/downloads/{one['id']}").is_success)
    opened = browser.new_context(viewport={"width": 1100, "height": 720}, locale="en-GB")
    yield opened
    opened.close()


@pytest.fixture
def troubles() -> list[str]:
    """What the page complained about; every test ends with none."""
    return []


@pytest.fixture
def page(context: BrowserContext, rig: Rig, troubles: list[str]) -> Iterator[Page]:
    opened = _open(context, rig, troubles)
    yield opened
    # A request that fails because its server is gone is the subject of some tests.
    assert [one for one in troubles if "Failed to load resource" not in one] == []


def _open(context: BrowserContext, rig: Rig, troubles: list[str]) -> Page:
    opened = context.new_page()
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    opened.goto(rig.url)
    expect(opened.locator("#status")).not_to_be_empty()
    return opened


def paste(page: Page, *urls: str) -> None:
    page.locator("#urls").fill("\n".join(urls))
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.locator("#urls")).to_have_value("")


def rows(page: Page, state: str = "") -> Locator:
    return page.locator(f'#list > li[data-state="{state}"]' if state else "#list > li")


def test_a_pasted_address_becomes_the_very_file(page: Page, origin: Origin, tmp_path: Path) -> None:
    expect(page.locator("#empty")).to_contain_text("No downloads yet")
    paste(page, origin.url("slower", new_id()))
    row = rows(page).first
    expect(row.locator("progress")).to_be_visible()
    expect(row.locator(".state")).to_contain_text("/s")
    expect(row.locator(".state")).to_contain_text("Done")
    with page.expect_download() as saving:
        row.get_by_role("link", name="Save file: slower").click()
    saving.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == SLOW
    assert saving.value.suggested_filename == "slower"
    expect(page.locator("#status")).to_have_text("1 done, 0 in progress")


def test_twenty_at_once(page: Page, rig: Rig, origin: Origin) -> None:
    paste(page, *(origin.url("plain", new_id()) for _ in range(20)))
    expect(rows(page, "SUCCESS")).to_have_count(20)
    done = rig.api.get("/api/downloads").json()["downloads"]
    assert {rig.content(one) for one in done} == {DATA}


def test_what_is_refused_stays_to_be_mended(page: Page, origin: Origin) -> None:
    good = origin.url("plain", new_id())
    page.locator("#urls").fill(f"file:///etc/passwd\n{good}\nftp://example.org/x")
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.locator("#form-error")).to_contain_text("this computer's own files")
    expect(page.locator("#urls")).to_have_value("file:///etc/passwd\nftp://example.org/x")
    expect(rows(page, "SUCCESS")).to_have_count(1)


def test_pause_resume_cancel_and_delete_by_keyboard(page: Page, origin: Origin) -> None:
    key = new_id()
    paste(page, origin.url("slower", key))
    row = rows(page).first
    expect(row.locator(".state")).to_contain_text("/s")
    row.get_by_role("button", name="Pause").press("Enter")
    expect(row).to_have_attribute("data-state", "PAUSED")
    expect(row.locator(".state")).to_contain_text("/ 1.5 MB")
    row.get_by_role("button", name="Resume").press("Enter")
    expect(row).to_have_attribute("data-state", "STARTED")
    expect(row.locator(".state")).to_contain_text("/s")
    row.get_by_role("button", name="Cancel").press("Enter")
    expect(row).to_have_attribute("data-state", "REVOKED")
    assert origin.requests("slower", key)[-1].first_byte
    row.get_by_role("button", name="Delete").press("Enter")
    row.get_by_role("button", name="Delete it?").press("Enter")
    expect(rows(page)).to_have_count(0)


def test_two_tabs_are_in_step(
    page: Page, context: BrowserContext, rig: Rig, origin: Origin, troubles: list[str]
) -> None:
    other = _open(context, rig, troubles)
    paste(page, origin.url("slow", new_id()))
    expect(rows(other, "STARTED")).to_have_count(1)
    expect(rows(other, "SUCCESS")).to_have_count(1)
    other.get_by_role("button", name="Delete").click()
    other.get_by_role("button", name="Delete the file?").click()
    expect(rows(page)).to_have_count(0)


def test_offline_and_back_loses_no_change(page: Page, rig: Rig, origin: Origin) -> None:
    """The server goes away and comes back, and the page was not told of what happened between."""
    first = rig.submit(origin.url("plain", new_id()))
    expect(rows(page, "SUCCESS")).to_have_count(1)
    rig.stop("web")
    expect(page.locator("#status")).to_contain_text("does not answer")
    rig.start("web")
    rig.submit(origin.url("plain", new_id()))
    rig.api.request("DELETE", f"/api/downloads/{first}")
    expect(page.locator("#status")).to_have_text("1 done, 0 in progress")
    expect(rows(page)).to_have_count(1)


def test_without_events_the_page_polls(
    context: BrowserContext, rig: Rig, origin: Origin, troubles: list[str]
) -> None:
    context.route("**/api/events*", lambda route: route.abort())
    page = _open(context, rig, troubles)
    paste(page, origin.url("plain", new_id()))
    expect(rows(page, "SUCCESS")).to_have_count(1)


def test_search_and_filter(page: Page, origin: Origin) -> None:
    paste(page, origin.url("plain", new_id()), origin.url("not_found", "zebra"))
    expect(rows(page, "FAILURE")).to_have_count(1)
    expect(rows(page, "SUCCESS")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator("#search").fill("zebra")
    expect(page.locator("#list > li:visible")).to_have_count(1)
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.locator("#empty")).to_contain_text("Nothing matches")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#list > li:visible")).to_have_count(2)


def test_a_fetched_page_is_text_and_never_runs(page: Page, rig: Rig, origin: Origin) -> None:
    paste(page, origin.url("evil_page"), origin.url("picture"))
    expect(rows(page, "SUCCESS")).to_have_count(2)
    page.get_by_role("button", name=re.compile("Preview: .*evil")).click()
    frame = page.frame_locator("#preview iframe")
    expect(frame.locator("body")).to_have_text(EVIL.decode())
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Preview: picture.svg").click()
    picture = page.locator("#preview img")
    until(lambda: picture.evaluate("image => image.naturalWidth") == 60)
    page.keyboard.press("Escape")
    expect(page).to_have_title("Downloads")
    # Opened on its own it still has no origin, no scripts, and no way to ours.
    for one in rig.api.get("/api/downloads").json()["downloads"]:
        answer = rig.api.get(one["file"]["preview"]["href"])
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox;") and "script-src" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"].partition(";")[0] in {"text/plain", "image/svg+xml"}


def test_a_pdf_is_seen(page: Page, origin: Origin) -> None:
    paste(page, origin.url("pdf"))
    expect(rows(page, "SUCCESS")).to_have_count(1)
    page.get_by_role("button", name="Preview: red.pdf").click()
    frame = page.locator("#preview iframe")

    def is_red() -> bool:
        picture = QImage.fromData(frame.screenshot())
        colours = (picture.pixelColor(x, picture.height() // 2) for x in range(picture.width()))
        return any(one.red() > 230 and one.green() < 40 and one.blue() < 40 for one in colours)

    until(is_red)


def test_hostile_names_and_addresses_are_text(page: Page, origin: Origin) -> None:
    paste(page, f"{origin.url('evil_page')}?<img/src=x/onerror=document.title='evil'>")
    paste(page, origin.url("hostile_reason", new_id()))
    expect(rows(page, "FAILURE").locator(".why")).to_contain_text("<script>alert(1)</script>")
    expect(rows(page, "SUCCESS").locator(".name")).to_have_text("_b_evil.html")
    assert page.locator("#list img, #list script").count() == 0
    expect(page).to_have_title("Downloads")


def test_a_removed_file_says_so_and_can_be_fetched_again(
    page: Page, rig: Rig, origin: Origin
) -> None:
    one = rig.submit(origin.url("plain", new_id()))
    expect(rows(page, "SUCCESS")).to_have_count(1)
    (rig.store / one / "plain").unlink()
    page.reload()
    expect(rows(page, "GONE").locator(".why")).to_contain_text("The file was removed")
    page.get_by_role("button", name="Fetch again").click()
    expect(rows(page, "SUCCESS").get_by_role("link", name="Save file")).to_be_visible()
    assert (rig.store / one / "plain").read_bytes() == DATA


def test_who_is_missing_is_told_with_what_to_do(page: Page, rig: Rig, origin: Origin) -> None:
    rig.stop("worker", signal.SIGKILL)
    paste(page, origin.url("plain", new_id()))
    expect(page.locator("#notice")).to_contain_text("No worker takes download_queue")
    expect(page.locator("#notice")).to_contain_text("Start worker1")
    rig.stop("redis", signal.SIGKILL)
    expect(page.locator("#notice")).to_contain_text("Redis is not answering")
    page.locator("#urls").fill(origin.url("plain", new_id()))
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.locator("#form-error")).to_contain_text("celery-tray start redis")
    rig.start("redis")
    rig.restart_worker()
    expect(rows(page, "SUCCESS")).to_have_count(1)
    expect(page.locator("#notice")).to_be_hidden()


def test_the_whole_page_speaks_chinese(page: Page, rig: Rig, origin: Origin) -> None:
    paste(page, origin.url("not_found", new_id()), origin.url("plain", new_id()))
    expect(rows(page, "SUCCESS")).to_have_count(1)
    expect(rows(page, "FAILURE")).to_have_count(1)
    page.get_by_role("button", name="中文").click()
    expect(rows(page, "FAILURE").locator(".why")).to_contain_text("没有这个文件")
    words = page.locator("main").inner_text().replace("English", "")
    for foreign in ("plain", "not_found", "Ctrl+Enter", "SHA-256", "404 Not Found", "MB", "KB"):
        words = words.replace(foreign, "")
    shown = re.sub(r"https?://\S+", "", words)
    assert not re.findall(r"[A-Za-z]{4,}", shown), shown
    page.reload()
    expect(page).to_have_title("下载")


def test_it_asks_nothing_of_other_hosts_and_nothing_is_inline(page: Page, rig: Rig) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator("#status")).not_to_be_empty()
    assert asked and all(url.startswith(rig.url) for url in asked)
    policy = rig.api.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_both_themes_and_on_a_phone(
    browser: Browser, rig: Rig, origin: Origin, scheme: str
) -> None:
    rig.ended(rig.submit(origin.url("not_found", new_id())))
    phone = browser.new_context(viewport={"width": 360, "height": 640}, color_scheme=scheme)
    page = phone.new_page()
    page.goto(rig.url)
    expect(rows(page, "FAILURE").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    worst = page.evaluate(_CONTRAST)
    assert worst >= 4.5, worst
    phone.close()


_CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let worst = 21;
  for (const element of document.querySelectorAll("main *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.matches(".heard, noscript")) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return worst;
}"""


def test_every_word_is_there_in_both_languages(page: Page) -> None:
    counted = page.evaluate(
        """async () => {
          const { WORDS } = await import("/static/words.js");
          const holes = (words) => Object.fromEntries(Object.entries(words).map(([key, value]) =>
            [key, JSON.stringify(value).match(/\\{\\w+\\}/g)?.sort().join() ?? ""]));
          return Object.values(WORDS).map(holes);
        }"""
    )
    english, chinese = counted
    assert english.keys() == chinese.keys()
    differing = [k for k in english if set(english[k].split(",")) != set(chinese[k].split(","))]
    assert not differing
    used = "".join(path.read_text() for path in STATIC.glob("*.js") if path.name != "words.js")
    used += (STATIC.parent / "templates" / "index.html").read_text()
    states = {"PENDING", "STARTED", "RETRY", "SUCCESS", "FAILURE", "REVOKED", "PAUSED", "GONE"}
    states |= {"all", "active", "done", "failed", "stopped", "pause", "resume", "look", "remove"}
    assert [key for key in english if key not in states and f'"{key}"' not in used] == []
