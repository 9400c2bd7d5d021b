"""The Tasks page: it follows, holds, pages on, searches, and breaks off what nobody wants."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QApplication, QMenu

from desktop.engine.history_commands import ListTasks, TaskOrder
from desktop.engine.model import TelemetryStatus
from desktop.engine.node_commands import NodeVerb, TellNode
from desktop.engine.queue_commands import WhyTask
from desktop.engine.states import TaskState
from desktop.ui.pages.tasks.columns import Column
from desktop.ui.pages.tasks.delegate import ROW
from desktop.ui.pages.tasks.naming import Naming
from desktop.ui.pages.tasks.pages_held import ROWS_MAX
from tests.ui import sample, sample_cleanup
from tests.ui.sample_tasks import StandInHistory, hostile, task
from tests.ui.test_window import CTRL, key, text_of

NEW = 100_000


def shown(page) -> list[str]:
    return [one.id for one in page.table.model_.tasks]


def lists(bridge) -> list[ListTasks]:
    return [one for one in bridge.commands if isinstance(one, ListTasks) and not one.count]


def wheel(page, down: int) -> None:
    """Turn the wheel over the table by so many pixels."""
    viewport = page.table.viewport()
    at = viewport.rect().center().toPointF()
    event = QWheelEvent(
        at,
        viewport.mapToGlobal(at),
        QPoint(0, -down),
        QPoint(0, -down),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def scroll(page, steps: int) -> None:
    """Pages down (or up), as the keys or the bar do it."""
    actions = QAbstractSlider.SliderAction
    action = actions.SliderPageStepAdd if steps > 0 else actions.SliderPageStepSub
    for _ in range(abs(steps)):
        page.table.verticalScrollBar().triggerAction(action)
        QApplication.processEvents()


def click_row(qtbot, page, row: int, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    at = page.table.visualRect(page.table.model_.index(row, Column.TASK)).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, modifier, at)


def search(qtbot, page, words: str) -> None:
    page.filter.search.setFocus()
    qtbot.keyClicks(page.filter.search, words)
    page.filter.search.tell()


# --- following --------------------------------------------------------------------------------


def test_it_asks_when_it_is_seen_and_shows_the_newest_first(page, bridge, history) -> None:
    assert len(lists(bridge)) == 1
    assert shown(page) == [one.id for one in history.tasks[:100]]
    assert page.header.sentence.text() == "Live · 3,000 kept"


def test_what_is_new_appears_at_the_top(page, history, tell) -> None:
    new = task(NEW, TaskState.STARTED)
    history.add(new)
    tell()
    assert shown(page)[0] == new.id and len(shown(page)) == 100


def test_nothing_is_asked_while_nothing_has_changed_or_nobody_looks(
    page, window, bridge, history, tell
) -> None:
    count = len(lists(bridge))
    tell()
    assert len(lists(bridge)) == count
    window.hide()
    history.add(task(NEW))
    tell()
    assert len(lists(bridge)) == count
    window.show()
    assert len(lists(bridge)) > count and shown(page)[0] == task(NEW).id


def test_a_state_that_changes_is_seen_at_once(page, history, tell) -> None:
    first = history.tasks[0]
    history.change(msgspec.structs.replace(first, state=TaskState.FAILURE))
    tell()
    assert page.table.model_.index(0, Column.STATE).data() == "Failed"


def test_new_rows_do_not_move_the_selection(qtbot, page, history, tell) -> None:
    click_row(qtbot, page, 2)
    chosen = page.table.current_id
    history.add(task(NEW), task(NEW + 1))
    tell()
    assert page.table.current_id == chosen
    assert page.table.currentIndex().row() == 4
    assert [one.id for one in page.table.selected] == [chosen]


def test_a_row_that_is_looked_at_is_not_carried_out_of_sight(qtbot, page, history, tell) -> None:
    click_row(qtbot, page, 2)
    history.add(*(task(NEW + n) for n in range(30)))
    tell()
    assert not page.feed.following
    assert page.table.currentIndex().row() == 2
    assert page.table.pill.accessibleName() == "30 new tasks"


# --- holding ----------------------------------------------------------------------------------


def test_scrolling_away_holds_and_what_comes_is_counted(qtbot, page, history, tell) -> None:
    wheel(page, 400)
    assert not page.feed.following and page.header.sentence.text().startswith("Held · ")
    before, at = shown(page), page.table.verticalScrollBar().value()
    history.add(*(task(NEW + n) for n in range(27)))
    tell()
    assert shown(page)[: len(before)] == before
    assert page.table.verticalScrollBar().value() == at > 0
    assert page.table.pill.isVisible() and page.table.pill.accessibleName() == "27 new tasks"
    history.add(task(NEW + 27))
    tell()
    assert page.table.pill.accessibleName() == "28 new tasks"
    page.table.pill.click()
    assert page.feed.following and not page.table.pill.isVisible()
    assert shown(page)[0] == task(NEW + 27).id and page.table.at_top


def test_more_than_can_be_counted_is_said_so(page, history, tell) -> None:
    page.pause()
    history.add(*(task(NEW + n) for n in range(150)))
    tell()
    assert page.table.pill.accessibleName() == "More than 100 new tasks"


def test_scrolling_back_to_the_top_follows_again(page, history, tell) -> None:
    wheel(page, 400)
    history.add(task(NEW))
    tell()
    wheel(page, -4000)
    assert page.feed.following and shown(page)[0] == task(NEW).id


def test_rows_in_sight_are_kept_true_while_it_holds(page, history, tell) -> None:
    wheel(page, 640)
    seen = page.table.seen[3]
    history.change(msgspec.structs.replace(seen, state=TaskState.FAILURE))
    tell()
    assert page.table.model_.task(page.table.model_.row_of(seen.id)).state is TaskState.FAILURE


def test_control_p_holds_and_follows(qtbot, page, window) -> None:
    key(qtbot, window, Qt.Key.Key_P, CTRL)
    assert not page.feed.following and page.hold.accessibleName() == "Follow"
    key(qtbot, window, Qt.Key.Key_P, CTRL)
    assert page.feed.following and page.hold.accessibleName() == "Hold"


# --- a window over the history ----------------------------------------------------------------


def to_the_end(page, history) -> set[str]:
    """Scroll down to the oldest; ids of all that were in the table on the way."""
    met = set(shown(page))
    for _ in range(300):
        scroll(page, 1)
        met |= set(shown(page))
        assert len(shown(page)) <= ROWS_MAX
        if shown(page)[-1] == history.tasks[-1].id:
            return met
    raise AssertionError("the end was not reached")


def test_all_of_the_history_is_reached_with_few_rows_in_memory(page, history) -> None:
    assert to_the_end(page, history) == {one.id for one in history.tasks}
    assert shown(page)[0] != history.tasks[0].id


def test_and_back_again(page, history) -> None:
    to_the_end(page, history)
    history.add(task(NEW))
    for _ in range(300):
        scroll(page, -1)
        if page.feed.following:
            break
    assert page.feed.following and page.table.at_top
    assert shown(page)[0] == task(NEW).id and len(shown(page)) == 100


def test_what_is_seen_stays_when_pages_come_and_go(page) -> None:
    step = page.table.viewport().height()
    for _ in range(140):
        top = page.table.model_.tasks[page.table.rowAt(0)].id
        rest = page.table.verticalScrollBar().value() % ROW
        scroll(page, 1)
        rows, now = shown(page), page.table.verticalScrollBar().value()
        assert rows.index(top) * ROW + rest + step == now


# --- searching --------------------------------------------------------------------------------


def test_a_search_is_asked_and_says_how_much_it_finds(qtbot, page, bridge) -> None:
    search(qtbot, page, "charge_card")
    assert lists(bridge)[-1].selection.search == "charge_card"
    assert {page.table.model_.task(n).name for n in range(20)} == {"shop.payments.charge_card"}


def test_a_new_search_breaks_off_the_former(qtbot, page, bridge) -> None:
    bridge.answers[ListTasks] = lambda _command: None
    search(qtbot, page, "one")
    former = lists(bridge)[-1]
    search(qtbot, page, " two")
    assert former in bridge.broken_off
    assert page.header.sentence.text() == "Looking…"
    late = next(done for command, done, _ in bridge.waiting if command is former)
    late(StandInHistory([task(7)]).page(ListTasks()))
    assert page.header.sentence.text() == "Looking…", "nobody wants it any more"


def test_a_query_that_errs_is_underlined_and_explained(qtbot, page) -> None:
    search(qtbot, page, "receipt worker:")
    assert page.filter.wrong.isVisible()
    assert page.filter.wrong.text() == "The search can't be read at character 15: expected x."
    assert page.filter.search.property("wrong") is True and page.filter.search._wrong_at == 14
    qtbot.keyClicks(page.filter.search, "w1")
    page.filter.search.tell()
    assert not page.filter.wrong.isVisible() and page.filter.search._wrong_at is None


def test_states_narrow_the_list_and_few_are_counted(qtbot, page, bridge) -> None:
    button = page.filter.states.button("failed")
    assert button.accessibleName() == "Failed, 8"
    assert not [one for one in bridge.commands if isinstance(one, ListTasks) and one.count]
    assert page.filter.states.button("succeeded").accessibleName() == "Succeeded"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert {one.state for one in page.table.model_.tasks} == {TaskState.FAILURE}


def test_the_engine_sorts(qtbot, page, bridge) -> None:
    header = page.table.horizontalHeader()
    left = header.sectionViewportPosition(Column.RUNTIME) + 10
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(left, 10))
    asked = lists(bridge)[-1]
    assert (asked.order, asked.descending) == (TaskOrder.RUNTIME, True)
    runtimes = [one.runtime_s or 0.0 for one in page.table.model_.tasks]
    assert runtimes == sorted(runtimes, reverse=True)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(left, 10))
    assert not lists(bridge)[-1].descending


def test_escape_clears_then_leaves_and_closes_the_details(qtbot, page, window) -> None:
    key(qtbot, window, Qt.Key.Key_F, CTRL)
    assert page.filter.search.hasFocus()
    search(qtbot, page, "receipt")
    key(qtbot, window, Qt.Key.Key_Escape)
    assert page.filter.words == "" and page.filter.search.hasFocus()
    key(qtbot, window, Qt.Key.Key_Escape)
    assert page.table.hasFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert page.detail.isVisible()
    key(qtbot, window, Qt.Key.Key_Escape)
    assert not page.detail.isVisible() and page.table.hasFocus()


def kept_menu(page) -> dict[str, QAction]:
    page.filter.kept.click()
    menu = next(one for one in page.findChildren(QMenu) if one.isVisible())
    found = {action.text(): action for action in menu.actions()}
    menu.hide()
    return found


def test_a_search_can_be_kept(qtbot, page, window, history) -> None:
    assert not kept_menu(page)["Keep this search…"].isEnabled()
    search(qtbot, page, "charge_card")
    kept_menu(page)["Keep this search…"].trigger()
    naming = next(one for one in window.findChildren(Naming) if one.isVisible())
    assert naming.field.text() == "charge_card"
    naming.field.setText("Money & more")
    naming.take.click()
    assert history.filters == {"Money & more": "charge_card"}
    page.filter.clear()
    kept_menu(page)["Money && more"].trigger()
    assert page.filter.words == "charge_card"
    kept_menu(page)["Let go"].menu().actions()[0].trigger()
    assert history.filters == {}


# --- when there is nothing --------------------------------------------------------------------


def empty_words(page) -> str:
    assert page.empty.isVisible() and not page.table.isVisible()
    return text_of(page.empty)


def test_nothing_matches(qtbot, page) -> None:
    search(qtbot, page, "no-such-thing")
    assert "Nothing matches “no-such-thing”." in empty_words(page)
    page.empty._button.click()
    assert page.table.isVisible() and page.filter.words == ""


def test_no_tasks_yet(page, history, tell) -> None:
    history.tasks = []
    history.mark += 1
    tell()
    assert "No tasks yet. They appear here as soon as a worker receives one." in empty_words(page)


@pytest.mark.parametrize("count", [0, 5])
def test_workers_that_do_not_tell_can_be_told_to(page, bridge, history, count: int) -> None:
    history.tasks = history.tasks[:count]
    history.mark += 1
    row = sample_cleanup.OURS.worker
    heard = TelemetryStatus(True, sample.UP, silent=(row.node,))
    bridge.feed(msgspec.structs.replace(history.stack(), workers=(row,), telemetry=heard))
    if count:
        assert page.banners.surroundings.title == "1 worker is not sending task events."
        page.banners.surroundings._buttons.itemAt(0).widget().click()
    else:
        assert "Workers are not sending task events." in empty_words(page)
        page.empty._button.click()
    told = next(one for one in bridge.commands if isinstance(one, TellNode))
    assert (told.node, told.pid, told.verb) == (row.node, row.pid, NodeVerb.ENABLE_EVENTS)


def test_without_redis_the_last_that_is_known_stays(page, bridge, history) -> None:
    before = shown(page)
    bridge.feed(sample.with_service(history.stack(), sample.failed_redis()))
    assert page.banners.surroundings.title == "Redis is not answering."
    assert page.body.graphicsEffect().opacity() == 0.5
    assert page.header.sentence.text().startswith("Last known · ")
    assert shown(page) == before
    bridge.feed(history.stack())
    assert page.body.graphicsEffect() is None and not page.banners.surroundings.isVisible()


def test_a_look_that_fails_is_told_once_and_tried_again(page, bridge, history, tell) -> None:
    bridge.answers[ListTasks] = sample.CRASH
    history.mark += 1
    tell()
    assert page.banners.failed.title == str(sample.CRASH.title)
    assert len(shown(page)) == 100, "what was known stays"
    bridge.answers |= history.answers()
    tell()
    assert not page.banners.failed.isVisible()


# --- the rest ---------------------------------------------------------------------------------


def test_copy_takes_the_ids_of_all_that_are_selected(qtbot, page, history) -> None:
    click_row(qtbot, page, 0)
    click_row(qtbot, page, 2, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(page.table, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text().split() == [one.id for one in history.tasks[:3]]


def test_columns_are_chosen_and_kept(page, preferences) -> None:
    menu = page.conduct.page_menu()
    columns = next(a.menu() for a in menu.actions() if a.text() == "Columns")
    entry = next(a for a in columns.actions() if a.text() == "Queue")
    assert page.table.isColumnHidden(Column.QUEUE) and not entry.isChecked()
    entry.trigger()
    assert not page.table.isColumnHidden(Column.QUEUE)
    assert preferences.task_columns == (
        "state",
        "task",
        "worker",
        "queue",
        "received",
        "runtime",
    )
    state = next(a for a in columns.actions() if a.text() == "State")
    assert not state.isEnabled()


def test_another_project_begins_anew(page, bridge, history) -> None:
    page.open(history.tasks[3].id)
    bridge.project = "/home/ada/other"
    bridge.answers[ListTasks] = lambda _command: None
    bridge.feed(msgspec.structs.replace(history.stack(), project="/home/ada/other", id="other"))
    assert shown(page) == [] and not page.detail.isVisible()


def test_hostile_tasks_are_text_and_bounded(qtbot, page, window, history, tell) -> None:
    history.add(hostile(NEW))
    tell()
    page.open(hostile(NEW).id)
    qtbot.waitUntil(lambda: page.detail.detail is not None)
    name = page.table.model_.index(0, Column.TASK).data()
    assert len(name) < 250 and name.startswith(
        "<b>bold</b>&<img src=x>\\x1b[31mred\\x1b[0m \\u202e"
    )
    tip = page.table.model_.index(0, Column.TASK).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;" in tip and len(tip) < 2_000
    assert "\u202e" not in text_of(page.detail) and "\x1b" not in text_of(page.detail)
    window.grab()


def test_what_a_search_finds_is_counted_by_state(qtbot, page, bridge) -> None:
    search(qtbot, page, "send_digest")
    counted = [one for one in bridge.commands if isinstance(one, ListTasks) and one.count]
    assert {one.selection.search for one in counted} == {"send_digest"}
    assert page.filter.states.button("failed").accessibleName() == "Failed, 2"


def test_a_connection_that_is_lost_is_told_with_its_time(page, bridge, history) -> None:
    lost = TelemetryStatus(False, sample.NOW - 90)
    bridge.feed(msgspec.structs.replace(history.stack(), telemetry=lost))
    assert page.banners.surroundings.title == "The broker is not answering."
    assert page.banners.surroundings.detail.startswith("Lost since ")
    blink = TelemetryStatus(False, sample.NOW - 1)
    bridge.feed(msgspec.structs.replace(history.stack(), telemetry=blink))
    assert not page.banners.surroundings.isVisible()


def test_why_is_asked_of_the_engine(qtbot, page, bridge, history) -> None:
    page.open(history.tasks[1].id)
    page.detail.why.click()
    asked = next(one for one in bridge.commands if isinstance(one, WhyTask))
    assert asked.id == history.tasks[1].id


def test_rows_stay_in_their_places_while_somebody_aims_at_one(
    qtbot, page, history, tell, monkeypatch
) -> None:
    before = shown(page)
    monkeypatch.setattr(type(page.table), "aimed_at", True)
    changed = msgspec.structs.replace(history.tasks[0], state=TaskState.FAILURE)
    history.change(changed)
    history.add(task(NEW))
    tell()
    assert shown(page) == before and page.table.model_.task(0).state is TaskState.FAILURE
    monkeypatch.setattr(type(page.table), "aimed_at", False)
    qtbot.waitUntil(lambda: shown(page)[0] == task(NEW).id)


def test_news_while_somebody_types_neither_search_too_early_nor_hide_the_mistake(
    qtbot, page, bridge, history, tell
) -> None:
    """The error of a query was hidden when news came between its last key and its search."""
    count = len(lists(bridge))
    page.filter.search.setFocus()
    qtbot.keyClicks(page.filter.search, "worker:")
    history.add(task(NEW))
    tell()
    assert {one.selection.search for one in lists(bridge)[count:]} == {""}
    qtbot.waitUntil(page.filter.wrong.isVisible)
    history.add(task(NEW + 1))
    tell()
    page.filter.changed.emit()
    assert page.filter.wrong.isVisible() and page.header.sentence.text() == ""


def test_widths_that_were_dragged_come_back(qtbot, page, preferences) -> None:
    before = page.table.columnWidth(Column.WORKER)
    page.table.horizontalHeader().resizeSection(Column.WORKER, before + 25)
    qtbot.waitUntil(lambda: f"worker={before + 25}" in preferences.task_widths)
    page.table.show_widths(("worker=90",))
    assert page.table.columnWidth(Column.WORKER) == 90
