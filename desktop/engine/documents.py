"""The JSON documents that scripts read: one shape for ``--json`` and for the monitor's API.

Pure: values in, plain ``dict`` out. Fields may be added; none may change its name or meaning.
Instants are seconds since the epoch, durations seconds, sizes bytes. Words come out in the
present language of the process that asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from desktop.engine.cleanup_documents import (
    lost_document,
    progress_document,
    stranded_document,
)
from desktop.engine.leftovers import leftovers
from desktop.engine.model import (
    ActiveTask,
    EngineInfo,
    Finding,
    Keeper,
    Machine,
    Problem,
    Queue,
    ServiceStatus,
    StackStatus,
    TaskCounts,
    TelemetryStatus,
    WorkerRow,
)
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import ALIVE

if TYPE_CHECKING:
    from desktop.engine.commands import RunAgainReport

Document = dict[str, Any]


def status_document(snapshot: Snapshot | None, stack: StackStatus, now: float) -> Document:
    """All of one stack. ``snapshot`` is None when no engine runs: then ``engine`` and ``machine``
    are null and ``stack`` tells what records and process table gave. ``leftovers`` are pids of what
    a cleanup would stop without asking."""
    return {
        "engine": None if snapshot is None else _engine(snapshot.engine, now),
        "stack": {
            "id": stack.id,
            "name": stack.name,
            "project": stack.project,
            "app": stack.app,
            "state": stack.state.value,
            "broker": stack.broker,
            "problem": problem_document(stack.problem),
            "history_mark": stack.history_mark,
        },
        "services": [service_document(service, now) for service in stack.services],
        "workers": workers_document(stack.workers, now)["workers"],
        "tasks": _counts(stack.tasks),
        "telemetry": _telemetry(stack.telemetry),
        "active": [_active(task, now) for task in stack.active],
        "queues": queues_document(stack.queues)["queues"],
        "findings": [finding_document(finding) for finding in stack.findings],
        "leftovers": [row.pid for row in leftovers(stack)],
        "cleanup": progress_document(stack.cleanup),
        "lost": [lost_document(task) for task in stack.lost],
        "stranded": stranded_document(stack.stranded),
        "machine": _machine(snapshot.machine) if snapshot else None,
    }


def workers_document(rows: Iterable[WorkerRow], now: float) -> Document:
    """Celery processes, classified: ``{"workers": [...]}``. ``username`` is null where it is the
    person's own, ``keeper`` where nothing would start it again."""
    return {"workers": [_worker(row, now) for row in rows]}


def queues_document(queues: Iterable[Queue]) -> Document:
    """``{"queues": [...]}``; ``consumers`` is null while nobody was asked."""
    return {
        "queues": [
            {
                "name": queue.name,
                "depth": queue.depth,
                "consumers": queue.consumers,
                "unacked": queue.unacked,
            }
            for queue in queues
        ]
    }


def run_again_document(report: RunAgainReport) -> Document:
    return {
        "sent": [lost_document(task) for task in report.sent],
        "failed": [
            {"id": one.service, "error": problem_document(one.problem)} for one in report.failed
        ],
    }


def service_document(service: ServiceStatus, now: float) -> Document:
    """One service; ``uptime_s`` is null while it has no process of ours."""
    up = service.started_at is not None and service.state in ALIVE
    return {
        "name": service.name,
        "kind": service.kind.value,
        "state": service.state.value,
        "pid": service.pid,
        "create_time": service.create_time,
        "uptime_s": _since(service.started_at, now) if up else None,
        "cpu_percent": service.cpu_percent,
        "rss_bytes": service.rss_bytes,
        "url": service.url,
        "restarts": service.restarts,
        "error": problem_document(service.error),
        "enabled": service.enabled,
        "wanted": service.wanted,
        "started_at": service.started_at,
        "processes": service.processes,
        "node": service.node,
        "of": service.of,
        "detail": str(service.detail),
        "note": None if service.note is None else str(service.note),
        "log_path": service.log_path,
    }


def problem_document(problem: Problem | None) -> Document | None:
    """What went wrong, in words; null when nothing did."""
    if problem is None:
        return None
    return {
        "code": problem.code,
        "title": str(problem.title),
        "message": str(problem.message),
        "next_step": str(problem.next_step),
        "log": list(problem.log),
    }


def finding_document(finding: Finding) -> Document:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "title": str(finding.title),
        "detail": str(finding.detail),
        "fix": str(finding.fix),
        "pids": list(finding.pids),
    }


def _engine(engine: EngineInfo, now: float) -> Document:
    return {
        "pid": engine.pid,
        "uptime_s": _since(engine.started_at, now),
        "version": engine.version,
        "started_at": engine.started_at,
    }


def _worker(row: WorkerRow, now: float) -> Document:
    return {
        "pid": row.pid,
        "create_time": row.create_time,
        "role": row.role.value,
        "node": row.node,
        "app": row.app,
        "queues": list(row.queues),
        "pool": row.pool,
        "concurrency": row.concurrency,
        "children": list(row.children),
        "cwd": row.cwd,
        "python": row.python,
        "broker": row.broker,
        "owner": row.owner.value,
        "findings": [finding.value for finding in row.findings],
        "verdicts": [
            {
                "finding": verdict.finding.value,
                "confidence": verdict.confidence.value,
                "evidence": str(verdict.evidence),
            }
            for verdict in row.verdicts
        ],
        "why": [str(reason) for reason in (*row.why, *(v.evidence for v in row.verdicts))],
        "started_by": row.started_by,
        "age_s": _since(row.create_time, now) if row.create_time else None,
        "rss_bytes": row.rss_bytes,
        "active": row.active,
        "reserved": row.reserved,
        "total": row.total,
        "command": row.command,
        "this_app": row.this_app,
        "username": row.username or None,
        "keeper": row.keeper and _keeper(row.keeper),
        "loaded_at": row.loaded_at,
    }


def _keeper(keeper: Keeper) -> Document:
    return {
        "kind": keeper.kind,
        "name": keeper.name,
        "pid": keeper.pid or None,
        "create_time": keeper.create_time or None,
    }


def _counts(tasks: TaskCounts) -> Document:
    return {
        "received": tasks.received,
        "active": tasks.active,
        "succeeded": tasks.succeeded,
        "failed": tasks.failed,
        "retried": tasks.retried,
        "revoked": tasks.revoked,
    }


def _telemetry(status: TelemetryStatus) -> Document:
    return {
        "connected": status.connected,
        "since": status.since,
        "events_per_s": status.events_per_s,
        "missed": status.missed,
        "silent": list(status.silent),
    }


def _active(task: ActiveTask, now: float) -> Document:
    return {
        "id": task.id,
        "name": task.name,
        "worker": task.worker,
        "state": task.state.value,
        "received_at": task.received_at,
        "started_at": task.started_at,
        "runtime_s": None if task.started_at is None else _since(task.started_at, now),
        "args": task.args,
        "kwargs": task.kwargs,
    }


def _machine(machine: Machine) -> Document:
    return {
        "cpu_percent": machine.cpu_percent,
        "memory_percent": machine.memory_percent,
        "memory_bytes": machine.memory_bytes,
        "disk_free_bytes": machine.disk_free_bytes,
        "cores": machine.cores,
    }


def _since(instant: float | None, now: float) -> float:
    # A clock that was set back must not give a negative duration.
    return 0.0 if instant is None else round(max(0.0, now - instant), 3)
