from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog

from desktop.engine.commands import Restart
from desktop.engine.model import Problem
from desktop.engine.node_commands import DumpNode, NodeReport, NodeVerb, ShowNode, TellNode
from desktop.engine.states import Owner
from desktop.engine.task_commands import (
    RegisteredTasks,
    RegisteredTasksReport,
    RunTask,
    TaskActionReport,
)
from desktop.ui.pages.workers.table import Column
from desktop.ui.run_task_form import RunTaskForm
from desktop.ui.widgets.confirm import Confirm
from desktop.words import Text, text, verbatim
from tests.ui import sample
from tests.ui.sample_workers import BUSY, DUMP, NOBODY, NODE, OURS


@pytest.fixture
def page(window, bridge):
    bridge.answers[ShowNode] = NODE
    bridge.answers[TellNode] = NodeReport(text("It has {n} processes now.", n=5))
    bridge.answers[RegisteredTasks] = RegisteredTasksReport(NODE.registered)
    window.show_page("workers")
    bridge.feed(BUSY)
    return window.page


def rows(table) -> list[list[str]]:
    model = table.model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def dialog(window, kind: type[QDialog]) -> QDialog:
    (found,) = [one for one in window.findChildren(kind) if one.isVisible()]
    return found


def asked(bridge, kind: type) -> list:
    return [one for one in bridge.commands if isinstance(one, kind)]


def press(dialog_: Confirm, words: str) -> None:
    (button,) = [b for b in dialog_.findChildren(type(dialog_._cancel)) if b.text() == words]
    button.click()


def test_ours_come_first_and_all_are_told_by_words(page):
    assert rows(page.table)[0][:4] == [
        "worker1@mbp\npid 51870 · prefork",
        "Running",
        "3 of 4",
        "celery, email, reports",
    ]
    assert [row[Column.STATE] for row in rows(page.table)] == [
        "Running",
        "Orphaned",
        "Old code\nExternal",
    ]
    spoken = page.table.model().index(0, Column.BUSY).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Busy: 3 of 4"


def test_the_selected_worker_is_asked_and_shown_with_what_each_process_runs(page, bridge):
    assert (asked(bridge, ShowNode)[0].node, asked(bridge, ShowNode)[0].pid) == (
        "worker1@mbp",
        51870,
    )
    shown = rows(page.detail.processes.table)
    assert shown[1][:3] == ["Slow", "rebuild_index shop.search", "51880"]
    assert shown[1][-1] == "4.1 s" and shown[4][0] == "Idle"
    assert rows(page.detail.queues.table) == [["celery"], ["email"], ["reports"]]
    assert ["broker_url", "redis://***@127.0.0.1:6379/0"] in rows(page.detail.settings.table)
    assert len(rows(page.detail.waiting.table)) == 2


def test_nobody_is_asked_while_the_page_is_not_seen(page, window, bridge):
    window.show_page("overview")
    bridge.commands.clear()
    bridge.feed(msgspec.structs.replace(BUSY, queues=()))
    assert not asked(bridge, ShowNode)


def test_a_selection_stays_with_its_worker(page, bridge):
    page.table.selectRow(1)
    bridge.feed(msgspec.structs.replace(BUSY, workers=BUSY.workers[1:]))
    assert page.table.chosen.pid == 40112


def test_what_is_told_names_the_very_process_and_its_answer_is_shown(page, bridge):
    page.detail.processes.grow.click()
    (command,) = asked(bridge, TellNode)
    assert (command.verb, command.node, command.pid) == (NodeVerb.GROW, "worker1@mbp", 51870)
    assert page.note.isVisible() and page.note.title == "It has 5 processes now."
    page.escape()
    assert not page.note.isVisible()


def test_what_can_not_be_done_says_why(page, bridge):
    assert not page.detail.processes.restart.isEnabled()
    assert "worker_pool_restarts" in page.detail.processes.restart.accessibleDescription()
    bridge.answers[ShowNode] = msgspec.structs.replace(NODE, shares_its_name=True, pool="solo")
    page.check_again()
    bridge.feed(msgspec.structs.replace(BUSY, queues=()))
    assert "same name" in page.detail.processes.grow.accessibleDescription()
    assert "same name" in page.detail.queues.add.accessibleDescription()


def test_a_refusal_is_told_above_the_table(page, bridge):
    bridge.answers[TellNode] = Problem("x", text("No."), text("Because."), Text(""))
    page.detail.processes.shrink.click()
    assert (page.note.title, page.note.detail) == ("No.", "Because.")


def test_queues_are_added_and_the_last_one_is_asked_about(page, bridge, window):
    page.detail.queues.field.setText("  more ")
    page.detail.queues.add.click()
    assert asked(bridge, TellNode)[-1].queue == "more"
    page.detail.queues.table.selectRow(1)
    page.detail.queues.cancel.click()
    assert asked(bridge, TellNode)[-1].verb is NodeVerb.CANCEL_CONSUMER
    bridge.answers[ShowNode] = msgspec.structs.replace(NODE, queues=("celery",))
    page._due_at = 0.0
    bridge.feed(msgspec.structs.replace(BUSY, queues=()))
    page.detail.queues.table.selectRow(0)
    bridge.commands.clear()
    page.detail.queues.cancel.click()
    assert not asked(bridge, TellNode)
    press(dialog(window, Confirm), "Take no more")
    assert asked(bridge, TellNode)[-1].queue == "celery"


def test_a_stop_says_what_becomes_of_the_tasks_and_is_consent(page, bridge, window):
    page.detail.stop.click()
    question = dialog(window, Confirm)
    assert "3 running tasks finish first" in question._message.text()
    press(question, "Stop when finished")
    command = asked(bridge, TellNode)[-1]
    assert command.verb is NodeVerb.WARM_STOP and command.consent


def test_a_process_tells_where_it_hangs_and_a_signal_needs_consent(page, bridge, window):
    bridge.answers[DumpNode] = Problem(
        "signal-needs-consent", text("Not ours"), text("A signal."), Text("")
    )
    page.detail.processes.table.selectRow(0)
    page.detail.processes.dump.click()
    bridge.answers[DumpNode] = DUMP
    press(dialog(window, Confirm), "Send SIGUSR1")
    assert [one.consent for one in asked(bridge, DumpNode)] == [False, True]
    (shown,) = [one for one in window.findChildren(QDialog) if hasattr(one, "words")]
    assert "rebuild_index" in shown.words.toPlainText()
    shown.close()


def test_restart_all_means_the_running_workers_of_ours(page, bridge):
    page.restart_all.click()
    assert asked(bridge, Restart)[-1].services == ("worker1",)


def test_without_workers_they_can_be_started(page, bridge):
    bridge.feed(NOBODY)
    assert page.empty.isVisible() and not page.detail.isVisible()


def test_names_that_want_to_be_markup_are_words(page, bridge):
    evil = "<b>x</b>\u202e&"
    row = msgspec.structs.replace(OURS, pid=7, owner=Owner.EXTERNAL, node=evil, queues=(evil,))
    node = msgspec.structs.replace(
        NODE,
        node=evil,
        pid=7,
        queues=(evil,),
        configuration=((evil, evil),),
        processes=(msgspec.structs.replace(NODE.processes[1], task_name=evil, pid=8),),
    )
    bridge.answers[ShowNode] = node
    bridge.feed(msgspec.structs.replace(NOBODY, workers=(row,)))
    assert page.detail._title.text() == evil
    assert page.detail._title.textFormat() == Qt.TextFormat.PlainText
    page.grab()


# --- the form ------------------------------------------------------------------------------------


@pytest.fixture
def form(page, window) -> RunTaskForm:
    page.detail.tasks.table.selectRow(0)
    page.detail.tasks.run.click()
    return dialog(window, RunTaskForm)


def test_the_form_knows_the_task_and_sends_what_is_typed(form, page, bridge):
    assert form.name.currentText() == "shop.mail.send_receipt"
    assert form._signature.text() == "shop.mail.send_receipt(order_id: int)"
    form.args.setPlainText("[17]")
    form.queue.setText("email")
    form.countdown.setText("5")
    bridge.answers[RunTask] = TaskActionReport(done=1, words=verbatim("Sent to email as x."))
    form.run.click()
    (command,) = asked(bridge, RunTask)
    assert (command.name, command.args, command.queue, command.countdown_s) == (
        "shop.mail.send_receipt",
        "[17]",
        "email",
        5.0,
    )
    assert page.note.title == "Sent to email as x."


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        ("[1,,2]", "{}", "line 1, column 4"),
        ("{}", "{}", "square brackets"),
        ("[]", "[]", "braces"),
        ("('x',)", "{}", "line 1, column 1"),
    ],
)
def test_what_can_not_be_read_is_told_and_not_sent(form, bridge, args, kwargs, words):
    form.args.setPlainText(args)
    form.kwargs.setPlainText(kwargs)
    assert words in form.problem.text() and not form.run.isEnabled()
    form._on_run()
    assert not asked(bridge, RunTask)


def test_what_the_engine_refuses_is_told_in_the_form_which_stays(form, bridge):
    bridge.answers[RunTask] = Problem("x", text("It can't be called."), text("Why."), Text(""))
    form.run.click()
    assert form.isVisible() and form.problem.text() == "It can't be called. Why."
    assert form.run.isEnabled()
    form.reject()


def test_a_form_for_repair_says_why_and_can_not_be_sent_unread(window, bridge, page):
    form = window.actions_.run_task(
        name="shop.tasks.total", args="(<Order 7>,)", kwargs="{}", again="a-1", why="It was cut."
    )
    assert form._why.text() == "It was cut." and not form.run.isEnabled()
    form.args.setPlainText("[7]")
    assert form.run.isEnabled()
    form.run.click()
    assert asked(bridge, RunTask)[-1].again == "a-1"
    form.reject()


def test_copies_go_to_the_clipboard(page):
    page.detail._copy.click()
    assert QGuiApplication.clipboard().text() == NODE.command


def test_models_know_no_rows_below_rows(page):
    parent = page.table.model().index(0, 0)
    assert page.table.model().rowCount(parent) == 0
    assert page.table.model().rowCount(QModelIndex()) == 3
    assert page.table.model().headerData(0, Qt.Orientation.Vertical) is None
    assert sample.NOW
