"""What the tray shows of a stack, as a value. No Qt."""

from __future__ import annotations

from enum import StrEnum

from desktop.engine.model import StackStatus
from desktop.engine.states import ALIVE, UP, ServiceState, Severity
from desktop.words import tr, trn


class TrayState(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    ATTENTION = "attention"
    FAILED = "failed"


def tray_state(stack: StackStatus | None) -> TrayState:
    """The icon's state; the worst thing wins. None: no engine can be reached."""
    if stack is None:
        return TrayState.STOPPED
    states = {one.state for one in stack.services}
    if stack.problem or ServiceState.FAILED in states:
        return TrayState.FAILED
    if ServiceState.BACKOFF in states or any(
        finding.severity is not Severity.INFO for finding in stack.findings
    ):
        return TrayState.ATTENTION
    if states & {ServiceState.STARTING, ServiceState.STOPPING}:
        return TrayState.STARTING
    if any(one.state is ServiceState.RUNNING for one in stack.services):
        return TrayState.RUNNING
    return TrayState.STOPPED


def can_start(stack: StackStatus | None) -> bool:
    """Whether "Start all" would do anything."""
    return stack is not None and any(
        one.enabled and one.state not in UP | {ServiceState.STARTING} for one in stack.services
    )


def can_stop(stack: StackStatus | None) -> bool:
    """Whether "Stop all" would do anything."""
    return stack is not None and any(
        one.state in ALIVE | {ServiceState.BACKOFF, ServiceState.FAILED} for one in stack.services
    )


def sentence(stack: StackStatus | None) -> str:
    """The state in one line, for the menu and the tooltip."""
    if stack is None:
        return tr("The engine is not running")
    expected = [one for one in stack.services if one.enabled or one.wanted]
    running = sum(one.state in UP for one in expected)
    name = stack.name
    if not any(one.state in ALIVE | UP for one in stack.services):
        return tr("{name} · stopped", name=name)
    return trn(
        "{name} · {running} of {n} service running",
        "{name} · {running} of {n} services running",
        len(expected),
        name=name,
        running=running,
    )
