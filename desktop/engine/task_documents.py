"""The JSON documents about tasks: see :mod:`desktop.engine.documents`, of which they are a part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from desktop.engine.history_commands import TaskDetail, TaskFiguresReport
from desktop.engine.task_model import Attempt, ChartPoint, FailureGroup, Task, TaskNameStatistics

Document = dict[str, Any]


def tasks_document(tasks: Iterable[Task], total: int | None) -> Document:
    """``{"tasks": [...], "total": n}``; null when more match than were counted."""
    return {"tasks": [task_document(task) for task in tasks], "total": total}


def task_document(task: Task) -> Document:
    """One task without its traceback. Texts that are not known are "", instants null."""
    return {
        "id": task.id,
        "name": task.name,
        "state": task.state.value,
        "worker": task.worker,
        "queue": task.queue,
        "args": task.args,
        "kwargs": task.kwargs,
        "result": task.result,
        "exception": task.exception,
        "retries": task.retries,
        "root_id": task.root_id or None,
        "parent_id": task.parent_id or None,
        "sent_at": task.sent_at,
        "received_at": task.received_at,
        "started_at": task.started_at,
        "finished_at": task.finished_at,
        "runtime_s": task.runtime_s,
        "starts": task.starts,
        "worker_pid": task.worker_pid or None,
        "eta": task.eta,
        "expires_at": task.expires_at,
        "revoked_why": task.revoked_why or None,
        "doubt": task.doubt or None,
        "seen_at": task.seen_at,
    }


def task_detail_document(detail: TaskDetail) -> Document:
    """All of one task: as in the list, with traceback, earlier runs, family and log."""
    return {
        "task": {
            **task_document(detail.task),
            "traceback": detail.task.traceback,
            "attempts": [_attempt(one) for one in detail.task.attempts],
        },
        "family": [task_document(one) for one in detail.family],
        "log": list(detail.log),
        "run_again": {"possible": not str(detail.again), "why_not": str(detail.again)},
    }


def figures_document(report: TaskFiguresReport) -> Document:
    """Statistics per name, failures, and points over time."""
    return {
        "names": [name_document(one) for one in report.names],
        "failures": [failure_document(one) for one in report.failures],
        "points": [_point(one) for one in report.points],
    }


def name_document(one: TaskNameStatistics) -> Document:
    return {
        "name": one.name,
        "count": one.count,
        "succeeded": one.succeeded,
        "failed": one.failed,
        "retried": one.retried,
        "revoked": one.revoked,
        "per_minute": one.per_minute,
        "failed_share": one.failed / one.count if one.count else 0.0,
        "runtime_p50_s": one.runtime_p50_s,
        "runtime_p95_s": one.runtime_p95_s,
        "runtime_p99_s": one.runtime_p99_s,
        "wait_p50_s": one.wait_p50_s,
        "wait_p95_s": one.wait_p95_s,
    }


def failure_document(one: FailureGroup) -> Document:
    return {
        "exception": one.exception,
        "place": one.place,
        "count": one.count,
        "succeeded_since": one.succeeded_since,
        "first_at": one.first_at,
        "last_at": one.last_at,
        "names": list(one.names),
        "example_id": one.example_id,
    }


def _attempt(one: Attempt) -> Document:
    return {
        "state": one.state.value,
        "worker": one.worker,
        "worker_pid": one.worker_pid or None,
        "received_at": one.received_at,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "exception": one.exception,
        "traceback": one.traceback,
    }


def _point(one: ChartPoint) -> Document:
    return {
        "at": one.at,
        "finished_per_minute": one.finished,
        "failed_per_minute": one.failed,
        "runtime_p50_s": one.runtime_p50_s,
        "runtime_p95_s": one.runtime_p95_s,
        "wait_p95_s": one.wait_p95_s,
        "depth": one.depth,
    }
