"""Eighty forgotten workers, as in the guide's worst day, and what is to stay among them."""

from __future__ import annotations

import os
import subprocess

import psutil
import pytest

from desktop.engine.commands import Cleanup, CleanupPlan, CleanupReport, PlanCleanup
from desktop.engine.states import CleanupStep, Owner, WorkerFinding
from tests.live.conftest import Stack, until
from tests.live.orphans import answering, gone, orphans, worker

EIGHTY = 80


@pytest.mark.timeout(400)
def test_eighty_forgotten_workers_are_cleaned_up_and_no_other_is_touched(stack: Stack) -> None:
    stack.start("worker1")
    wanted = stack.service("worker1")
    assert wanted.pid
    names = [f"old{n}" for n in range(EIGHTY)]
    environment = {**os.environ, "CELERY_BROKER_URL": stack.redis_url}
    theirs = [
        subprocess.Popen(worker(name), cwd=stack.folder, env=environment, stderr=subprocess.DEVNULL)
        for name in ("theirs1", "theirs2")
    ]
    try:
        with orphans(stack, names) as pids:
            answering(stack, [*names, "theirs1", "theirs2"], timeout_s=240)
            _clean(stack, wanted.pid, pids, [one.pid for one in theirs])
        assert [one.poll() for one in theirs] == [None, None]
        until(lambda: stack.service("worker1").pid == wanted.pid)
        assert psutil.Process(wanted.pid).create_time() == wanted.create_time
    finally:
        for one in theirs:
            one.kill()
            one.wait()


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
    assert all(gone(pid) for pid in pids)
    assert CleanupStep.STOPPED in steps
