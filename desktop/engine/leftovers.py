"""Which of a stack's Celery processes are left over: one rule for tray, badge and notices. Pure."""

from __future__ import annotations

from desktop.engine.cleanup.plan import selected
from desktop.engine.model import ServiceStatus, StackStatus, Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, WorkerFinding

SAME_S = 1.5
"""What psutil reads as the create time of one process can be up to a second apart (measured)."""


def leftovers(stack: StackStatus | None) -> tuple[WorkerRow, ...]:
    """Those that a cleanup would stop without asking, by the plan's own rule."""
    if stack is None:
        return ()
    wanted = [
        (one.pid, one.create_time)
        for one in stack.services
        if one.wanted and one.pid is not None and one.create_time is not None
    ]
    return selected((row for row in stack.workers if _here(row)), wanted)


def intruders(stack: StackStatus) -> tuple[WorkerRow, ...]:
    """Workers of this app that are orphaned, or that somebody else runs beside ours as one too
    many. A person wants to know when one appears."""
    return tuple(
        row
        for row in stack.workers
        if _here(row)
        and (
            row.owner is Owner.ORPHAN
            or (row.owner is Owner.EXTERNAL and WorkerFinding.DUPLICATE in row.findings)
        )
    )


def worker_of(stack: StackStatus | None, service: ServiceStatus) -> WorkerRow | None:
    """What the census knows of the process that a service runs."""
    for row in stack.workers if stack else ():
        same = row.pid == service.pid and row.owner is not Owner.REMOTE
        if same and abs(row.create_time - (service.create_time or row.create_time)) < SAME_S:
            return row
    return None


def stale_code(stack: StackStatus | None, service: ServiceStatus) -> Verdict | None:
    """Why a service should be restarted on new code; None when nothing was found."""
    row = worker_of(stack, service)
    for verdict in row.verdicts if row else ():
        known = verdict.confidence is not Confidence.UNKNOWN
        if known and verdict.finding is WorkerFinding.STALE_CODE:
            return verdict
    return None


def _here(row: WorkerRow) -> bool:
    return row.this_app and row.owner is not Owner.REMOTE and row.pid > 0
