"""Two projects under one engine know each other's workers, and leave them alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.engine.commands import Census, CensusReport, Existing
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner
from tests.live.conftest import Stack


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Stack, Stack]]:
    first, second = Stack(tmp_path / "a"), Stack(tmp_path / "b")
    second.home = first.home
    yield first, second
    with second.client() as client:
        assert client.snapshot()
    second.stop(force=True)
    first.end()
    assert second.left_over() == []


def rows(stack: Stack) -> dict[int, WorkerRow]:
    with stack.client() as client:
        report = client.submit(Census(stack.project))
    assert isinstance(report, CensusReport)
    return {row.pid: row for row in report.workers}


def test_the_other_s_worker_is_ours_and_stays(pair: tuple[Stack, Stack]) -> None:
    first, second = pair
    first.start("worker1")
    report = second.start("worker1")
    assert (report.failed, report.existing) == ((), ()), "another broker: nothing in common"
    pids = {stack.service("worker1").pid for stack in pair}
    seen = rows(first)
    assert {seen[pid or 0].owner for pid in pids} == {Owner.OURS}
    second.stop()
    assert first.service("worker1").pid in pids


def test_workers_of_one_app_on_one_broker_are_found_whoever_s_project_they_are(
    pair: tuple[Stack, Stack],
) -> None:
    first, second = pair
    second.redis_url = first.redis_url
    second.configure()
    first.start("worker1")
    pid = first.service("worker1").pid
    for choice in (Existing.REFUSE, Existing.REPLACE):
        report = second.start("worker1", existing=choice)
        assert [row.pid for row in report.existing] == [pid], choice
        assert report.ready == ()
    assert first.service("worker1").pid == pid
    assert second.start("worker1", existing=Existing.KEEP).failed == ()
    assert first.service("worker1").pid == pid
