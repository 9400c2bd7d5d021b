"""The page in a real browser, before an engine that says what a test tells it to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

import web.monitor
from desktop.engine.commands import Refused, Restart, Start, Stop, StopReport
from desktop.engine.model import Problem
from desktop.words import text
from tests.browser import chromium
from web.monitor.words import (
    WORDS,
    cleanup,
    common,
    logs,
    overview,
    queues,
    schedule,
    services,
    task_actions,
    task_detail,
    task_figures,
    tasks,
    workers,
)

STATIC = Path(web.monitor.__file__).parent / "static"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def troubles() -> list[str]:
    """What the page complained about; every test ends with none."""
    return []


@pytest.fixture
def page(browser, monitor, troubles) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1100, "height": 720}, locale="en-GB")
    opened = context.new_page()
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on(
        "console",
        lambda said: troubles.append(said.text) if said.type in {"error", "warning"} else None,
    )
    opened.goto(monitor.url)
    opened.wait_for_selector(".card")
    yield opened
    context.close()
    assert [one for one in troubles if "status of" not in one] == []


def card(page: Page, name: str):
    return page.locator(".card").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_everything_that_the_engine_says_is_on_the_page(page):
    expect(page.locator("#summary")).to_contain_text("3 of 5 services running")
    expect(card(page, "Redis")).to_contain_text("127.0.0.1:6379 · 7.0.15")
    expect(card(page, "Redis")).to_contain_text("Running")
    expect(card(page, "worker1")).to_contain_text("finishing 3 tasks")
    expect(card(page, "Web server")).to_contain_text("Port 8000 is taken.")
    expect(card(page, "Web server")).to_contain_text("python -m http.server (pid 812)")
    expect(page.locator("#meters")).to_contain_text("Over the limit")
    expect(page.locator("#task-table")).to_contain_text("rebuild_index")
    expect(page.locator("#worker-table")).to_contain_text("Orphaned")
    expect(page.locator("#worker-table .evidence").first).to_have_text("It was seen.")
    expect(page.locator("#queue-table")).to_contain_text("download_queue")
    expect(page.locator("#banners")).to_contain_text("3 orphaned workers")


def test_changes_appear_without_loading_the_page_again(engine, page):
    stack = engine.snapshot.stacks[0]
    tasks = msgspec.structs.replace(stack.tasks, failed=1234)
    engine.say(
        msgspec.structs.replace(
            engine.snapshot, stacks=(msgspec.structs.replace(stack, tasks=tasks, active=()),)
        )
    )
    expect(page.locator("#numbers")).to_contain_text("1,234")
    expect(page.locator("#task-table")).to_contain_text("No task runs.")


def test_hostile_names_are_shown_as_text(page):
    expect(page.locator("#task-table")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#task-table")).to_contain_text("<script>alert(1)</script>")
    card(page, "Web server").locator("summary").click()
    expect(card(page, "Web server").locator("pre")).to_contain_text("<b>not markup</b>")
    assert page.locator("main img, main script, main b:text('not markup')").count() == 0


def test_a_service_is_restarted_from_its_menu_with_the_keyboard(engine, page, wait_until):
    engine.answer = lambda command: StopReport()
    page.get_by_role("button", name="Actions for worker1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Restart")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Stop")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menuitem")).to_have_count(0)
    expect(page.get_by_role("button", name="Actions for worker1")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    wait_until(lambda: Restart("", ("worker1",)) in engine.commands)


def test_all_is_stopped_only_after_a_question(engine, page, wait_until):
    engine.answer = lambda command: StopReport()
    page.get_by_role("button", name="Stop all…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Workers finish the tasks that run first")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Stop all…").click()
    assert not [one for one in engine.commands if isinstance(one, Stop)]
    page.get_by_role("button", name="Stop all services").click()
    wait_until(lambda: Stop("") in engine.commands)


def test_a_failed_action_is_told_on_the_page(engine, page, wait_until):
    problem = Problem("x", text("<i>It broke.</i>"), text("Because."), text("Mend it."))
    engine.answer = lambda command: Refused(problem)
    page.get_by_role("button", name="Start: Flower").click()
    wait_until(lambda: Start("", ("flower",)) in engine.commands)
    expect(page.locator("#banners")).to_contain_text("<i>It broke.</i>")
    page.locator(".banner.bad").get_by_role("button", name="Dismiss").click()
    expect(page.locator(".banner.bad")).to_have_count(0)


def test_the_language_is_switched_and_remembered(page):
    page.get_by_label("Language").select_option("zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    page.wait_for_selector(".card")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_the_theme_is_switched_and_remembered(page):
    def ground() -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert ground() == "rgb(251, 251, 252)"
    page.get_by_label("Theme").select_option("dark")
    assert ground() == "rgb(27, 28, 31)"
    page.reload()
    assert ground() == "rgb(27, 28, 31)"


def test_an_engine_that_is_gone_leaves_the_last_state_greyed(engine, page, monitor):
    monitor.process.terminate()
    expect(page.locator("#body")).to_have_class("old")
    expect(page.locator("#summary")).to_have_text("Not connected")
    expect(page.locator("#banners")).to_contain_text("The monitor did not answer.")
    expect(page.locator("#banners")).to_contain_text("What you see is from")
    expect(card(page, "Redis")).to_be_visible()
    expect(page.get_by_role("button", name="Start all")).to_be_disabled()


def test_read_only_offers_no_actions(browser, engine, start_monitor):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(start_monitor("--read-only").url)
    page.wait_for_selector(".card")
    expect(page.locator("#buttons")).to_contain_text("Read-only")
    expect(page.locator(".card button")).to_have_count(0)
    context.close()


MADE_UP = (
    *("state_", "log_level_", "stop_", "owner_", "finding_", "role_", "severity_"),
    *("step_", "did_", "task_ask_", "worker_tab_", "worker_dump_"),
)
"""Beginnings of words whose rest the page takes from the state."""


def test_every_word_of_the_page_exists_and_every_one_is_used():
    sources = "".join(f.read_text() for f in STATIC.rglob("*.*") if f.suffix != ".svg")
    asked_for = set(re.findall(r'(?:\bt\(|data-word=|data-label=)"(\w+)"', sources))
    assert asked_for - set(WORDS) == set()
    named = asked_for | set(re.findall(r'"(\w+)"', sources))
    assert {word for word in WORDS if word not in named and not word.startswith(MADE_UP)} == set()
    assert all(f"{beginning}${{" in sources or f'"{beginning}' in sources for beginning in MADE_UP)


def test_no_two_files_have_words_of_the_same_key():
    about_tasks = (tasks, task_detail, task_actions, task_figures)
    files = (cleanup, common, logs, overview, services, *about_tasks, workers, queues, schedule)
    assert len(WORDS) == sum(len(file.WORDS) for file in files)


def test_nothing_is_inline():
    html = (STATIC / "index.html").read_text()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]* src=)", html)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast_wherever_it_stands(theme):
    tokens = dict(re.findall(r"--([\w-]+): (#\w+|\d+%)", block(theme)))
    tint = int(tokens["tint"].rstrip("%")) / 100
    pairs = [
        ("text", g) for g in ("bg", "side", "card", "hover", "nav", "well", "warn-bg", "bad-bg")
    ]
    pairs += [("sub", g) for g in ("bg", "side", "card", "hover", "warn-bg", "bad-bg", "info-bg")]
    pairs += [("text", "sel"), ("sub", "sel"), ("ok", "sel"), ("off", "sel")]
    pairs += [(tone, "card") for tone in ("ok", "run", "warn", "bad", "off", "rev")]
    pairs += [
        ("on-accent", "accent"),
        ("run", "nav"),
        ("warn", "bg"),
        ("bad", "bg"),
        ("ok", "side"),
    ]
    for ink, ground in pairs:
        assert contrast(rgb(tokens[ink]), rgb(tokens[ground])) >= 4.5, (ink, ground)
    for tone in ("run", "warn", "off"):
        chip = mixed(rgb(tokens[tone]), rgb(tokens["card"]), tint)
        assert contrast(rgb(tokens[tone]), chip) >= 4.5, tone


def block(theme: str) -> str:
    css = (STATIC / "tokens.css").read_text()
    dark = css[css.index(':root[data-theme="dark"]') :]
    return dark if theme == "dark" else css[: css.index("@media")]


def rgb(color: str) -> tuple[float, float, float]:
    digits = color.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    return tuple(int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))  # type: ignore[return-value]


def mixed(ink, ground, share: float):
    return tuple(a * share + b * (1 - share) for a, b in zip(ink, ground, strict=True))


def contrast(one, two) -> float:
    """WCAG 2.2, 1.4.3."""
    bright, dim = sorted((luminance(one), luminance(two)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(color) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_both_ways_to_the_dark_theme_have_the_same_colours():
    css = (STATIC / "tokens.css").read_text()
    blocks = [part.partition("}")[0] for part in css.split(":root")]
    followed, chosen = (re.findall(r"--[\w-]+: [^;]+", part) for part in blocks[2:4])
    assert len(chosen) > 20
    assert followed == chosen
