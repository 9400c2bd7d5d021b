"""The details of a task: its life, its family, and what is asked of the engine for them."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit

from desktop.engine.history_commands import ShowTask
from desktop.engine.states import TaskState
from desktop.engine.task_model import Attempt
from desktop.ui.pages.tasks.family import DEPTH_MAX, around, branches
from desktop.ui.pages.tasks.family_tree import ROW, FamilyTree
from desktop.ui.pages.tasks.timeline import STEPS_MAX, steps
from tests.ui.sample import NOW
from tests.ui.sample_tasks import FAILED, FAMILY, RETRIED, ROOT, TRACEBACK, task
from tests.ui.test_window import text_of

S = TaskState


@pytest.fixture
def detail(qtbot, page, history):
    special = {one.id: one for one in (RETRIED, FAILED, ROOT)}
    history.tasks = [special.get(one.id, one) for one in history.tasks]

    def opened(task_id: str):
        page.open(task_id)
        qtbot.waitUntil(lambda: page.detail.detail is not None)
        return page.detail

    return opened


def blocks(panel) -> dict[str, str]:
    found = panel.findChildren(QPlainTextEdit)
    return {one.accessibleName(): one.toPlainText() for one in found if not one.isHidden()}


def told(one) -> list[tuple[str, str, str]]:
    return [(step.title, step.detail, step.when) for step in steps(one)]


# --- the timeline -----------------------------------------------------------------------------


def test_a_task_that_was_tried_twice(light) -> None:
    said = told(RETRIED)
    assert [title for title, _, _ in said] == [
        "Received",
        "Started",
        "Retry 1",
        "Started again",
        "Succeeded",
    ]
    assert said[1] == ("Started", "waited 12 ms · w1@mbp · process 51873", "+12 ms")
    assert said[2] == ("Retry 1", "ConnectionError: timed out", "+1.83 s")
    assert said[3] == ("Started again", "waited 4.01 s · w1@mbp · process 51870", "+5.84 s")
    assert said[4] == ("Succeeded", "{'updated': 214} · ran 1.07 s", "+6.91 s")


def test_what_waits_tells_until_when(light) -> None:
    waiting = task(1, S.PENDING, sent_at=NOW - 5, received_at=None, eta=NOW + 60)
    [(title, words, _)] = told(waiting)[:1]
    assert title == "Sent" and words.startswith("not before ")


def test_the_moment_that_a_retry_waited_for_is_not_told_as_the_sender_s(light) -> None:
    failed = Attempt(S.RETRY, "w1@mbp", 51870, NOW - 9, NOW - 8, NOW - 7)
    retried = task(0, S.RETRY, sent_at=NOW - 9, eta=NOW + 60, attempts=(failed,))
    assert steps(retried)[0].detail == ""


def test_a_task_that_was_delivered_again_and_one_that_waits_for_its_next_try(light) -> None:
    lost = Attempt(S.STARTED, "w1@mbp", 51870, NOW - 60, NOW - 59)
    again = task(0, S.STARTED, attempts=(lost,), starts=2)
    assert [title for title, _, _ in told(again)] == [
        "Received",
        "Started",
        "Delivered again",
        "Started again",
    ]
    failed = Attempt(S.RETRY, "w1@mbp", 51870, NOW - 9, NOW - 8, NOW - 7, "OSError()")
    waits = task(0, S.RETRY, received_at=NOW - 9, started_at=NOW - 8, attempts=(failed,))
    assert [title for title, _, _ in told(waits)] == ["Received", "Started", "Retry 1"]


def test_a_revoked_task_says_why(light) -> None:
    [*_, last] = told(task(3, S.REVOKED, revoked_why="expired"))
    assert last[:2] == ("Revoked", "expired")


def test_a_life_without_end_is_cut_in_the_middle(light) -> None:
    tries = tuple(
        Attempt(S.RETRY, "w", 1, NOW - 100 + n, NOW - 100 + n, NOW - 100 + n + 0.5, "E()")
        for n in range(40)
    )
    said = steps(task(0, S.FAILURE, attempts=tries))
    assert len(said) == STEPS_MAX + 1 and "more steps" in said[STEPS_MAX // 2].title


# --- the panel --------------------------------------------------------------------------------


def test_it_shows_what_the_table_knows_before_the_engine_answers(page, bridge, history) -> None:
    bridge.answers.pop(ShowTask)
    page.open(history.tasks[5].id)
    assert page.detail.isVisible() and page.detail._chip.word == "Succeeded"
    assert not [one for one in bridge.commands if isinstance(one, ShowTask)], "not yet asked"


def test_all_of_it_is_asked_for_once_whoever_walks_by(qtbot, page, bridge) -> None:
    for row in range(5):
        page.open(page.table.model_.task(row).id)
    qtbot.waitUntil(lambda: page.detail.detail is not None)
    assert [one.id for one in bridge.commands if isinstance(one, ShowTask)] == [
        page.table.model_.task(4).id
    ]


def test_arguments_result_log_and_the_traceback_of_the_last_try(detail) -> None:
    shown = blocks(detail(RETRIED.id))
    assert shown["Arguments"] == "('SFO-4',)\n{'full': False}"
    assert shown["Result"] == "{'updated': 214}"
    assert shown["Traceback of try 1"] == TRACEBACK
    assert "\x1b" not in shown["Log"] and shown["Log"].endswith("succeeded in 1.07s")


def test_every_part_can_be_copied_whole(detail) -> None:
    panel = detail(FAILED.id)
    copy = next(
        one
        for one in panel.findChildren(object)
        if getattr(one, "accessibleName", str)() == "Copy Traceback"
    )
    copy.click()
    assert QGuiApplication.clipboard().text() == TRACEBACK


def test_the_buttons_are_those_that_fit(qtbot, detail, history) -> None:
    panel = detail(history.tasks[0].id)
    assert panel.stop.accessibleName() == "Terminate…"
    assert panel.why.text() == "Is it really running?" and not panel.why.isHidden()
    panel = detail(history.tasks[1].id)
    assert panel.stop.accessibleName() == "Revoke…"
    assert panel.why.text() == "Why isn't it running?" and not panel.why.isHidden()
    panel = detail(RETRIED.id)
    assert panel.stop.isHidden() and panel.why.isHidden() and panel.again.isEnabled()


def test_it_is_asked_again_when_the_task_has_changed(qtbot, page, history, tell, detail) -> None:
    one = history.tasks[0]
    panel = detail(one.id)
    history.change(msgspec.structs.replace(one, state=S.FAILURE, seen_at=NOW, traceback=TRACEBACK))
    tell()
    qtbot.waitUntil(lambda: "Traceback" in blocks(panel))
    assert panel._chip.word == "Failed"


def test_a_task_that_is_not_in_the_table_can_be_shown(qtbot, window, page, history) -> None:
    window.show_page("tasks", history.tasks[2_500].id)
    qtbot.waitUntil(lambda: page.detail.detail is not None)
    assert page.detail.task.id == history.tasks[2_500].id
    window.show_page("tasks", "no-such-task")
    qtbot.waitUntil(lambda: "There is no such task." in text_of(page.detail))


def test_the_details_stand_beside_the_table_or_over_it(qtbot, window, page, detail) -> None:
    panel = detail(RETRIED.id)
    edge = page.table.mapTo(page, QPoint(page.table.width(), 0)).x()
    assert edge < panel.mapTo(page, QPoint(0, 0)).x()
    window.resize(880, 560)

    def over_it() -> bool:
        edge = page.table.mapTo(page, QPoint(page.table.width(), 0)).x()
        return edge > panel.mapTo(page, QPoint(panel.width() - 2, 0)).x()

    qtbot.waitUntil(over_it)
    assert panel.mapTo(window, QPoint(panel.width(), 0)).x() <= window.width()


# --- the family -------------------------------------------------------------------------------


def test_the_family_is_a_tree_parents_first() -> None:
    rows = branches(FAMILY)
    assert [(row.depth, row.task.id) for row in rows[:2]] == [(0, ROOT.id), (1, FAMILY[1].id)]
    [deepest] = [row for row in rows if row.depth == 2]
    assert deepest.task.parent_id == FAMILY[1].id
    assert len(rows) == len(FAMILY)


def test_families_that_can_not_be_end_and_lose_nobody() -> None:
    own = task(1, parent_id=task(1).id)
    circle = [task(2, parent_id=task(3).id), task(3, parent_id=task(2).id)]
    chain = [task(n, parent_id=task(n - 1).id) for n in range(100, 600)]
    rows = branches([own, *circle, *chain])
    assert len(rows) == 503 and len({row.task.id for row in rows}) == 503
    few, left = around(rows, task(400).id)
    assert left == 503 - len(few) and any(row.task.id == task(400).id for row in few)
    assert max(row.depth for row in rows) > DEPTH_MAX


def test_a_click_or_enter_leads_to_the_relative(qtbot, page, detail) -> None:
    panel = detail(ROOT.id)
    tree = next(one for one in panel.findChildren(FamilyTree) if not one.isHidden())
    qtbot.mouseClick(tree, Qt.MouseButton.LeftButton, pos=QPoint(40, ROW + 5))
    assert page.details.task_id == tree.rows[1].task.id
    qtbot.waitUntil(lambda: panel.detail is not None)
    tree = next(one for one in panel.findChildren(FamilyTree) if not one.isHidden())
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    wanted = tree.rows[tree._chosen].task.id
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert page.details.task_id == wanted
