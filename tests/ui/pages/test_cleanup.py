"""The Cleanup page: what is listed, chosen, asked, sent, waited for and told afterwards."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from desktop.engine.commands import (
    Cleanup,
    CleanupLog,
    CleanupLogReport,
    CleanupPlan,
    CleanupReport,
    Done,
    ForceCleanup,
    Pick,
    PlanCleanup,
    RunAgain,
    RunAgainReport,
    ServiceProblem,
)
from desktop.engine.states import CleanupStep
from desktop.ui.cleanup_actions import force_rows
from desktop.ui.cleanup_lines import Choices, Line, lines, summary
from desktop.ui.fonts import Role
from desktop.ui.pages import cleanup as page_module
from desktop.ui.pages.cleanup_history import CleanupHistory
from desktop.ui.pages.cleanup_model import Column
from desktop.ui.widgets.label import width_of
from tests.ui import sample
from tests.ui import sample_cleanup as known
from tests.ui.sample import NOW, SHOP
from tests.ui.test_window import CTRL, dialog_of, key, press, reading_order, text_of


@pytest.fixture
def page(window, bridge):
    bridge.answers[PlanCleanup] = known.PLAN
    bridge.feed(known.LEFT_OVER)
    window.show_page("cleanup")
    return window.page


def asked(bridge, kind: type) -> list[object]:
    return [command for command in bridge.commands if isinstance(command, kind)]


def shown(page) -> list[str]:
    return [line.name for line in page.table.model_.lines]


def checked(page) -> list[int]:
    return [line.pid for line in page.table.model_.lines if line.checked]


def cell(page, row: int, column: Column) -> str:
    return page.table.model().index(row, column).data()


def look_again(window, bridge, plan: CleanupPlan) -> None:
    bridge.answers[PlanCleanup] = plan
    window.page.check_again()


def pick(row) -> Pick:
    return Pick(row.worker.pid, row.worker.create_time)


# --- looking ----------------------------------------------------------------------------------


def test_it_looks_when_it_is_shown_and_not_before(window, bridge) -> None:
    bridge.feed(known.LEFT_OVER)
    assert not asked(bridge, PlanCleanup)
    window.show_page("cleanup")
    assert asked(bridge, PlanCleanup) == [PlanCleanup(SHOP.project)]
    assert window.page.header.sentence.text() == "Looking…"
    bridge.feed(msgspec.structs.replace(known.LEFT_OVER, name="again"))
    assert len(asked(bridge, PlanCleanup)) == 1, "one look at a time"


def test_it_looks_again_while_it_is_seen_and_rests_when_it_is_not(
    page, window, bridge, qtbot, monkeypatch
) -> None:
    bridge.feed(known.LEFT_OVER)
    assert len(asked(bridge, PlanCleanup)) == 1, "nothing has changed"
    monkeypatch.setattr(page_module, "LOOK_EVERY_S", 0.02)
    page.check_again()

    def looked_thrice() -> bool:
        bridge.feed(known.LEFT_OVER)  # as the window's own pulse does
        return len(asked(bridge, PlanCleanup)) >= 4

    qtbot.waitUntil(looked_thrice)
    window.hide()
    count = len(asked(bridge, PlanCleanup))
    bridge.feed(msgspec.structs.replace(known.LEFT_OVER, name="b"))
    assert len(asked(bridge, PlanCleanup)) == count


def test_a_change_among_the_workers_is_looked_at(page, bridge, monkeypatch) -> None:
    monkeypatch.setattr(page_module, "CHANGED_S", 0.0)
    bridge.feed(msgspec.structs.replace(known.LEFT_OVER, workers=known.LEFT_OVER.workers[1:]))
    assert len(asked(bridge, PlanCleanup)) == 2


def test_control_r_checks_again(qtbot, page, window, bridge) -> None:
    key(qtbot, window, Qt.Key.Key_R, CTRL)
    assert len(asked(bridge, PlanCleanup)) == 2


def test_a_look_that_fails_is_told_and_keeps_what_was_seen(page, window, bridge) -> None:
    look_again(window, bridge, sample.CRASH)
    assert page.failed.isVisible() and page.failed.title == str(sample.CRASH.title)
    assert len(shown(page)) == 4
    page.failed.dismissed.emit()
    look_again(window, bridge, sample.CRASH)
    assert not page.failed.isVisible(), "the same again is no news"
    look_again(window, bridge, known.PLAN)
    look_again(window, bridge, sample.CRASH)
    assert page.failed.isVisible(), "but it is when looks went well in between"
    look_again(window, bridge, known.PLAN)
    assert not page.failed.isVisible(), "a look that goes well ends it"


def test_an_answer_for_another_project_goes_to_nobody(window, bridge) -> None:
    bridge.feed(known.LEFT_OVER)
    window.show_page("cleanup")
    [(_, done, _)] = bridge.waiting
    bridge.project = "/home/ada/other"
    done(known.PLAN)
    assert shown(window.page) == []


# --- what is listed ---------------------------------------------------------------------------


def test_each_process_is_told_with_class_reason_and_what_becomes_of_its_tasks(page) -> None:
    assert cell(page, 0, Column.PROCESS) == "celery@mbp\npid 40112 · 5 processes"
    assert cell(page, 0, Column.CLASS) == "Orphaned"
    assert cell(page, 0, Column.AGE) == "3 d 4 h"
    assert cell(page, 0, Column.MEMORY) == "186 MB"
    assert cell(page, 0, Column.TASKS) == "1 running task finishes first, 4 go back to the queue."
    assert cell(page, 1, Column.CLASS) == "Orphaned\nDuplicate"
    assert cell(page, 2, Column.CLASS) == "One too many\nOld code\nOld configuration"
    assert cell(page, 3, Column.CLASS) == "Not answering?\nExternal", "likely is not certain"
    assert page.header.sentence.text() == "3 leftovers found · checked just now"
    assert "Left alone" in text_of(page.left)
    assert page.left.list.spoken[1] == (
        "api-worker@docker, elsewhere, Runs elsewhere, so it is never stopped"
    )


def test_all_that_was_seen_is_in_the_tip(page) -> None:
    tip = page.table.model().index(2, Column.WHY).data(Qt.ItemDataRole.ToolTipRole)
    assert "tasks/mail.py changed 11:40" in tip and "listens to 2 queues" in tip


def test_a_screen_reader_hears_the_row(page) -> None:
    model = page.table.model()
    spoken = [model.index(0, c).data(Qt.ItemDataRole.AccessibleTextRole) for c in Column]
    assert spoken[0] == "Checked"
    assert spoken[2] == "Class: Orphaned"
    assert spoken[1] == "Process: celery@mbp, pid 40112 · 5 processes"
    assert model.index(3, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "Not checked"


def test_what_is_left_alone_opens(page) -> None:
    assert len(page.left.list.spoken) == 3
    assert page.left.more.accessibleName() == "Show 2 more"
    page.left.more.click()
    assert len(page.left.list.spoken) == 5
    page.left.more.click()
    assert len(page.left.list.spoken) == 3


def test_with_nothing_to_do_it_says_so(page, window, bridge) -> None:
    look_again(window, bridge, known.NOTHING)
    assert page.empty.isVisible() and not page.foot.isVisible()
    assert "Nothing to clean up. Checked just now." in text_of(page)
    assert page.header.sentence.text() == "No leftovers · checked just now"


# --- check marks ------------------------------------------------------------------------------


def test_only_what_the_plan_selects_is_checked_at_first(page) -> None:
    assert checked(page) == [40112, 40236, 44790]
    assert page.foot.sum.text() == "3 selected · frees 458 MB"
    assert page.foot.tasks.text() == (
        "2 tasks finish first. 4 waiting tasks go back to their queues. None is lost."
    )
    assert page.foot.stop.accessibleName() == "Stop 3 processes"


def test_what_could_not_be_asked_is_not_called_safe(page, qtbot) -> None:
    page.table.selectRow(3)
    qtbot.keyClick(page.table, Qt.Key.Key_Space)
    assert 38007 in checked(page)
    said = page.foot.tasks.text()
    assert "1 process could not be asked" in said and "None is lost" not in said


def test_marks_and_selection_outlive_the_next_look(page, window, bridge, qtbot) -> None:
    page.table.selectRow(1)
    qtbot.keyClick(page.table, Qt.Key.Key_Space)
    assert checked(page) == [40112, 44790]
    page.table.selectRow(2)
    rows = known.PLAN.rows
    new = msgspec.structs.replace(
        known.IDLE, worker=known.worker(50001, known.Owner.ORPHAN, "new@mbp", 5.0)
    )
    look_again(window, bridge, CleanupPlan((new, rows[2], *rows[:2], *rows[3:])))
    assert checked(page) == [50001, 44790, 40112], "the new one as the plan says"
    assert page.table.current.pid == 44790
    assert [line.pid for line in page.table.selected] == [44790]


def test_a_reused_pid_inherits_no_mark(page, window, bridge, qtbot) -> None:
    page.table.selectRow(3)
    qtbot.keyClick(page.table, Qt.Key.Key_Space)
    other = msgspec.structs.replace(known.SILENT.worker, create_time=NOW - 3)
    plan = CleanupPlan((msgspec.structs.replace(known.SILENT, worker=other),))
    look_again(window, bridge, plan)
    assert checked(page) == []


def test_space_checks_all_selected_rows_alike(page, qtbot) -> None:
    page.table.selectAll()
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Home, CTRL)
    page.table.selectAll()
    qtbot.keyClick(page.table, Qt.Key.Key_Space)
    assert checked(page) == []
    assert page.foot.sum.text() == "Nothing is selected"
    assert not page.foot.stop.isEnabled() and not page.foot.force.isEnabled()


def test_a_click_on_the_box_checks_and_selects_nothing(page, qtbot) -> None:
    index = page.table.model().index(0, Column.CHECK)
    at = page.table.visualRect(index).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert checked(page) == [40236, 44790]
    assert not page.table.selected and not page.detail.isVisible()
    qtbot.mouseDClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert checked(page) == [40236, 44790], "of two quick clicks, each counts"


# --- stopping ---------------------------------------------------------------------------------


def test_stop_sends_the_checked_ones_once(page, bridge) -> None:
    page.foot.stop.click()
    expected = tuple(map(pick, (known.BUSY, known.IDLE, known.SURPLUS)))
    assert asked(bridge, Cleanup) == [Cleanup(SHOP.project, expected)]
    assert not page.foot.stop.isEnabled(), "it has been sent"
    bridge.feed(known.cleaning())
    assert not page.foot.stop.isEnabled() and page.foot.force.isEnabled()


def test_the_buttons_stay_where_they_are_whatever_the_lists_do(page, window, bridge, qtbot) -> None:
    def place() -> tuple[QPoint, QPoint]:
        qtbot.wait(1)  # the layout's own turn
        foot = page.foot
        return tuple(b.mapTo(page, b.rect().bottomRight()) for b in (foot.stop, foot.force))

    (stop, force) = place()
    look_again(window, bridge, CleanupPlan((known.BUSY, known.OURS)))
    page.show_argument("40112")
    assert place() == (stop, force)
    bridge.feed(msgspec.structs.replace(known.LEFT_OVER, lost=known.LOST))
    assert place() == (stop, force)
    bridge.feed(known.cleaning())
    assert place()[0] == stop, "and no other button comes there while it goes on"


def test_while_what_they_held_is_put_back_nothing_is_told_of_losses(page, bridge) -> None:
    items = tuple(
        msgspec.structs.replace(one, step=CleanupStep.STOPPED, tasks=())
        for one in known.GOING_ON.items
    )
    bridge.feed(known.cleaning(msgspec.structs.replace(known.GOING_ON, items=items)))
    assert page.foot.tasks.text() == "They have ended. What they held goes back to its queues."
    assert not page.foot.force.isEnabled()
    assert not page.aftermath.result.isVisible()


def test_a_narrow_window_leaves_room_for_what_is_waited_for(page, window, bridge, qtbot) -> None:
    window.resize(880, 600)
    qtbot.waitUntil(lambda: window.width() == 880)
    assert not page.table.isColumnHidden(Column.WHY)
    bridge.feed(known.cleaning())
    words, room = cell(page, 0, Column.TASKS), page.table.columnWidth(Column.TASKS)
    assert page.table.isColumnHidden(Column.WHY)
    assert width_of(words, Role.SECONDARY) / 2 < room - width_of("Force…", Role.SECONDARY) - 40
    bridge.feed(known.LEFT_OVER)
    assert not page.table.isColumnHidden(Column.WHY)


def test_a_refused_cleanup_is_told_and_can_be_tried_again(page, bridge) -> None:
    bridge.answers[Cleanup] = sample.CRASH
    page.foot.stop.click()
    assert page.failed.isVisible()
    assert page.foot.stop.isEnabled()


def test_force_names_the_very_tasks_before_anything_is_sent(page, window, bridge) -> None:
    page.foot.force.click()
    dialog = dialog_of(window)
    said = text_of(dialog)
    assert "Force 3 processes to stop?" in said
    assert "1 task would be lost" in said and "1 task goes back to its queue" in said
    assert "reports.daily.render_pdf" in said and "('2026-11', 'emea')" in said
    assert said.index("would be lost\n") < said.index("runs again\n"), "the worst first"
    assert not asked(bridge, Cleanup)
    press(window, dialog, "Force stop")
    [command] = asked(bridge, Cleanup)
    assert command.force and command.patience_s == 0.0 and len(command.picks) == 3


def test_what_could_not_be_asked_is_in_the_question_too() -> None:
    silent = Line(38007, 1.0, "shop", row=known.SILENT)
    [row] = force_rows([silent], NOW)
    assert row.note == "not known"


def test_progress_is_told_row_by_row(page, bridge) -> None:
    bridge.feed(known.cleaning())
    assert cell(page, 0, Column.CLASS) == "Finishing\nOrphaned"
    assert cell(page, 0, Column.TASKS) == "Finishing render_pdf, 2 min 10 s so far"
    assert cell(page, 1, Column.CLASS) == "Stopped\nOrphaned"
    assert cell(page, 1, Column.TASKS) == "Ended after 1.7 s."
    assert page.foot.sum.text() == "Stopping: 1 of 3 done, for 14 s"
    assert "up to 30 min" in page.foot.tasks.text()
    assert page.header.sentence.text() == "Cleaning up…"
    assert not page.again.isEnabled()


def test_nothing_is_checked_while_it_goes_on(page, bridge, qtbot) -> None:
    bridge.feed(known.cleaning())
    page.table.selectRow(3)
    qtbot.keyClick(page.table, Qt.Key.Key_Space)
    assert checked(page) == [40112, 40236, 44790]


def test_rows_stay_while_it_goes_on_and_are_looked_at_when_it_has_ended(page, bridge) -> None:
    count = len(asked(bridge, PlanCleanup))
    bridge.feed(known.cleaning())
    bridge.answers[PlanCleanup] = CleanupPlan((known.BUSY, known.OURS))
    page.check_again()
    assert len(asked(bridge, PlanCleanup)) == count
    bridge.feed(known.cleaning(known.ENDED))
    assert len(asked(bridge, PlanCleanup)) == count + 1
    assert shown(page) == ["celery@mbp"]


def test_a_cleanup_that_was_begun_elsewhere_is_shown(window, bridge) -> None:
    bridge.answers[PlanCleanup] = CleanupPlan()
    bridge.feed(known.cleaning())
    window.show_page("cleanup")
    assert shown(window.page) == ["celery@mbp", "celery@mbp", "worker2@mbp"]
    assert window.page.foot.force.isEnabled()


def test_force_while_it_waits_ends_only_those_that_wait(page, window, bridge) -> None:
    bridge.answers[ForceCleanup] = Done()
    bridge.feed(known.cleaning())
    assert page.foot.force.accessibleName() == "Force 2 to stop…"
    page.foot.force.click()
    press(window, dialog_of(window), "Force stop")
    expected = (pick(known.BUSY), pick(known.SURPLUS))
    assert asked(bridge, ForceCleanup) == [ForceCleanup(SHOP.project, expected)]


def test_force_in_a_row_is_for_that_row(page, window, bridge, qtbot) -> None:
    bridge.feed(known.cleaning())
    rect = page.table.visualRect(page.table.model().index(0, Column.TASKS))
    at = QPoint(rect.right() - 24, rect.center().y())
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    press(window, dialog_of(window), "Force stop")
    assert asked(bridge, ForceCleanup) == [ForceCleanup(SHOP.project, (pick(known.BUSY),))]


def test_without_an_engine_nothing_can_be_sent(page, bridge) -> None:
    bridge.feed(None)
    buttons = (page.foot.stop, page.foot.force, page.again, page.history)
    assert not any(button.isEnabled() for button in buttons)
    assert len(shown(page)) == 4, "the last that is known stays"


# --- afterwards -------------------------------------------------------------------------------


def test_the_result_is_told_until_it_is_put_away(page, bridge) -> None:
    bridge.feed(known.cleaning(known.ENDED))
    result = page.aftermath.result
    assert result.title == "2 processes stopped · 1 left running"
    assert "it still runs 1 task after 30 s" in result.detail
    assert "4 tasks of dead workers are back in their queues." in result.detail
    result.dismissed.emit()
    bridge.feed(known.cleaning(known.ENDED, name="again"))
    assert not result.isVisible()
    later = msgspec.structs.replace(known.ENDED, started_at=NOW - 5)
    bridge.feed(known.cleaning(later))
    assert result.isVisible(), "another cleanup is another result"


def test_lost_tasks_can_be_run_again_where_their_arguments_are_known(page, window, bridge) -> None:
    bridge.feed(msgspec.structs.replace(known.LEFT_OVER, lost=known.LOST))
    lost = page.aftermath.lost
    said = text_of(lost)
    assert "2 tasks died with their workers" in said
    assert "its arguments are not known" in said
    assert not lost.all.isVisible(), "only one can be run again"
    press(window, lost, "Run shop.payments.charge_card again")
    assert asked(bridge, RunAgain) == [RunAgain(SHOP.project, ("a1b2",))]
    again = tuple(msgspec.structs.replace(one, again_id="n") for one in known.LOST)
    bridge.feed(msgspec.structs.replace(known.LEFT_OVER, lost=again))
    assert not lost.isVisible()


def test_a_task_that_could_not_be_sent_again_is_told(page, window, bridge) -> None:
    failed = (ServiceProblem("a1b2", sample.CRASH),)
    bridge.answers[RunAgain] = RunAgainReport(failed=failed)
    bridge.feed(msgspec.structs.replace(known.LEFT_OVER, lost=known.LOST))
    press(window, page.aftermath.lost, "Run shop.payments.charge_card again")
    assert page.failed.isVisible()


def test_stranded_tasks_are_told_with_the_reason(page, bridge) -> None:
    bridge.feed(msgspec.structs.replace(known.LEFT_OVER, stranded=known.STRANDED))
    assert page.aftermath.stranded.title == "2 tasks of dead workers wait to be put back"
    assert "did not answer" in page.aftermath.stranded.detail


def test_the_history_is_a_list_that_can_be_copied(page, window, bridge) -> None:
    entries = known.LOG.entries
    bridge.answers[CleanupLog] = CleanupLogReport((*entries, *entries, *entries))
    page.history.click()
    dialog = next(d for d in page.findChildren(CleanupHistory) if d.isVisible())
    model = dialog.table.model()
    assert model.rowCount() == 12, "more rows than there are columns"
    assert dialog.table.columnWidth(3) >= 360, "the details have the room that is left"
    assert [model.index(1, c).data() for c in (1, 2, 3)] == [
        "Stopped",
        "40236",
        "celery@mbp ended after 1.7 s.",
    ]
    press(window, dialog, "Copy all")
    assert "charge_card died with w1@mbp" in QGuiApplication.clipboard().text()
    dialog.close()


# --- the details ------------------------------------------------------------------------------


def test_enter_opens_the_details_and_escape_closes_them(page, window, qtbot) -> None:
    page.table.selectRow(3)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    said = text_of(page.detail)
    assert page.detail.isVisible()
    for words in (
        "It did not answer for 41 min.",
        "Its folder may not be read.",
        "watchfiles celery (watchfiles)",
        "/home/ada/acme-shop/.venv/bin/python",
        "celery, email, reports",
        "It could not be asked what it runs.",
    ):
        assert words in said
    page.table.selectRow(0)
    assert "By force it would be lost." in text_of(page.detail)
    key(qtbot, window, Qt.Key.Key_Escape)
    assert not page.detail.isVisible()


def test_the_details_stay_through_looks_and_go_with_their_process(page, window, bridge) -> None:
    page.show_argument("44790")
    assert page.detail.isVisible() and page.table.current.pid == 44790
    look_again(window, bridge, CleanupPlan((known.SURPLUS, known.BUSY)))
    assert page.detail.isVisible() and page.table.current.pid == 44790
    look_again(window, bridge, CleanupPlan((known.BUSY,)))
    assert not page.detail.isVisible()


@pytest.mark.parametrize(("width", "beside"), [(1100, True), (880, False)])
def test_the_details_stand_beside_the_table_or_over_it(
    page, window, qtbot, width: int, beside: bool
) -> None:
    window.resize(width, 600)
    qtbot.waitUntil(lambda: window.width() == width)
    page.show_argument("40112")

    def is_beside() -> bool:
        right = page._card.mapTo(page, page._card.rect().topRight()).x()
        return right < page.detail.x()

    qtbot.waitUntil(lambda: is_beside() is beside)
    table = page.table
    used = sum(table.columnWidth(c) for c in Column if not table.isColumnHidden(c))
    assert used == table.viewport().width()


def test_at_its_smallest_the_buttons_are_still_in_sight(page, window, qtbot) -> None:
    window.resize(880, 560)
    qtbot.waitUntil(lambda: window.height() == 560)
    bottom = page.foot.mapTo(page, page.foot.rect().bottomLeft()).y()
    assert bottom < page.height()
    assert page.table.height() >= page.table.height_of(3)


def test_tab_goes_in_reading_order_with_rows_too(page, window, qtbot) -> None:
    page.left.more.click()
    qtbot.wait(1)
    places = reading_order(window)
    assert places == sorted(places)


# --- lines ------------------------------------------------------------------------------------


def test_tasks_of_a_process_that_is_being_stopped_are_those_it_still_has() -> None:
    item = msgspec.structs.replace(known.GOING_ON.items[0], tasks=(known.INDEX,))
    progress = msgspec.structs.replace(known.GOING_ON, items=(item,))
    [line, *_] = lines(known.PLAN, progress, Choices())
    assert line.tasks == (known.INDEX,) and line.waits
    over = msgspec.structs.replace(item, step=CleanupStep.STOPPED)
    [line, *_] = lines(known.PLAN, msgspec.structs.replace(progress, items=(over,)), Choices())
    assert not line.waits


def test_the_sum_counts_only_what_is_checked() -> None:
    listed = lines(known.PLAN, None, Choices())
    assert summary(listed).running == 2
    assert summary(line for line in listed if line.pid == 40236).running == 0


def test_a_cleanup_that_is_answered_frees_the_buttons(page, bridge) -> None:
    bridge.answers[Cleanup] = CleanupReport(stopped=(40112,))
    page.foot.stop.click()
    assert page.foot.stop.isEnabled()
