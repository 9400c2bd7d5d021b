"""What a person is told about a stack, and how its services count as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.engine.model import Problem, ServiceStatus, WorkerRow
from desktop.engine.stack_findings import stack_findings, stack_state
from desktop.engine.states import Owner, Role, ServiceKind, ServiceState, Severity, StackState
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
