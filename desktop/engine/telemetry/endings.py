"""How a run of a task begins and ends, as its events tell it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import msgspec

from desktop.engine.iso_time import instant
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.engine.telemetry.record import NEVER, RANK, Record, Run, describe, own
from desktop.engine.telemetry.wire import Event

ENDS: dict[str, TaskState] = {
    "task-succeeded": TaskState.SUCCESS,
    "task-failed": TaskState.FAILURE,
    "task-retried": TaskState.RETRY,
    "task-revoked": TaskState.REVOKED,
    "task-rejected": TaskState.REJECTED,
    # Celery 5.6: a lost connection took it from the worker; its message is delivered again.
    "task-cancelled": TaskState.RETRY,
}


_UNREGISTERED = re.compile(r"NotRegistered\((['\"].*['\"]),?\)")
"""How a worker's consumer tells of a task that it does not know (``on_unknown_task``)."""

NO_EXCEPTION = "None"
"""What Celery tells of a retry that no exception caused (``repr(reason.exc)``)."""


def unknown_name(exception: str) -> str:
    """The name of a task that its worker did not know, which that exception alone tells: such a
    task is never told as received. "" of any other exception."""
    found = _UNREGISTERED.fullmatch(exception)
    if found is None:
        return ""
    try:
        name = ast.literal_eval(found[1])
    except (ValueError, SyntaxError):
        return ""
    return name if isinstance(name, str) else ""


def receive(record: Record, event: Event, place: float) -> None:
    """The present run is received by the process of ``event``."""
    record.worker, record.worker_pid = event.hostname, event.pid
    record.answered = False
    record.r = place
    record.received_at = event.timestamp or None
    describe(record, event)
    if event.retries:
        record.retries = event.retries
    if event.eta or record.more.eta:
        own(record).eta = instant(event.eta)
    if event.expires:
        own(record).expires_at = instant(event.expires)
    if record.s < 0.0 and record.e < 0.0:
        record.state = TaskState.RECEIVED


def begin(record: Record, event: Event, place: float) -> None:
    """The present run is started by the process of ``event``."""
    record.worker, record.worker_pid = event.hostname, event.pid
    record.answered = False
    record.s = place
    record.started_at = event.timestamp or None
    record.starts += 1
    if record.e < 0.0:
        record.state = TaskState.STARTED


def end(record: Record, event: Event, state: TaskState, place: float) -> None:
    """The present run ends in ``state``."""
    record.worker, record.worker_pid = event.hostname, event.pid
    record.e = place
    record.state = state
    more = own(record)
    more.ended_at = event.timestamp or None
    more.doubt = ""
    if event.exception and event.exception != NO_EXCEPTION:
        more.exception = event.exception
        record.name = record.name or unknown_name(event.exception)
    if event.traceback:
        more.traceback = event.traceback
    # A rejected message that goes back to its queue comes again, and so does a retried task.
    record.final = not (
        state is TaskState.RETRY or (state is TaskState.REJECTED and event.requeue is True)
    )
    if not record.final:
        return
    if event.result is not None:
        more.result = event.result
    if event.runtime is not None:
        more.runtime_s = event.runtime
    elif state is TaskState.FAILURE:
        more.runtime_s = _runtime(record.started_at, more.ended_at)
    if state is TaskState.REVOKED:
        more.revoked_why = "terminated" if event.terminated else "expired" if event.expired else ""


def settle(record: Record, task: Task) -> None:
    """The present run has ended as its result tells."""
    record.state = task.state
    record.name = record.name or task.name
    record.args, record.kwargs = record.args or task.args, record.kwargs or task.kwargs
    record.e = max(record.r, record.s, 0.0)
    record.final = True
    more = own(record)
    more.result, more.exception, more.traceback = task.result, task.exception, task.traceback
    more.ended_at, more.revoked_why = task.finished_at, task.revoked_why
    more.settled = True


# --- runs as values -------------------------------------------------------------------------------


def present(record: Record) -> Run:
    """The present run of ``record``, by itself."""
    more = record.more
    return Run(
        node=record.worker,
        pid=record.worker_pid,
        state=record.state,
        r=record.r,
        s=record.s,
        e=record.e,
        at=record.at,
        received_at=record.received_at,
        started_at=record.started_at,
        ended_at=more.ended_at,
        final=record.final,
        retries=record.retries if record.r > 0.0 else None,
        eta=more.eta,
        result=more.result,
        exception=more.exception,
        traceback=more.traceback,
        runtime_s=more.runtime_s,
        revoked_why=more.revoked_why,
    )


def make_present(record: Record, run: Run) -> None:
    """``run`` is the present one of ``record`` from now on."""
    record.worker, record.worker_pid = run.node, run.pid
    record.state, record.final = run.state, run.final
    record.r, record.s, record.e = run.r, run.s, run.e
    record.received_at, record.started_at = run.received_at, run.started_at
    record.retries = run.retries or 0
    more = own(record)
    more.ended_at, more.eta = run.ended_at, run.eta
    more.result, more.runtime_s = run.result, run.runtime_s
    more.exception, more.traceback = run.exception, run.traceback
    more.revoked_why = run.revoked_why
    more.settled, more.doubt = False, ""


def fill(run: Run, event: Event, state: TaskState, place: float) -> None:
    """What one event tells of its run."""
    record = Record("")
    if state is TaskState.RECEIVED:
        receive(record, event, place)
    elif state is TaskState.STARTED:
        begin(record, event, place)
    else:
        end(record, event, state, place)
    join(run, present(record))


def join(run: Run, part: Run) -> None:
    """``part`` comes behind ``run`` and is of the same."""
    run.at = max(run.at, part.at)
    if part.r >= 0.0:
        run.r, run.received_at = part.r, part.received_at
        run.retries, run.eta = part.retries, part.eta
    if part.s >= 0.0:
        run.s, run.started_at = part.s, part.started_at
    if part.e >= 0.0 and (run.e < 0.0 or RANK[part.state] > RANK[run.state]):
        run.e, run.ended_at, run.final = part.e, part.ended_at, part.final
        run.result, run.revoked_why = part.result, part.revoked_why
        run.exception, run.traceback = part.exception, part.traceback
        run.runtime_s = part.runtime_s
        run.state = part.state
    if run.e < 0.0:
        run.state = TaskState.STARTED if run.s >= 0.0 else TaskState.RECEIVED
    elif run.state is TaskState.FAILURE and run.runtime_s is None:
        run.runtime_s = _runtime(run.started_at, run.ended_at)


def parts(run: Run) -> Iterator[Run]:
    """What each of its events told."""
    if run.r >= 0.0:
        yield Run(
            run.node, run.pid, r=run.r, at=run.received_at or 0.0, received_at=run.received_at,
            retries=run.retries, eta=run.eta,
        )  # fmt: skip
    if run.s >= 0.0:
        yield Run(
            run.node, run.pid, TaskState.STARTED, s=run.s, at=run.started_at or 0.0,
            started_at=run.started_at,
        )  # fmt: skip
    if run.e >= 0.0:
        yield msgspec.structs.replace(
            run, r=NEVER, s=NEVER, received_at=None, started_at=None, retries=None, eta=None,
            at=run.ended_at or 0.0,
        )  # fmt: skip


def _runtime(started_at: float | None, ended_at: float | None) -> float | None:
    """Celery tells the runtime of successes alone."""
    return max(0.0, ended_at - started_at) if started_at and ended_at else None
