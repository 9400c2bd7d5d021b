"""Eighty forgotten workers, orphans and duplicates: found, planned, cleaned; no other touched."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from desktop.engine.commands import Cleanup, CleanupPlan, CleanupReport, PlanCleanup
from desktop.engine.states import Owner
from tests.leftovers import Leftovers
from tests.live.conftest import Stack

PILED_UP = 80
NODES = 40
"""So many node names for them: each runs twice."""


@pytest.fixture
def leftovers(stack: Stack) -> Iterator[Leftovers]:
    stack.start("redis", "worker1")
    made = Leftovers(stack.folder, "web.celery_app", {"CELERY_BROKER_URL": stack.redis_url})
    yield made
    made.end()


@pytest.mark.timeout(300)
def test_eighty_forgotten_workers_are_cleaned_up(stack: Stack, leftovers: Leftovers) -> None:
    wanted = stack.service("worker1").pid
    externals = [leftovers.external("theirs"), leftovers.external("n0")]
    orphans = leftovers.orphans([f"n{number % NODES}" for number in range(PILED_UP)])
    assert len({one.pid for one in orphans}) == PILED_UP

    with stack.client() as client:
        plan = client.submit(PlanCleanup(stack.project))
        assert isinstance(plan, CleanupPlan)
        chosen = {row.worker.pid for row in plan.rows if row.selected}
        assert chosen == {one.pid for one in orphans}
        report = client.submit(Cleanup(stack.project))
        assert isinstance(report, CleanupReport)

    assert set(report.stopped) == chosen and report.left == ()
    assert stack.service("worker1").pid == wanted
    left = {one.pid for one in leftovers.running()}
    assert left == {one.pid for one in externals}
    assert all(one.status() != psutil.STATUS_ZOMBIE for one in externals)
    workers = {row.pid: row.owner for row in stack.status().workers}
    assert workers == {
        wanted: Owner.OURS,
        **{one.pid: Owner.EXTERNAL for one in externals},
    }
