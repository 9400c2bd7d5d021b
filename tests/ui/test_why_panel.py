from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from desktop.engine.model import Problem
from desktop.engine.queue_commands import WhyReport, WhyTask
from desktop.ui.why_panel import WhyPanel
from desktop.words import text
from tests.ui import sample_queues
from tests.ui.sample import SHOP
from tests.ui.test_window import press, text_of


@pytest.fixture
def panel(window, bridge):
    bridge.answers[WhyTask] = sample_queues.WHY
    shown = WhyPanel(window, window.actions_, "8f3c")
    shown.show()
    return shown


def test_the_answer_comes_first_then_what_to_do_then_each_step(panel, bridge) -> None:
    assert WhyTask(SHOP.project, "8f3c") in bridge.commands
    said = text_of(panel)
    places = [
        said.index(words)
        for words in (
            "It waits in “celry”, which no worker consumes",
            "→ Move what waits there: celery-tray queues move celry celery",
            "No worker that answered runs it.",
        )
    ]
    assert places == sorted(places)


def test_a_screen_reader_hears_whether_a_step_is_so(panel) -> None:
    names = [
        panel._steps.itemAt(place).widget().accessibleName()
        for place in range(panel._steps.count())
    ]
    assert names[0] == "Not so: There is no result, and no word of its end."
    assert names[2].startswith("It is so: It waits in “celry”")
    assert names[3].startswith("Not known: ")


def test_enter_asks_about_another_task_and_a_late_answer_is_not_shown(qtbot, panel, bridge) -> None:
    del bridge.answers[WhyTask]
    panel.field.setText(" other ")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert panel.isVisible(), "Enter does not close it"
    assert panel.answer.text() == "Looking…"
    command, first, _ = bridge.waiting[-1]
    assert command == WhyTask(SHOP.project, "other")
    panel.ask()
    first(WhyReport(None, text("too late")))
    assert panel.answer.text() == "Looking…"
    bridge.waiting[-1][2](Problem("x", text("It broke."), text("Because."), text("Mend it.")))
    assert "It broke." in text_of(panel) and "→ Mend it." in text_of(panel)


def test_without_an_id_nothing_is_asked(window, bridge) -> None:
    window.actions_.ask_why("")
    assert not [one for one in bridge.commands if isinstance(one, WhyTask)]


def test_all_of_it_can_be_copied(panel) -> None:
    press(panel, panel, "Copy")
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("8f3c\nIt waits in “celry”")
    assert "Not so: No worker that answered runs it." in copied
