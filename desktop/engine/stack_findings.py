"""What a person should know about a stack, from what is known of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from desktop.engine.model import Finding, Problem, ServiceStatus, WorkerRow
from desktop.engine.states import UP, ServiceState, Severity, StackState
from desktop.engine.worker_findings import worker_findings
from desktop.words import Text, text, verbatim


def stack_state(services: Iterable[ServiceStatus]) -> StackState:
    """All services as one: running when everything that belongs to "start all" is up."""
    services = tuple(services)
    ours = [one for one in services if one.state is not ServiceState.EXTERNAL]
    if all(one.state is ServiceState.STOPPED for one in ours):
        return StackState.STOPPED
    if any(one.state is ServiceState.FAILED for one in ours):
        return StackState.FAILED
    expected = [one for one in services if one.enabled or one.wanted]
    return StackState.RUNNING if all(one.state in UP for one in expected) else StackState.PARTIAL


def stack_findings(
    services: Iterable[ServiceStatus],
    warnings: Mapping[str, Problem],
    workers: Sequence[WorkerRow],
    broken_records: Iterable[Path],
) -> tuple[Finding, ...]:
    """The findings, the gravest kind first. ``warnings`` are those of services that are up,
    ``workers`` the Celery processes of the stack's app."""
    failed = (
        service_failed(one.name, one.error)
        for one in services
        if one.state is ServiceState.FAILED and one.error
    )
    warned = (service_warns(name, problem) for name, problem in warnings.items())
    return (*failed, *warned, *map(broken_record, broken_records), *worker_findings(workers))


def service_failed(name: str, problem: Problem) -> Finding:
    return Finding(
        id=f"service-failed-{name}",
        severity=Severity.CRITICAL,
        title=problem.title,
        detail=problem.message,
        fix=problem.next_step,
    )


def service_warns(name: str, problem: Problem) -> Finding:
    return Finding(
        id=f"{name}-{problem.code}",
        severity=Severity.WARNING,
        title=problem.title,
        detail=problem.message,
        fix=problem.next_step,
    )


def code_not_taken_up(problem: Problem) -> Finding:
    """A change of the code that does not import (``autoreload``)."""
    return Finding(
        id="code-does-not-import",
        severity=Severity.WARNING,
        title=text("The changed code does not import."),
        detail=_with_log(problem),
        fix=text("The workers go on with the code they have, until the next change that imports."),
    )


def not_taken_over(name: str, problem: Problem) -> Finding:
    """A restart whose fresh process failed."""
    return Finding(
        id=f"not-restarted-{name}",
        severity=Severity.WARNING,
        title=text("{service} was not restarted: it goes on as it was.", service=name),
        detail=_joined(problem.title, " ", _with_log(problem)),
        fix=problem.next_step,
    )


def _with_log(problem: Problem) -> Text:
    """What happened, with the last lines of the log or the traceback."""
    if not problem.log:
        return problem.message
    return _joined(problem.message, "\n", verbatim("\n".join(problem.log)))


def _joined(first: Text, between: str, second: Text) -> Text:
    return Text("{first}{between}{second}", {"first": first, "between": between, "second": second})


def broken_record(path: Path) -> Finding:
    return Finding(
        id="record-broken",
        severity=Severity.WARNING,
        title=text("A record of a started service can't be read."),
        detail=text("It was set aside as {path}.", path=str(path)),
        fix=text(
            "See with celery-tray workers whether that service still runs; then delete the file."
        ),
    )
