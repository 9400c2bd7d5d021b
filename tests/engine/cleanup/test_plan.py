"""What is stopped, what is left, and what is chosen without asking."""

from __future__ import annotations

import pytest

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.cleanup.plan import chosen, make_plan
from desktop.engine.cleanup_model import HeldTask
from desktop.engine.commands import Pick, PlanRow
from desktop.engine.model import Keeper, Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, PlanAction, Role, WorkerFinding
from desktop.words import text

NOW = 1000.0


def worker(pid: int = 10, owner: Owner = Owner.ORPHAN, **more: object) -> WorkerRow:
    values = {"this_app": True, "node": f"w{pid}@box", "why": (text("It was seen."),), **more}
    return WorkerRow(pid, 100.0, Role.WORKER, owner, **values)  # type: ignore[arg-type]


def found(finding: WorkerFinding, confidence: Confidence = Confidence.CERTAIN) -> tuple[Verdict]:
    return (Verdict(finding, confidence, text("Evidence.")),)


def planned(row: WorkerRow, *answers: NodeAnswer, wanted: bool = False) -> PlanRow:
    known = {(answer.pid, 100.0): answer for answer in answers}
    [plan] = make_plan([row], known, [(row.pid, row.create_time)] if wanted else [], NOW)
    return plan


@pytest.mark.parametrize(
    ("row", "selected"),
    [
        (worker(), True),
        (worker(this_app=False), False),
        (worker(owner=Owner.EXTERNAL), False),
        (worker(owner=Owner.EXTERNAL, verdicts=found(WorkerFinding.DUPLICATE)), False),
        (worker(owner=Owner.EXTERNAL, verdicts=found(WorkerFinding.SURPLUS)), True),
        (
            worker(
                owner=Owner.EXTERNAL,
                this_app=False,
                verdicts=found(WorkerFinding.SURPLUS),
            ),
            False,
        ),
        (worker(owner=Owner.OURS, verdicts=found(WorkerFinding.SURPLUS)), True),
        (
            worker(owner=Owner.OURS, verdicts=found(WorkerFinding.SURPLUS, Confidence.LIKELY)),
            False,
        ),
    ],
)
def test_what_may_be_stopped_is_chosen_only_where_that_is_certain(
    row: WorkerRow, selected: bool
) -> None:
    plan = planned(row)
    assert (plan.action, plan.selected) == (PlanAction.STOP, selected)
    assert str(plan.why)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (worker(owner=Owner.OURS), "it is wanted"),
        (worker(owner=Owner.OURS, this_app=False), "another project"),
        (worker(owner=Owner.REMOTE), "another machine"),
        (worker(username="ada"), "user ada"),
        (worker(owner=Owner.EXTERNAL, started_by="celery-tray"), "Another Celery Tray"),
        (worker(keeper=Keeper("supervisor", "mail", 7, 1.0)), "supervisorctl stop mail"),
        (worker(keeper=Keeper("systemd", "mail.service")), "systemctl"),
        (worker(keeper=Keeper("container", "docker")), "container"),
    ],
)
def test_what_is_somebody_elses_is_left_and_it_is_said_whose(row: WorkerRow, why: str) -> None:
    plan = planned(row, wanted=True)
    assert (plan.action, plan.selected) == (PlanAction.LEAVE, False)
    assert why in str(plan.why)


def test_a_duplicate_of_ours_that_is_wanted_is_never_chosen() -> None:
    row = worker(owner=Owner.OURS, verdicts=found(WorkerFinding.DUPLICATE))
    assert planned(row, wanted=True).action is PlanAction.LEAVE


def test_the_loss_by_force_is_told_task_by_task() -> None:
    early = HeldTask("1", "report.build", started_at=NOW - 120, acknowledged=True)
    late = HeldTask("2", "mail.send", acknowledged=False)
    answer = NodeAnswer("w10@box", 10, tasks=(early, late), reserved_ids=("a", "b", "c"))
    plan = planned(worker(), answer)
    assert plan.tasks == (early, late)
    assert str(plan.outcome) == "Finishes 2 tasks first. Gives back 3 waiting ones."
    assert "report.build (2 min so far) is acknowledged early: it would be lost" in str(
        plan.outcome_of_force
    )
    assert "mail.send would run again" in str(plan.outcome_of_force)


def test_what_was_not_asked_is_unknown_and_not_safe() -> None:
    plan = planned(worker())
    assert plan.tasks is None
    assert "unknown" in str(plan.outcome)
    assert "could be lost" in str(plan.outcome_of_force)


def test_a_pool_process_is_not_counted_beside_its_worker() -> None:
    main, child = worker(10, children=(11,)), worker(11)
    assert [row.worker.pid for row in make_plan([main, child], {}, [], NOW)] == [10]


def test_the_plan_begins_with_what_is_selected() -> None:
    rows = [worker(1, Owner.OURS), worker(2, Owner.EXTERNAL), worker(3), worker(4, this_app=False)]
    assert [row.worker.pid for row in make_plan(rows, {}, [], NOW)] == [3, 2, 4, 1]


def test_picks_are_known_by_pid_and_create_time() -> None:
    plan = make_plan([worker(1), worker(2)], {}, [], NOW)
    assert [row.worker.pid for row in chosen(plan, [Pick(1, 100.0)], all_of_app=False)] == [1]
    assert chosen(plan, [Pick(1, 900.0)], all_of_app=False) == ()
    assert chosen(plan, [], all_of_app=True) == ()


def test_all_takes_external_workers_of_this_app_alone() -> None:
    rows = [worker(1, Owner.EXTERNAL), worker(2, Owner.EXTERNAL, this_app=False), worker(3)]
    plan = make_plan(rows, {}, [], NOW)
    assert {row.worker.pid for row in chosen(plan, None, all_of_app=True)} == {1, 3}
    assert {row.worker.pid for row in chosen(plan, None, all_of_app=False)} == {3}
