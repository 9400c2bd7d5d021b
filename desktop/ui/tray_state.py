"""What the tray shows of a stack, as a value. No Qt."""

from __future__ import annotations

from enum import StrEnum

from desktop.engine.leftovers import leftovers
from desktop.engine.model import Finding, ServiceStatus, StackStatus
from desktop.engine.states import ALIVE, UP, ServiceState, Severity
from desktop.ui.phrases import service_title
from desktop.ui.view import STARTABLE, STOPPABLE
from desktop.words import tr, trn

_WORST_FIRST = (Severity.CRITICAL, Severity.WARNING)


class TrayState(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    """Something starts or stops, or the engine is not there yet."""
    RUNNING = "running"
    ATTENTION = "attention"
    FAILED = "failed"


def tray_state(stack: StackStatus | None) -> TrayState:
    """The icon's state; the worst thing wins. None: no engine can be reached (yet)."""
    if stack is None:
        return TrayState.STARTING
    states = {one.state for one in _services(stack)}
    if stack.problem or ServiceState.FAILED in states:
        return TrayState.FAILED
    if ServiceState.BACKOFF in states or pressing(stack) or leftovers(stack):
        return TrayState.ATTENTION
    if states & {ServiceState.STARTING, ServiceState.STOPPING}:
        return TrayState.STARTING
    if ServiceState.RUNNING in states:
        return TrayState.RUNNING
    return TrayState.STOPPED


def _services(stack: StackStatus) -> tuple[ServiceStatus, ...]:
    """What a worker was before, or will be, while it is taken over is no service more."""
    return tuple(one for one in stack.services if not one.of)


def pressing(stack: StackStatus | None) -> Finding | None:
    """The worst finding that needs a look."""
    findings = stack.findings if stack else ()
    found = (one for severity in _WORST_FIRST for one in findings if one.severity is severity)
    return next(found, None)


def can_start(stack: StackStatus | None) -> bool:
    """Whether "Start all" would do anything."""
    return stack is not None and any(s.enabled and s.state in STARTABLE for s in stack.services)


def can_stop(stack: StackStatus | None) -> bool:
    """Whether "Stop all" would do anything."""
    return stack is not None and any(s.state in STOPPABLE for s in stack.services)


def sentence(stack: StackStatus | None) -> str:
    """The state in one line, for the menu and the tooltip."""
    if stack is None:
        return tr("Connecting to the engine…")
    name = stack.name
    if stack.problem:
        return tr("{name} · the configuration can't be used", name=name)
    services = _services(stack)
    states = {one.state for one in services}
    expected = [one for one in services if one.enabled or one.wanted]
    up = sum(one.state in UP for one in expected)
    failed = [one for one in services if one.state is ServiceState.FAILED]
    if failed and len(failed) == 1:
        said = tr("{name} · {service} failed", name=name, service=service_title(failed[0]))
    elif failed:
        said = trn(
            "{name} · {n} service failed", "{name} · {n} services failed", len(failed), name=name
        )
    elif ServiceState.STOPPING in states:
        said = tr("{name} · stopping", name=name)
    elif not states & (ALIVE | UP | {ServiceState.BACKOFF}):
        said = tr("{name} · stopped", name=name)
    else:
        said = trn(
            "{name} · {running} of {n} service running",
            "{name} · {running} of {n} services running",
            len(expected),
            name=name,
            running=up,
        )
    return said
