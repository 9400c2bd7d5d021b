from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from desktop.engine.model import Problem
from desktop.engine.queue_commands import (
    MoveMessages,
    PeekQueue,
    PurgeQueue,
    QueueReport,
    QueuesReport,
    ShowQueues,
    WhyTask,
)
from desktop.ui.pages.queue_table import Column
from desktop.ui.widgets.button import IconButton
from desktop.ui.widgets.confirm import Confirm
from desktop.words import set_language, text
from tests.ui import sample_queues
from tests.ui.sample import NOW, SHOP
from tests.ui.test_window import press, text_of


@pytest.fixture
def page(window, bridge):
    bridge.answers[ShowQueues] = sample_queues.QUEUES
    bridge.answers[PeekQueue] = sample_queues.PEEK
    window.show_page("queues")
    window._on_pulse()
    return window.page


def row(page, name: str) -> list[str]:
    model = page.table.model_
    return [model.index(model.row_of(name), column).data() for column in Column]


def press_icon(panel, words: str) -> None:
    """Press the first small button of this name."""
    next(b for b in panel.findChildren(IconButton) if b.accessibleName() == words).click()


def asked(page) -> Confirm:
    (dialog,) = page.window().findChildren(Confirm)
    return dialog


def test_the_table_tells_what_waits_and_how_it_moves(page) -> None:
    assert row(page, "celery") == [
        "celery",
        "1,284",
        "",
        "\N{MINUS SIGN}312/min",
        "4 min 7 s",
        "8",
        "≥ 1 min 36 s",
        "worker1@mbp, worker2@mbp",
    ]
    assert row(page, "email")[6] == "3 s", "that message told itself when it was sent"
    assert row(page, "celry")[7] == "nobody"
    assert page.header.sentence.text() == "1 queue holds tasks and has no consumer"


def test_another_app_s_queues_come_last(page) -> None:
    assert [queue.name for queue in page.table.model_.rows][-1] == "blog.default"


def test_a_screen_reader_hears_what_is_seen(page) -> None:
    index = page.table.model_.index(0, Column.WAITING)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Waiting: 1,284"
    page.table.choose("celery")
    assert page.detail.accessibleName() == "celery, 1284 waiting"


def test_it_is_asked_again_only_while_it_is_seen(window, page, bridge) -> None:
    bridge.commands.clear()
    page._due_at = 0.0
    window._on_pulse()
    assert ShowQueues(SHOP.project) in bridge.commands
    window.show_page("services")
    bridge.commands.clear()
    page._due_at = 0.0
    window._on_pulse()
    assert ShowQueues(SHOP.project) not in bridge.commands


def test_a_look_that_is_not_answered_is_not_asked_twice(window, page, bridge) -> None:
    del bridge.answers[ShowQueues]
    bridge.commands.clear()
    for _ in range(3):
        page._due_at = 0.0
        window._on_pulse()
    assert bridge.commands.count(ShowQueues(SHOP.project)) == 1


def test_the_details_tell_of_the_queue_and_its_next_messages(page) -> None:
    page.table.choose("celery")
    said = text_of(page.detail)
    for words in (
        "priority 0: 1,279, priority 6: 5",
        "8 · the first goes back in 25 min",
        "\N{MINUS SIGN}312/min, empty in 4 min 7 s",
        "1. send_receipt",
        "(18204, 'ada@example.org')",
        "retry 2",
        "delivered before",
        "and 1280 more",
        "not a message",
    ):
        assert words in said, words


def test_a_slip_of_a_name_is_pointed_out(page) -> None:
    page.table.choose("celry")
    assert "Nobody takes from this queue. Did you mean “celery”?" in text_of(page.detail)


def test_dropping_asks_first_and_drops_what_was_seen(page, bridge) -> None:
    page.table.choose("celery")
    page.detail.purge.click()
    dialog = asked(page)
    said = text_of(dialog)
    assert "Drop 1284 messages of “celery”?" in said
    assert "never run" in said and "8 that workers have taken are not touched" in said
    bridge.answers[PurgeQueue] = QueueReport(1284, text("{n} gone", n=1284))
    press(page, dialog, "Drop 1284 messages")
    assert PurgeQueue(SHOP.project, "celery", 1284) in bridge.commands
    assert page.banner.title == "1284 gone"


def test_a_question_that_is_declined_does_nothing(page, bridge) -> None:
    page.table.choose("celery")
    page.detail.purge.click()
    press(page, asked(page), "Cancel")
    assert not [one for one in bridge.commands if isinstance(one, PurgeQueue)]


def test_messages_are_moved_to_a_queue_of_the_app(page, bridge) -> None:
    page.table.choose("celry")
    menu = page.detail.where(())
    words = [action.text() for action in menu.actions()]
    assert words == ["Move to “celery”", "Move to “email”", "Move to “reports”"]
    menu.actions()[0].trigger()
    assert "Taken there by worker1@mbp, worker2@mbp." in text_of(asked(page))
    press(page, asked(page), "Move 3 messages")
    assert MoveMessages(SHOP.project, "celry", "celery") in bridge.commands


def test_one_message_can_be_moved_copied_and_asked_about(page, bridge) -> None:
    page.table.choose("celery")
    first = sample_queues.PEEK.messages[0].id
    press_icon(page.detail, "Copy ID")
    assert QGuiApplication.clipboard().text() == first
    bridge.answers[WhyTask] = sample_queues.WHY
    press_icon(page.detail, "Why isn't it running?")
    assert WhyTask(SHOP.project, first) in bridge.commands
    page.detail.where((first,)).actions()[0].trigger()
    press(page, asked(page), "Move 1 message")
    assert MoveMessages(SHOP.project, "celery", "email", (first,)) in bridge.commands


def test_nothing_to_drop_and_nobody_to_ask_disables_the_buttons(page, bridge) -> None:
    page.table.choose("reports")
    assert not page.detail.purge.isEnabled() and not page.detail.move_.isEnabled()
    page.table.choose("celery")
    assert page.detail.purge.isEnabled()
    bridge.feed(None)
    assert not page.detail.purge.isEnabled() and not page.detail.move_.isEnabled()


def test_the_selection_stays_with_its_queue_and_escape_closes_the_details(page) -> None:
    page.table.choose("email")
    page._on_queues(QueuesReport(sample_queues.QUEUES.queues[1:]))
    assert page.table.chosen == "email"
    assert page.detail.isVisible()
    page.escape()
    assert not page.detail.isVisible()


def test_the_panel_is_not_made_anew_while_nothing_changes(page) -> None:
    page.table.choose("celery")
    page._refresh()
    trend = page.detail._trend
    page._refresh()
    assert page.detail._trend is trend


def test_a_broker_that_is_down_is_said_to_be(window, page, bridge) -> None:
    page._on_queues(QueuesReport())
    assert "No queues yet." in text_of(page.empty)
    page._on_not_told(
        Problem("broker-down", text("The broker is not running."), text(""), text("Start it."))
    )
    assert "The broker is not running. Start it." in text_of(page.empty)


def test_another_project_s_answer_is_for_nobody(window, page, bridge) -> None:
    del bridge.answers[ShowQueues]
    page._due_at = 0.0
    page.check_again()
    _, done, _ = bridge.waiting[-1]
    bridge.project = "/elsewhere"
    done(QueuesReport())
    assert page._queues == sample_queues.QUEUES.queues


def test_hostile_names_are_shown_as_text(page) -> None:
    evil = "<b>x</b>&file\N{RIGHT-TO-LEFT OVERRIDE}" + "y" * 500
    page._on_queues(QueuesReport((msgspec.structs.replace(sample_queues.CELERY, name=evil),)))
    page.table.choose(evil)
    assert page.detail.title.text() == evil


@pytest.mark.parametrize(("width", "trend"), [(1100, True), (880, False)])
def test_a_narrow_table_leaves_out_what_matters_least(qtbot, window, page, width, trend) -> None:
    window.resize(width, 600)
    qtbot.waitUntil(lambda: window.width() == width)
    assert page.table.isColumnHidden(Column.TREND) is not trend
    assert not page.table.isColumnHidden(Column.CONSUMERS)


def test_in_chinese_too(window, page) -> None:
    set_language("zh_CN")
    window.retranslate()
    assert page.header.title.text() == "队列"
    page.table.choose("celery")
    assert "接下来的消息" in text_of(page.detail)
    assert NOW
