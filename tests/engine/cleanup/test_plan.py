"""Who is chosen, who is left, and what is said of the tasks."""

from __future__ import annotations

from typing import Any

import pytest

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.cleanup.plan import chosen, make_plan
from desktop.engine.cleanup_model import HeldTask
from desktop.engine.commands import Pick, PlanRow
from desktop.engine.model import Keeper, Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, PlanAction, Role, WorkerFinding
from desktop.words import text

NOW = 1000.0
STOP, LEAVE = PlanAction.STOP, PlanAction.LEAVE


def row(owner: Owner = Owner.ORPHAN, **more: Any) -> WorkerRow:
    values = {
        "pid": 11,
        "create_time": 900.0,
        "role": Role.WORKER,
        "node": "w@h",
        "this_app": True,
        "why": (text("It is so."),),
        **more,
    }
    return WorkerRow(owner=owner, **values)


def verdict(finding: WorkerFinding, confidence: Confidence = Confidence.CERTAIN) -> Verdict:
    return Verdict(finding, confidence, text("Seen."))


def planned(
    one: WorkerRow, *answers: NodeAnswer, wanted: tuple[tuple[int, float], ...] = ()
) -> PlanRow:
    said = {str(number): answer for number, answer in enumerate(answers)}
    (plan,) = make_plan([one], said, wanted, NOW)
    return plan


SURPLUS, DUPLICATE = WorkerFinding.SURPLUS, WorkerFinding.DUPLICATE


def test_what_was_asked_to_end_before_is_told_with_the_tasks_it_then_had() -> None:
    had = tuple(HeldTask(str(pid), "t", acknowledged=True, pid=pid) for pid in (0, 12, 13))
    asked = row(children=(12,))  # the pool's other process has ended, and its task with it
    (plan,) = make_plan([asked], {}, (), NOW, {(11, 900.0): had})
    assert plan.tasks == had[:2]
    assert "would be lost" in str(plan.outcome_of_force)
    (answers,) = make_plan([asked], {"": answer()}, (), NOW, {(11, 900.0): had})
    assert answers.tasks == answer().tasks, "its own word comes first"


@pytest.mark.parametrize(
    ("one", "action", "selected"),
    [
        (row(), STOP, True),
        (row(this_app=False), STOP, False),
        (row(role=Role.BEAT), STOP, True),
        (row(Owner.EXTERNAL), STOP, False),
        (row(Owner.EXTERNAL, verdicts=(verdict(DUPLICATE),)), STOP, False),
        (row(Owner.EXTERNAL, this_app=False), STOP, False),
        (row(Owner.EXTERNAL, verdicts=(verdict(SURPLUS),)), STOP, True),
        (row(Owner.EXTERNAL, verdicts=(verdict(SURPLUS),), this_app=False), STOP, False),
        (row(Owner.EXTERNAL, started_by="celery-tray"), LEAVE, False),
        (row(Owner.OURS), LEAVE, False),
        (row(Owner.OURS, verdicts=(verdict(SURPLUS),)), STOP, True),
        (row(Owner.OURS, verdicts=(verdict(DUPLICATE),)), STOP, True),
        (row(Owner.OURS, verdicts=(verdict(SURPLUS, Confidence.LIKELY),)), STOP, False),
        (row(Owner.OURS, verdicts=(verdict(SURPLUS, Confidence.UNKNOWN),)), LEAVE, False),
        (row(Owner.OURS, verdicts=(verdict(WorkerFinding.STALE_CODE),)), LEAVE, False),
        (row(Owner.OURS, this_app=False), LEAVE, False),
        (row(Owner.REMOTE), LEAVE, False),
        (row(username="someone"), LEAVE, False),
        (row(role=Role.MULTI), LEAVE, False),
        (row(keeper=Keeper("container", "shop", 0)), LEAVE, False),
        (row(keeper=Keeper("shell-loop", "bash", 7, 1.0)), STOP, True),
        (row(keeper=Keeper("watchfiles", "watchfiles", 7, 1.0)), STOP, True),
        (row(keeper=Keeper("shell-loop", "bash")), LEAVE, False),
        (row(keeper=Keeper("watchmedo", "watchmedo", 7, 1.0)), LEAVE, False),
    ],
)
def test_only_what_is_certain_is_chosen(one: WorkerRow, action: PlanAction, selected: bool) -> None:
    plan = planned(one)
    assert (plan.action, plan.selected) == (action, selected)
    assert str(plan.why)


def test_ours_that_is_wanted_is_left_though_its_name_runs_twice() -> None:
    ours = row(Owner.OURS, verdicts=(verdict(DUPLICATE),))
    assert planned(ours, wanted=((11, 901.0),)).action is LEAVE
    assert planned(ours, wanted=((11, 990.0),)).action is STOP


@pytest.mark.parametrize(
    ("keeper", "command"),
    [
        (Keeper("supervisor", "shop:worker", 7, 1.0), "supervisorctl stop shop:worker"),
        (Keeper("systemd", "shop.service"), "systemctl stop shop.service"),
        (Keeper("systemd-user", "shop.service"), "systemctl --user stop shop.service"),
        (Keeper("launchd", "com.shop"), "launchctl bootout gui/$(id -u)/com.shop"),
        (Keeper("honcho", "honcho", 7, 1.0), "process 7"),
    ],
)
def test_who_would_start_it_again_is_named_with_the_way_to_stop_it(
    keeper: Keeper, command: str
) -> None:
    plan = planned(row(keeper=keeper))
    assert plan.action is LEAVE
    assert command in str(plan.why)


def answer(*tasks: HeldTask, waiting: int | None = 0, **more: Any) -> NodeAnswer:
    ids = None if waiting is None else tuple(map(str, range(waiting)))
    return NodeAnswer(**{"node": "w@h", "pid": 11, "tasks": tasks, "reserved_ids": ids, **more})


EARLY = HeldTask("1", "report.build", started_at=880.0, acknowledged=True)
LATE = HeldTask("2", "mail.send", started_at=995.0, acknowledged=False)
EITHER = HeldTask("3", "shop.sync")


def test_what_happens_to_its_tasks_is_said() -> None:
    both = planned(row(), answer(LATE, EARLY, EITHER, waiting=3))
    assert both.tasks == (LATE, EARLY, EITHER)
    assert str(both.outcome) == "Finishes 3 tasks first. Gives back 3 waiting ones."
    assert str(both.outcome_of_force) == (
        "report.build (2 min so far) is acknowledged early: it would be lost. "
        "shop.sync could be lost: how it is acknowledged is unknown. "
        "mail.send (5 s so far) would run again."
    )
    assert str(planned(row(), answer()).outcome) == "It runs nothing."
    assert str(planned(row(), answer()).outcome_of_force) == "Nothing would be lost."


def test_what_was_not_measured_is_unknown_and_never_safe() -> None:
    silent = planned(row())
    assert silent.tasks is None
    assert "unknown" in str(silent.outcome) and "lost" in str(silent.outcome_of_force)
    # The same name and number speaks from another machine: nobody knows whose answer it is.
    elsewhere = row(Owner.REMOTE)
    plan = make_plan([row(), elsewhere], {"": answer()}, (), NOW)
    assert [one.tasks for one in plan] == [None, None]


def test_pool_processes_are_not_counted_beside_their_worker() -> None:
    rows = [row(children=(12,)), row(pid=12)]
    assert [one.worker.pid for one in make_plan(rows, {}, (), NOW)] == [11]


def test_those_picked_are_those_stopped() -> None:
    rows = [
        row(),
        row(Owner.EXTERNAL, pid=12),
        row(Owner.EXTERNAL, pid=13, this_app=False),
        row(Owner.OURS, pid=14),
        row(Owner.REMOTE, pid=15),
    ]
    plan = make_plan(rows, {}, (), NOW)

    def pids(picks: list[Pick] | None, *, all_of_app: bool = False) -> list[int]:
        return [one.worker.pid for one in chosen(plan, picks, all_of_app=all_of_app)]

    assert pids(None) == [11]
    assert pids(None, all_of_app=True) == [11, 12]
    assert pids([]) == []
    assert pids([Pick(pid, 900.4) for pid in (13, 14, 15)]) == [13]
    assert pids([Pick(11, 500.0)]) == []


def test_the_plan_begins_with_what_is_selected() -> None:
    rows = [
        row(Owner.OURS, pid=1),
        row(Owner.EXTERNAL, pid=2),
        row(pid=3),
        row(pid=4, this_app=False),
    ]
    assert [one.worker.pid for one in make_plan(rows, {}, [], NOW)] == [3, 2, 4, 1]
