"""What a person is told about a stack, and how its services count as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.engine.model import Problem, ServiceStatus, Verdict, WorkerRow
from desktop.engine.stack_findings import stack_findings, stack_state
from desktop.engine.states import (
    Confidence,
    Owner,
    Role,
    ServiceKind,
    ServiceState,
    Severity,
    StackState,
    WorkerFinding,
)
from desktop.engine.worker_findings import worker_findings
from desktop.words import verbatim

RUNNING, STOPPED, FAILED = ServiceState.RUNNING, ServiceState.STOPPED, ServiceState.FAILED
EXTERNAL, STARTING = ServiceState.EXTERNAL, ServiceState.STARTING


def service(state: ServiceState, name: str = "web", **more: object) -> ServiceStatus:
    return ServiceStatus(name, ServiceKind.WEB, state, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        ((), StackState.STOPPED),
        ((STOPPED, STOPPED), StackState.STOPPED),
        ((EXTERNAL, STOPPED), StackState.STOPPED),
        ((EXTERNAL, RUNNING), StackState.RUNNING),
        ((RUNNING, RUNNING), StackState.RUNNING),
        ((RUNNING, STOPPED), StackState.PARTIAL),
        ((RUNNING, STARTING), StackState.PARTIAL),
        ((RUNNING, FAILED), StackState.FAILED),
    ],
)
def test_the_services_as_one(states: tuple[ServiceState, ...], whole: StackState) -> None:
    assert stack_state(service(state) for state in states) is whole


def test_a_service_that_is_no_part_of_start_all_does_not_count() -> None:
    flower = service(STOPPED, "flower", enabled=False)
    assert stack_state((service(RUNNING), flower)) is StackState.RUNNING


def test_the_gravest_come_first_and_each_says_what_to_do() -> None:
    problem = Problem("x", verbatim("It fails."), verbatim("Why."), verbatim("Do this."))
    other = WorkerRow(7, 1.0, Role.WORKER, Owner.EXTERNAL)
    found = stack_findings(
        (service(FAILED, error=problem),), {"redis": problem}, (other,), (Path("r.broken-1"),)
    )
    assert [one.id for one in found] == [
        "service-failed-web",
        "redis-x",
        "record-broken",
        "other-workers",
    ]
    assert found[0].severity is Severity.CRITICAL
    assert found[-1].pids == (7,)
    assert all(str(one.title) and str(one.fix) for one in found)


def judged(
    pid: int,
    finding: WorkerFinding | None = None,
    confidence: Confidence = Confidence.CERTAIN,
    owner: Owner = Owner.OURS,
) -> WorkerRow:
    said = (Verdict(finding, confidence, verbatim(f"seen at {pid}")),) if finding else ()
    return WorkerRow(pid, 1.0, Role.WORKER, owner, node=f"w{pid}@h", verdicts=said)


@pytest.mark.parametrize("finding", list(WorkerFinding))
def test_every_finding_of_a_worker_is_told_with_its_evidence(finding: WorkerFinding) -> None:
    (told,) = worker_findings([judged(7, finding), judged(8)])
    assert told.pids == (7,)
    assert "w7@h (process 7): seen at 7" in str(told.detail)
    assert str(told.title).startswith("1 ")
    assert "celery-tray" in str(told.fix) or finding is WorkerFinding.CROSSTALK
    assert worker_findings([judged(7, finding, Confidence.UNKNOWN)]) == ()


def test_many_are_told_as_one_and_counted() -> None:
    rows = [judged(pid, WorkerFinding.DUPLICATE) for pid in range(1, 7)]
    (told,) = worker_findings(rows)
    assert (told.id, told.pids) == ("duplicate-workers", (1, 2, 3, 4, 5, 6))
    assert str(told.detail).endswith("w3@h (process 3): seen at 3 and 3 more")


def test_an_external_worker_is_an_other_one_unless_it_is_one_too_many() -> None:
    rows = [
        judged(1, owner=Owner.EXTERNAL),
        judged(2, WorkerFinding.DUPLICATE, owner=Owner.EXTERNAL),
        judged(3, owner=Owner.ORPHAN),
    ]
    told = {one.id: one.pids for one in worker_findings(rows)}
    assert told == {"duplicate-workers": (2,), "orphaned-workers": (3,), "other-workers": (1,)}


def test_what_is_only_likely_is_not_critical() -> None:
    severities = [
        worker_findings([judged(1, WorkerFinding.CROSSTALK, confidence)])[0].severity
        for confidence in (Confidence.CERTAIN, Confidence.LIKELY)
    ]
    assert severities == [Severity.CRITICAL, Severity.WARNING]
