from __future__ import annotations

import gettext
import re

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QWidget

from desktop import words
from desktop.engine.commands import Census, Existing, Restart, Start, StartReport, Stop
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role, ServiceState
from desktop.ui.pages import PAGES
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.confirm import Confirm
from desktop.ui.widgets.label import Label
from tests.ui import sample, sample_cleanup
from tests.ui.sample import SHOP

NAMES = [page.name for page in PAGES]


def press(window, dialog: QWidget, words_: str) -> None:
    """Press the button with these words."""
    button = next(b for b in dialog.findChildren(Button) if b.accessibleName() == words_)
    button.click()


def dialog_of(window) -> Confirm:
    return next(d for d in window.findChildren(Confirm) if d.isVisible())


# --- seen or not ------------------------------------------------------------------------------


def test_metrics_are_wanted_only_while_it_is_seen(window, bridge) -> None:
    assert bridge.watched == [2.0]
    window.hide()
    assert bridge.watched == [2.0, 0.0]
    window.show()
    assert bridge.watched == [2.0, 0.0, 2.0]


@pytest.mark.parametrize("page", NAMES)
def test_nothing_runs_while_it_is_hidden(qtbot, window, page: str) -> None:
    window.show_page(page)
    window.hide()
    assert not [timer for timer in window.findChildren(QTimer) if timer.isActive()]
    if page == "logs":
        assert not window.page.reader.running


def test_what_came_while_it_was_hidden_is_shown_when_it_is_seen_again(window, bridge) -> None:
    window.hide()
    bridge.feed(sample.stopped(SHOP))
    window.show()
    assert window.page.header.sentence.text() == "Everything is stopped"


def test_pages_are_made_when_they_are_first_shown(window) -> None:
    assert list(window._pages) == ["overview"]
    window.show_page("logs")
    assert list(window._pages) == ["overview", "logs"]


def test_it_opens_on_the_page_that_was_shown_last(qtbot, light, bridge, preferences, home) -> None:
    from desktop.ui.window import StatusWindow

    preferences.last_page = "services"
    window = StatusWindow(bridge, preferences, home)
    qtbot.addWidget(window, before_close_func=lambda w: w.hide())
    assert window.page.name == "services"
    window.show_page("nonsense")
    assert window.page.name == preferences.last_page == "overview"


def test_closing_is_a_wish_to_quit_where_nothing_would_be_left(qtbot, window, preferences) -> None:
    preferences.close_to_tray = False
    with qtbot.waitSignal(window.quit_requested):
        window.close()
    assert window.isVisible()


# --- keyboard ---------------------------------------------------------------------------------


def key(qtbot, window, key_: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    held = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        held |= modifier
    window.activateWindow()
    # A window manager takes its time; shortcuts belong to the active window.
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, key_, held)


CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_pages_have_their_keys(qtbot, window) -> None:
    for number, name in enumerate(NAMES[:-1]):
        key(qtbot, window, Qt.Key(Qt.Key.Key_1 + number), CTRL)
        assert window.page.name == name
    key(qtbot, window, Qt.Key.Key_Comma, CTRL)
    assert window.page.name == "settings"


def test_start_all_and_stop_all_have_their_keys_and_stop_asks(qtbot, window, bridge) -> None:
    key(qtbot, window, Qt.Key.Key_S, CTRL, SHIFT)
    assert bridge.commands == [], "everything that belongs to it runs already"
    key(qtbot, window, Qt.Key.Key_Period, CTRL)
    assert bridge.commands == []
    dialog = dialog_of(window)
    assert "3 running tasks finish first" in text_of(dialog)
    press(window, dialog, "Stop all")
    assert bridge.commands == [Stop(SHOP.project)]
    bridge.feed(sample.stopped(SHOP))
    key(qtbot, window, Qt.Key.Key_S, CTRL, SHIFT)
    assert bridge.commands[-1] == Start(SHOP.project)


def test_control_r_looks_again_or_restarts_what_is_selected(qtbot, window, bridge) -> None:
    key(qtbot, window, Qt.Key.Key_R, CTRL)
    assert bridge.commands == [Census(SHOP.project)]
    window.show_page("services", "worker1")
    key(qtbot, window, Qt.Key.Key_R, CTRL)
    assert bridge.commands[-1] == Restart(SHOP.project, ("worker1",))


def test_quit_and_search_have_their_keys(qtbot, window) -> None:
    with qtbot.waitSignal(window.quit_requested):
        key(qtbot, window, Qt.Key.Key_Q, CTRL)
    window.show_page("logs")
    key(qtbot, window, Qt.Key.Key_F, CTRL)
    assert window.page.filter.hasFocus()
    qtbot.keyClicks(window.page.filter, "abc")
    key(qtbot, window, Qt.Key.Key_Escape)
    assert window.page.filter.text() == ""
    key(qtbot, window, Qt.Key.Key_Escape)
    assert not window.page.filter.hasFocus()


def test_arrows_move_in_the_sidebar(qtbot, window) -> None:
    first, second = window.sidebar._buttons[:2]
    first.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert second.hasFocus()
    qtbot.keyClick(second, Qt.Key.Key_Space)
    assert window.page.name == second.name


def reading_order(window) -> list[tuple[int, int]]:
    """Where the stops of the Tab key are, in its order, from the sidebar's first row on."""
    start = window.sidebar._buttons[0]
    places, stop = [], start
    while True:
        tabs = bool(stop.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if tabs and stop.isVisibleTo(window) and stop.isEnabled() and not stop.isWindow():
            at = stop.mapTo(window, QPoint(0, 0))
            places.append((at.x() > window.sidebar.width(), at.y() // 12, at.x()))
        stop = stop.nextInFocusChain()
        if stop is start:
            return places


@pytest.mark.parametrize("page", NAMES)
def test_tab_goes_in_reading_order(qtbot, window, page: str) -> None:
    window.show_page(page)
    qtbot.wait(1)
    places = reading_order(window)
    if page == "overview":
        # A card comes before the button inside it, which stands a little higher.
        places = [place for place in places if place[0] is False]
    assert places == sorted(places)


# --- words ------------------------------------------------------------------------------------


def text_of(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


class Marked(gettext.NullTranslations):
    """Translates by putting marks around, so that what was not translated shows."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"«{msgid1 if n == 1 else msgid2}»"


DATA = re.compile(r"^[\d.,]+ [kMGT]?B$|/|127\.0\.0\.1|^\d+\.\d+")
"""Sizes, paths, addresses and versions are the same in every language."""
NO_WORDS = {
    "Celery Tray",
    "Redis",
    "Flower",
    "worker1",
    "worker1@mbp",
    "vite",
    "acme-shop",
    "–",
} | {
    "Python",
    "Qt",
}


@pytest.mark.parametrize("page", NAMES)
def test_every_word_changes_with_the_language_at_once(
    qtbot, window, bridge, page: str, monkeypatch
) -> None:
    bridge.feed(sample.with_service(SHOP, sample.failed_worker(), findings=(sample.LEFTOVER,)))
    window.show_page(page)
    monkeypatch.setattr(words._InForce, "catalogue", Marked())
    window.retranslate()
    for found in window.findChildren(QWidget):
        if not found.isVisible():
            continue
        shown = ""
        if isinstance(found, QLabel | QAbstractButton):
            shown = found.text()
        elif isinstance(found, QComboBox):
            shown = found.currentText()
        elif isinstance(found, QLineEdit):
            shown = found.placeholderText()
        plain = shown.strip()
        if any(c.isalpha() for c in plain) and plain not in NO_WORDS and not DATA.search(plain):
            assert "«" in plain, plain


@pytest.mark.parametrize("page", NAMES)
def test_what_takes_the_keyboard_has_a_name(qtbot, window, page: str) -> None:
    window.show_page(page)
    for found in window.findChildren(QWidget):
        if found.isVisible() and found.focusPolicy() & Qt.FocusPolicy.TabFocus:
            spoken = found.accessibleName() or getattr(found, "text", str)()
            assert spoken, found


@pytest.mark.parametrize("page", NAMES)
def test_hostile_names_are_shown_as_they_are(qtbot, window, bridge, page: str) -> None:
    bridge.feed(sample.hostile(SHOP))
    window.show_page(page)
    for label in window.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText or not label.text()
        assert "<b>" not in label.toolTip()
    window.grab()


# --- trouble ----------------------------------------------------------------------------------


def test_without_an_engine_the_last_that_is_known_stays(window, bridge) -> None:
    bridge.feed(None)
    page = window.page
    assert "out of reach" in text_of(page)
    assert set(page.cards) >= {"redis", "worker1"}
    assert page.content.graphicsEffect().opacity() == 0.5
    assert not page.start_all.isEnabled() and not page.stop_all.isEnabled()
    assert page.header.sentence.text().startswith("Last known: ")
    bridge.feed(SHOP)
    assert page.content.graphicsEffect() is None
    assert page.stop_all.isEnabled()


def test_a_command_that_failed_is_told_above_the_page(window, bridge) -> None:
    bridge.command_failed.emit(sample.CRASH)
    assert window.trouble.isVisible()
    assert window.trouble.title == "worker1 exits right after its start."
    assert "mend the cause" in window.trouble.detail
    window.trouble.dismissed.emit()
    assert not window.trouble.isVisible()


@pytest.mark.parametrize(
    ("choice", "existing"),
    [("Replace safely", Existing.REPLACE), ("Start beside them", Existing.KEEP)],
)
def test_workers_that_already_run_are_a_question(
    window, bridge, choice: str, existing: Existing
) -> None:
    row = WorkerRow(4711, 1.0, Role.WORKER, Owner.EXTERNAL, cwd="/home/ada", command="celery -A x")
    asked = Start(SHOP.project, ("worker1",))
    window.actions_.ask_existing(asked, StartReport(existing=(row,)))
    dialog = dialog_of(window)
    said = text_of(dialog)
    assert "celery -A x" in said and "pid 4711 · " in said and "/home/ada" in said
    assert dialog.focusWidget() is None or dialog.focusWidget().accessibleName() == "Cancel"
    assert bridge.commands == [], "nothing is done before the answer"
    press(window, dialog, choice)
    assert bridge.commands == [Start(SHOP.project, ("worker1",), existing=existing)]


def test_leftovers_are_counted_in_the_sidebar(window, bridge) -> None:
    assert window.sidebar.badge("cleanup") == 0
    bridge.feed(sample_cleanup.LEFT_OVER)
    assert window.sidebar.badge("cleanup") == 3
    row = next(b for b in window.sidebar._buttons if b.name == "cleanup")
    assert row.accessibleName() == "Cleanup, 3 need a look"
    bridge.feed(SHOP)
    assert window.sidebar.badge("cleanup") == 0 and row.accessibleName() == "Cleanup"


def test_the_broker_stands_at_the_foot(window, bridge) -> None:
    assert "Redis · Connected" in text_of(window.sidebar)
    assert "127.0.0.1:6379/0" in text_of(window.sidebar)
    redis = msgspec.structs.replace(sample.REDIS, state=ServiceState.FAILED)
    bridge.feed(sample.with_service(SHOP, redis))
    assert "Redis · Failed" in text_of(window.sidebar)


def test_labels_are_ours(window) -> None:
    """Words on the line grid, everywhere: no plain QLabel slipped in."""
    assert all(isinstance(label, Label) for label in window.findChildren(QLabel))
