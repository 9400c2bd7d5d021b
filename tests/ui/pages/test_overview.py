from __future__ import annotations

import dataclasses

import msgspec
import pytest
from PySide6.QtCore import Qt

from desktop.engine.commands import Start, Stop
from desktop.engine.model import Finding
from desktop.engine.states import ServiceState, Severity, StackState
from desktop.ui.widgets.confirm import Confirm
from desktop.words import text
from tests.ui import sample
from tests.ui.sample import SHOP
from tests.ui.test_window import dialog_of, press, text_of


@pytest.fixture
def page(window):
    return window.page


def test_start_all_is_the_primary_button_while_something_is_stopped(page, bridge) -> None:
    assert not page.start_all.isEnabled() and page.stop_all.isEnabled()
    assert page.start_all.property("look") == ""
    bridge.feed(sample.stopped(SHOP))
    assert page.start_all.isEnabled() and not page.stop_all.isEnabled()
    assert page.start_all.property("look") == "primary"
    page.start_all.click()
    assert bridge.commands == [Start(SHOP.project)]


def test_stop_all_needs_no_question_because_tasks_finish_first(page, bridge) -> None:
    page.stop_all.click()
    assert bridge.commands == [Stop(SHOP.project)]


def test_somebody_else_s_redis_alone_is_nothing_to_stop(page, bridge) -> None:
    redis = msgspec.structs.replace(sample.REDIS, state=ServiceState.EXTERNAL, pid=None)
    bridge.feed(sample.with_service(sample.stopped(SHOP), redis, state=StackState.PARTIAL))
    assert not page.stop_all.isEnabled()
    assert "never stopped" in text_of(page.cards["redis"])


def test_numbers_are_those_of_the_stack(page) -> None:
    assert page.running.number == "6"
    assert page.waiting.number == "18"
    assert page.succeeded.number == "17,951"
    assert page.failed.number == "3"
    assert page.machine.accessibleName() == "This machine: CPU 31 %, Memory 62 %, Disk free 41 GB"


@pytest.mark.parametrize(
    ("stack", "sentence"),
    [
        (SHOP, "5 of 5 services running · 2 h 14 min"),
        (sample.stopped(SHOP), "Everything is stopped"),
        (
            sample.with_service(SHOP, sample.failed_worker(), state=StackState.FAILED),
            "worker1 failed · 4 of 5 services running",
        ),
        (sample.with_service(SHOP, sample.stopping_worker()), "Stopping…"),
    ],
    ids=["running", "stopped", "failed", "stopping"],
)
def test_one_sentence_says_how_it_is(page, bridge, stack, sentence: str) -> None:
    bridge.feed(stack)
    assert page.header.sentence.text() == sentence


# --- banner -----------------------------------------------------------------------------------


def test_the_most_severe_finding_is_in_the_banner_until_it_is_put_away(page, bridge) -> None:
    disk = Finding("disk-low", Severity.CRITICAL, text("Disk"), text("Full."), text("Clear it."))
    bridge.feed(msgspec.structs.replace(SHOP, findings=(sample.LEFTOVER, disk)))
    assert page.banner.isVisible()
    assert page.banner.title == "Disk"
    assert page.banner.detail == "Full. Clear it. And 1 more."
    page.banner.dismissed.emit()
    assert not page.banner.isVisible()
    bridge.feed(msgspec.structs.replace(SHOP, findings=(sample.LEFTOVER,)))
    assert not page.banner.isVisible(), "it was among those that were put away"
    others = msgspec.structs.replace(sample.LEFTOVER, pids=(1, 2))
    bridge.feed(msgspec.structs.replace(SHOP, findings=(others,)))
    assert page.banner.isVisible(), "other processes are news"


def test_a_finding_about_processes_leads_to_the_cleanup(window, page, bridge) -> None:
    bridge.feed(msgspec.structs.replace(SHOP, findings=(sample.LEFTOVER,)))
    assert "celery-tray cleanup" not in page.banner.detail, "the button does it"
    press(window, page.banner, "Clean up…")
    assert window.page.name == "cleanup"


def test_the_banner_stays_away_when_some_of_its_processes_are_gone(page, bridge) -> None:
    bridge.feed(msgspec.structs.replace(SHOP, findings=(sample.LEFTOVER,)))
    page.banner.dismissed.emit()
    fewer = msgspec.structs.replace(sample.LEFTOVER, pids=sample.LEFTOVER.pids[1:])
    bridge.feed(msgspec.structs.replace(SHOP, findings=(fewer,)))
    assert not page.banner.isVisible()


# --- stopping ---------------------------------------------------------------------------------


def test_while_tasks_finish_the_person_may_wait(page, bridge) -> None:
    bridge.feed(sample.with_service(SHOP, sample.stopping_worker()))
    assert page.finishing.isVisible()
    assert "worker1: finishing 3 tasks" in page.finishing.detail
    press(page, page.finishing, "Wait")
    assert not page.finishing.isVisible()
    assert bridge.commands == []
    bridge.feed(SHOP)
    bridge.feed(sample.with_service(SHOP, sample.stopping_worker()))
    assert page.finishing.isVisible(), "the next stop asks again"


def test_a_usual_stop_is_no_banner(page, bridge) -> None:
    redis = msgspec.structs.replace(
        sample.REDIS, state=ServiceState.STOPPING, note=text("waits for the others")
    )
    bridge.feed(sample.with_service(SHOP, redis))
    assert not page.finishing.isVisible()
    later = page.view.ticks + 6
    page.take(dataclasses.replace(page.view, ticks=later))
    assert page.finishing.isVisible(), "by now somebody wants to know"


def test_force_stop_lists_what_would_be_ended_and_only_then_does_it(window, page, bridge) -> None:
    bridge.feed(sample.with_service(SHOP, sample.stopping_worker()))
    press(page, page.finishing, "Force stop…")
    dialog = dialog_of(window)
    said = text_of(dialog)
    assert "End 3 running tasks?" in said
    assert "shop.search.rebuild_index" in said and "shop.mail.send_receipt" not in said
    assert "The others are lost." in said
    assert bridge.commands == []
    press(window, dialog, "Force stop")
    assert bridge.commands == [Stop(SHOP.project, ("worker1",), force=True)]


def test_cancel_is_what_return_presses(window, page, bridge, qtbot) -> None:
    bridge.feed(sample.with_service(SHOP, sample.stopping_worker()))
    press(page, page.finishing, "Force stop…")
    dialog = dialog_of(window)
    press(window, dialog, "Cancel")
    qtbot.waitUntil(lambda: not [d for d in window.findChildren(Confirm) if d.isVisible()])
    assert bridge.commands == []


# --- cards ------------------------------------------------------------------------------------


def test_a_failed_card_says_why_and_what_can_be_done(window, page, bridge) -> None:
    bridge.feed(sample.with_service(SHOP, sample.failed_worker()))
    card = page.cards["worker1"]
    assert "exits right after its start" in text_of(card)
    assert "exits right after its start" in card.accessibleName()
    press(page, card, "Start again")
    assert bridge.commands == [Start(SHOP.project, ("worker1",))]
    press(page, card, "Show log")
    assert window.page.name == "logs" and window.page.chosen == "worker1"


def test_a_stopped_card_starts_its_service(page, bridge) -> None:
    press(page, page.cards["flower"], "Start")
    assert bridge.commands == [Start(SHOP.project, ("flower",))]


def test_a_card_opens_the_details_by_mouse_and_keyboard(qtbot, window, page) -> None:
    qtbot.keyClick(page.cards["web"], Qt.Key.Key_Return)
    assert window.page.name == "services" and window.page.table.chosen == "web"
    window.show_page("overview")
    qtbot.mouseClick(page.cards["worker1"], Qt.MouseButton.LeftButton)
    assert window.page.table.chosen == "worker1"


def test_a_menu_offers_only_what_means_something(window, page) -> None:
    view = window.view()
    service = SHOP.service("worker1")
    entries = {a.text(): a.isEnabled() for a in window.actions_.menu(page, service, view).actions()}
    assert entries["Start"] is False
    assert entries["Stop"] and entries["Restart"] and entries["Show log"]
    assert "Open in the browser" not in entries
    web = window.actions_.menu(page, SHOP.service("web"), view)
    assert "Open in the browser" in {a.text() for a in web.actions()}


def test_cards_follow_services_that_come_and_go(page, bridge) -> None:
    fewer = msgspec.structs.replace(SHOP, services=SHOP.services[:2])
    bridge.feed(fewer)
    assert [name for name, card in page.cards.items() if card.isVisible()] == ["redis", "worker1"]
    bridge.feed(SHOP)
    assert sum(card.isVisible() for card in page.cards.values()) == len(SHOP.services)


def test_a_configuration_that_can_t_be_used_is_told_in_full(qtbot, window, page, bridge) -> None:
    broken = msgspec.structs.replace(SHOP, services=(), problem=sample.CRASH)
    bridge.feed(broken)
    assert page.problem.isVisible() and not page.grid.isVisible()
    assert "mend the cause" in page.problem.words
    assert "ModuleNotFoundError" in page.problem.words
    with qtbot.waitSignal(window.choose_project_requested):
        press(page, page.problem, "Choose folder…")


def test_the_first_run_has_one_sentence_and_one_button(qtbot, window, page, bridge) -> None:
    bridge.stack = None
    bridge.stack_changed.emit(None)
    assert page.empty.isVisible() and not page.strip.isVisible()
    with qtbot.waitSignal(window.choose_project_requested):
        press(page, page.empty, "Choose folder…")


def test_the_line_moves_on_with_the_pulse(window, page) -> None:
    before = len(window._trends.series(SHOP.id, "worker1"))
    window._on_pulse()
    assert len(window._trends.series(SHOP.id, "worker1")) == before + 1


def test_a_click_that_disables_its_button_rings_nothing_else(qtbot, page, bridge) -> None:
    qtbot.mouseClick(page.stop_all, Qt.MouseButton.LeftButton)
    bridge.feed(sample.stopped(SHOP))
    assert not page.stop_all.isEnabled()
    assert not any(card.hasFocus() for card in page.cards.values())
