from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt

from desktop.engine.commands import Start
from desktop.engine.model import Problem
from desktop.engine.queue_commands import Schedule, ShowSchedule, WhyTask
from desktop.engine.states import ServiceKind, ServiceState
from desktop.ui.pages.schedule_table import EntryColumn, WaitingColumn
from desktop.words import text
from tests.ui import sample, sample_queues
from tests.ui.sample import SHOP
from tests.ui.test_window import text_of

BEAT = sample.service("beat", ServiceKind.BEAT, ServiceState.STOPPED)
WITH_BEAT = msgspec.structs.replace(SHOP, services=(*SHOP.services, BEAT))


@pytest.fixture
def page(window, bridge):
    bridge.answers[ShowSchedule] = sample_queues.SCHEDULE
    bridge.feed(WITH_BEAT)
    window.show_page("schedule")
    window._on_pulse()
    return window.page


def cells(table, row: int, columns) -> list[str]:
    return [table.model_.index(row, column).data() for column in columns]


def test_entries_are_told_with_their_next_run(page) -> None:
    first = cells(page.entries, 0, EntryColumn)
    assert first[:3] == ["sync-inventory", "every 30 s", "in 8 s"]
    assert first[4:] == ["18,204", "celery", "shop.tasks.sync_inventory"]
    assert cells(page.entries, 1, EntryColumn)[1] == "30 4 * * *"
    assert page.header.sentence.text() == "Beat sends 2 entries"
    assert page.told.text().startswith("Runs as beat wrote them down at")


def test_tasks_that_wait_are_told_with_who_holds_them(page) -> None:
    first = cells(page.waiting, 0, WaitingColumn)
    assert first == ["in 5 s", "shop.tasks.sync_inventory", "worker1@mbp", "retry", "(3,)"]
    assert cells(page.waiting, 1, WaitingColumn)[2] == "its queue"
    index = page.waiting.model_.index(0, WaitingColumn.DUE)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Due: in 5 s"


def test_without_a_beat_what_is_late_is_told_and_beat_can_be_started(page, bridge) -> None:
    page._on_schedule(sample_queues.LATE)
    assert cells(page.entries, 0, EntryColumn)[2] == "1 h 1 min late"
    sentence = page.header.sentence.text()
    assert sentence == "Beat is not running: nothing is sent · 1 entry is late"
    assert page.start_beat.isVisible()
    page.start_beat.click()
    assert Start(SHOP.project, ("beat",)) in bridge.commands


def test_a_beat_that_runs_needs_no_start_and_two_are_one_too_many(page) -> None:
    assert not page.start_beat.isVisible()
    page._on_schedule(msgspec.structs.replace(sample_queues.SCHEDULE, beats=2))
    assert page.header.sentence.text() == "2 beats run: each entry is sent 2 times"


def test_a_schedule_that_others_keep_says_so_above_what_waits(page) -> None:
    problem = Problem("elsewhere", text("The schedule is kept elsewhere."), text("x"), text("y"))
    known = Schedule((), sample_queues.SCHEDULE.waiting, problem=problem)
    page._on_schedule(known)
    assert page.banner.isVisible() and page.banner.title == "The schedule is kept elsewhere."
    assert page._waiting_card.isVisible() and not page._entries_card.isVisible()
    page._on_schedule(sample_queues.SCHEDULE)
    assert not page.banner.isVisible()


def test_nothing_scheduled_is_an_empty_page(page) -> None:
    page._on_schedule(Schedule())
    assert "Nothing is scheduled" in text_of(page.empty)


def test_enter_on_a_task_that_waits_asks_why(qtbot, page, bridge) -> None:
    bridge.answers[WhyTask] = sample_queues.WHY
    page.waiting.selectRow(1)
    qtbot.keyClick(page.waiting, Qt.Key.Key_Return)
    assert WhyTask(SHOP.project, "8f3c") in bridge.commands


def test_it_is_asked_again_only_while_it_is_seen(window, page, bridge) -> None:
    window.show_page("services")
    bridge.commands.clear()
    page._due_at = 0.0
    window._on_pulse()
    assert ShowSchedule(SHOP.project) not in bridge.commands
