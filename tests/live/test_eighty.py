"""Eighty forgotten workers, as in the guide's worst day, and what is to stay among them."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from desktop.engine.commands import Cleanup, CleanupPlan, CleanupReport, PlanCleanup
from desktop.engine.states import CleanupStep, Owner, WorkerFinding
from tests.leftovers import Leftovers
from tests.live.conftest import Stack, until

EIGHTY = 80


@pytest.fixture
def leftovers(stack: Stack) -> Iterator[Leftovers]:
    found = Leftovers(stack.folder, "web.celery_app", {"CELERY_BROKER_URL": stack.redis_url})
    yield found
    found.end()


@pytest.mark.alone
@pytest.mark.timeout(400)
def test_eighty_forgotten_workers_are_cleaned_up_and_no_other_is_touched(
    stack: Stack, leftovers: Leftovers
) -> None:
    stack.start("worker1")
    wanted = stack.service("worker1")
    assert wanted.pid
    theirs = [leftovers.external(name) for name in ("theirs1", "theirs2")]
    orphans = leftovers.orphans([f"old{n}" for n in range(EIGHTY)])
    assert len(orphans) == EIGHTY
    _clean(stack, wanted.pid, [one.pid for one in orphans], [one.pid for one in theirs])
    assert not any(_runs(one) for one in orphans)
    assert all(_runs(one) for one in theirs)
    until(lambda: stack.service("worker1").pid == wanted.pid)
    assert psutil.Process(wanted.pid).create_time() == wanted.create_time


def _runs(process: psutil.Process) -> bool:
    """Not ended, reaped or not."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _clean(stack: Stack, wanted: int, pids: list[int], theirs: list[int]) -> None:
    with stack.client() as client:
        plan = client.submit(PlanCleanup(stack.project))
        assert isinstance(plan, CleanupPlan)
        rows = {row.worker.pid: row for row in plan.rows}
        assert {row.worker.pid for row in plan.rows if row.selected} == set(pids)
        assert all(rows[pid].worker.owner is Owner.ORPHAN for pid in pids)
        assert all(WorkerFinding.DUPLICATE in rows[pid].worker.findings for pid in pids)
        assert not any(rows[pid].selected for pid in (wanted, *theirs))
        steps: set[CleanupStep] = set()
        report = client.submit(
            Cleanup(stack.project),
            lambda seen: steps.update(
                item.step
                for one in seen.stacks
                if one.project == stack.project and one.cleanup
                for item in one.cleanup.items
            ),
        )
    assert isinstance(report, CleanupReport)
    assert set(report.stopped) == set(pids)
    assert (report.left, report.lost, report.stranded) == ((), (), None)
    assert CleanupStep.STOPPED in steps
