"""One stack as it is, for the snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from desktop.engine.events_off import events_off
from desktop.engine.model import StackStatus
from desktop.engine.stack_findings import (
    code_not_taken_up,
    not_taken_over,
    stack_findings,
    stack_state,
)
from desktop.engine.task_findings import task_findings
from desktop.engine.urls import masked

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack


def stack_status(stack: LiveStack) -> StackStatus:
    """All that a face may show of it, as one value."""
    services = tuple(one.status() for one in stack.supervisors.values())
    rows = stack.found.present({one.pid for one in services if one.pid})
    warnings = {n: one.warning for n, one in stack.supervisors.items() if one.warning}
    findings = stack_findings(services, warnings, rows, stack.broken_records)
    code = (code_not_taken_up(stack.code.problem),) if stack.code.problem else ()
    kept = tuple(not_taken_over(*one) for one in stack.takeovers.problems.items())
    tasks = task_findings(stack.rescuer.lost, stack.rescuer.stranded)
    silent = events_off(stack.tasks.silent, stack.app.app)
    return StackStatus(
        id=stack.id,
        name=stack.app.title,
        project=stack.project,
        app=stack.app.app,
        broker=masked(stack.broker_url),
        # A successor that starts beside a worker is no service that is not up yet.
        state=stack_state(s for s in services if not (s.of and s.wanted)),
        services=services,
        workers=rows,
        tasks=stack.tasks.counts,
        history_mark=stack.tasks.history.mark,
        active=stack.tasks.active,
        queues=stack.queues.status(rows),
        findings=(
            *(*code, *kept, *findings, *tasks, *((silent,) if silent else ())),
            *(*stack.tasks.history.findings(), *stack.queues.findings()),
            *stack.machine_findings,
        ),
        telemetry=msgspec.structs.replace(stack.tasks.status, silent=stack.tasks.silent),
        cleanup=stack.cleaner.progress,
        lost=stack.rescuer.lost,
        stranded=stack.rescuer.stranded,
        problem=stack.problem,
    )
