"""What is done with tasks: looked at first, asked about, done, told, and taken back."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt

from desktop.engine.history_commands import Selection
from desktop.engine.states import TaskState
from desktop.engine.task_commands import ActOnTasks, TaskActionReport, TaskOutcome, TaskVerb
from desktop.engine.task_signals import MEANINGS, OFFERED
from desktop.ui.pages.tasks.comparison import Comparison
from desktop.ui.pages.tasks.differences import differences
from desktop.ui.signal_choice import SignalChoice
from desktop.words import text, verbatim
from tests.ui.sample_tasks import acted, task
from tests.ui.test_window import dialog_of, press, text_of

V = TaskVerb


def acts(bridge) -> list[ActOnTasks]:
    return [one for one in bridge.commands if isinstance(one, ActOnTasks)]


def no_dialog(window) -> bool:
    with pytest.raises(StopIteration):
        dialog_of(window)
    return True


def test_revoking_is_asked_about_and_can_be_taken_back(page, window, bridge, history) -> None:
    waiting = history.tasks[1]
    page.conduct.act(V.REVOKE, [waiting])
    assert [one.dry_run for one in acts(bridge)] == [True], "only looked at so far"
    dialog = dialog_of(window)
    assert "Revoke 1 task?" in text_of(dialog) and "pass a revoked task over" in text_of(dialog)
    press(window, dialog, "Revoke 1 task")
    done = acts(bridge)[-1]
    assert (done.verb, done.selection.ids, done.dry_run) == (V.REVOKE, (waiting.id,), False)
    assert page.banners.report.title == "1 task done"
    press(window, page.banners.report, "Undo")
    assert acts(bridge)[-1].undo and acts(bridge)[-1].selection.ids == (waiting.id,)


def test_one_task_runs_again_without_a_question_and_leads_to_the_new_one(
    page, window, bridge, history
) -> None:
    one = history.tasks[4]
    page.conduct.act(V.RUN_AGAIN, [one])
    assert no_dialog(window)
    assert [act.dry_run for act in acts(bridge)] == [True, False]
    press(window, page.banners.report, "Show it")
    assert page.details.task_id == f"new-{one.id}"
    page.conduct.act(V.RUN_AGAIN, [one])
    press(window, page.banners.report, "Undo")
    back = acts(bridge)[-1]
    assert (back.verb, back.selection.ids, back.undo) == (V.REVOKE, (f"new-{one.id}",), False)


def test_a_second_run_beside_the_first_is_asked_about(page, window, bridge, history) -> None:
    one = history.tasks[0]
    alive = (TaskOutcome(one.id, words=text("It runs twice."), alive=True),)
    history.report = lambda command: TaskActionReport(alive, 1, 0, text("1 task"))
    page.conduct.act(V.RUN_AGAIN, [one])
    assert [act.dry_run for act in acts(bridge)] == [True], "only looked at so far"
    assert "It runs twice." in text_of(dialog_of(window))
    press(window, dialog_of(window), "Run 1 task again")
    assert [act.dry_run for act in acts(bridge)] == [True, False]


def test_terminating_says_what_is_lost_and_offers_the_signal(page, window, bridge, history) -> None:
    page.conduct.act(V.TERMINATE, [history.tasks[0]])
    dialog = dialog_of(window)
    assert "in the middle of its work" in text_of(dialog)
    (choice,) = dialog.findChildren(SignalChoice)
    assert choice.chosen == "TERM" and "“finally”" in choice.meaning.text()
    heights = set()
    for name in OFFERED:
        choice.segments.button(name).click()
        assert choice.meaning.text() == str(MEANINGS[name])
        heights.add(dialog.height())
    assert len(heights) == 1
    press(window, dialog, "Terminate 1 task")
    assert acts(bridge)[-1].signal == "KILL"


def test_all_that_match_is_what_the_search_finds(qtbot, page, window, bridge, history) -> None:
    page.filter.show_search("charge_card")
    history.report = lambda command: TaskActionReport(
        tuple(TaskOutcome(f"id-{n}") for n in range(1_000)), 4_000, 12, text("4,000 tasks")
    )
    page.conduct.act_on_all(V.REVOKE)
    dialog = dialog_of(window)
    assert "Revoke 4000 tasks?" in text_of(dialog)
    press(window, dialog, "Revoke 4000 tasks")
    assert acts(bridge)[-1].selection == Selection(search="charge_card")


def test_what_was_looked_at_is_what_is_done(page, window, bridge, history) -> None:
    """More may match by the time that a person has read the question."""
    seen = (TaskOutcome("a"), TaskOutcome("b", done=False, words=verbatim("ended")))
    history.report = lambda command: TaskActionReport(seen, 1, 1, text("1 task"))
    page.conduct.act_on_all(V.REVOKE)
    press(window, dialog_of(window), "Revoke 1 task")
    assert acts(bridge)[-1].selection == Selection(("a",), None)


def test_nothing_to_do_is_told_and_not_asked(page, window, bridge, history) -> None:
    ended = (TaskOutcome("a", done=False, words=text("It has ended already.")),)
    history.report = lambda command: TaskActionReport(ended, 0, 1, text("Nothing was revoked."))
    page.conduct.act(V.REVOKE, [history.tasks[5]])
    assert no_dialog(window) and len(acts(bridge)) == 1
    assert page.banners.report.title == "Nothing was revoked."
    assert page.banners.report.detail == "It has ended already."


def test_what_failed_of_many_is_listed(page, window, history) -> None:
    def some(command: ActOnTasks) -> TaskActionReport:
        if command.dry_run:
            return acted(command)
        one, *rest = acted(command).outcomes
        failed = msgspec.structs.replace(one, done=False, words=text("Its worker is gone."))
        return TaskActionReport((failed, *rest), len(rest), 1, text("2 sent, 1 not"))

    history.report = some
    page.conduct.act(V.RUN_AGAIN, history.tasks[4:7])
    press(window, dialog_of(window), "Run 3 tasks again")
    press(window, page.banners.report, "Show details")
    assert "Its worker is gone." in text_of(dialog_of(window))


def test_an_answer_for_another_project_goes_to_nobody(page, window, bridge, history) -> None:
    bridge.answers.pop(ActOnTasks)
    page.conduct.act(V.REVOKE, [history.tasks[1]])
    [(command, done, _)] = [one for one in bridge.waiting if isinstance(one[0], ActOnTasks)]
    bridge.project = "/home/ada/other"
    done(acted(command))
    assert no_dialog(window)


def test_the_menu_offers_what_the_states_allow(page, history) -> None:
    def enabled(*tasks) -> dict[str, bool]:
        return {a.text(): a.isEnabled() for a in page.conduct.menu(tasks).actions() if a.text()}

    running, waiting, done = history.tasks[0], history.tasks[1], history.tasks[2]
    assert enabled(running)["Terminate…"] and not enabled(running)["Revoke…"]
    assert enabled(waiting)["Revoke…"] and not enabled(waiting)["Terminate…"]
    assert not enabled(done)["Revoke…"] and enabled(done)["Run again"]
    assert enabled(running, waiting)["Compare these…"]
    assert "Show details" not in enabled(running, waiting)


# --- comparing --------------------------------------------------------------------------------


def test_two_runs_differ_in_what_differs() -> None:
    one = task(1, args="(1,)")
    other = task(1, TaskState.FAILURE, args="(2,)", exception="E()", result="")
    differing = {row.title for row in differences(one, other) if row.differs}
    assert differing == {"State", "Runtime", "Arguments", "Result", "Exception"}
    assert not [row for row in differences(one, one) if row.differs]


def test_another_run_of_the_same_name_is_put_beside_it(qtbot, page, window, history) -> None:
    one = history.tasks[5]
    page.conduct.compare([one])
    dialog = next(d for d in window.findChildren(Comparison) if d.isVisible())
    assert dialog.chooser.count() == 30
    other = dialog._tasks[1]
    assert other.name == one.name and other.id != one.id
    assert other.id in text_of(dialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
