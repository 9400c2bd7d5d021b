"""The JSON documents about queues, schedules and reasons; see :mod:`desktop.engine.documents`."""

from __future__ import annotations

from typing import Any

from desktop.engine.documents import Document, problem_document
from desktop.engine.queue_commands import QueuePeek, QueueReport, QueuesReport, Schedule, WhyReport
from desktop.engine.task_model import (
    QueueDetail,
    QueuedMessage,
    Reason,
    ScheduleEntry,
    Task,
    WaitingTask,
)


def queue_details_document(report: QueuesReport) -> Document:
    """``{"queues": [...]}``: the fields of ``status --json``, and all that is known besides."""
    return {"queues": [_queue(queue) for queue in report.queues]}


def _queue(queue: QueueDetail) -> Document:
    return {
        "name": queue.name,
        "depth": queue.depth,
        "consumers": None if queue.consumers is None else len(queue.consumers),
        "unacked": queue.unacked,
        "nodes": None if queue.consumers is None else list(queue.consumers),
        "by_priority": {str(priority): count for priority, count in queue.by_priority},
        "redelivered_in_s": queue.redelivered_in_s,
        "oldest_at": queue.oldest_at,
        "oldest_is_exact": queue.oldest_told,
        "growth_per_minute": queue.growth_per_minute,
        "drained_in_s": queue.drained_in_s,
        "this_app": queue.mine,
        "did_you_mean": queue.near or None,
    }


def peek_document(queue: str, peek: QueuePeek) -> Document:
    """``{"queue", "depth", "messages": [...]}``; position 0 is taken next."""
    return {
        "queue": queue,
        "depth": peek.depth,
        "messages": [_message(one) for one in peek.messages],
    }


def _message(one: QueuedMessage) -> Document:
    return {
        "position": one.position,
        "id": one.id,
        "name": one.name,
        "args": one.args,
        "kwargs": one.kwargs,
        "priority": one.priority,
        "retries": one.retries,
        "sent_at": one.sent_at,
        "eta": one.eta,
        "expires_at": one.expires_at,
        "size_bytes": one.size_bytes,
        "redelivered": one.redelivered,
        "origin": one.origin,
        "content_type": one.content_type,
        "body": one.body,
    }


def queue_report_document(report: QueueReport) -> Document:
    return {"count": report.count, "words": str(report.words)}


def schedule_document(schedule: Schedule) -> Document:
    """``{"entries": [...], "waiting": [...], …}``."""
    return {
        "entries": [_entry(one) for one in schedule.entries],
        "waiting": [_waiting(one) for one in schedule.waiting],
        "beat_runs": schedule.beat_runs,
        "beats": schedule.beats,
        "told_at": schedule.told_at,
        "problem": problem_document(schedule.problem),
    }


def _entry(one: ScheduleEntry) -> Document:
    return {
        "name": one.name,
        "task": one.task,
        "schedule": one.schedule or None,
        "every_s": one.every_s,
        "args": one.args,
        "kwargs": one.kwargs,
        "queue": one.queue,
        "last_run_at": one.last_run_at,
        "next_run_at": one.next_run_at,
        "total_runs": one.total_runs,
        "late_s": one.late_s,
        "enabled": one.enabled,
    }


def _waiting(one: WaitingTask) -> Document:
    return {
        "id": one.id,
        "name": one.name,
        "worker": one.worker or None,
        "at": one.at,
        "args": one.args,
        "kwargs": one.kwargs,
        "retry": one.retry,
    }


def why_document(report: WhyReport) -> Document:
    """The answer, the reason that holds, and all that were looked at; ``holds`` is null where it
    could not be found out."""
    holding = next((one for one in report.reasons if one.holds), None)
    return {
        "answer": str(report.answer),
        "reason": holding.id if holding else None,
        "evidence": str(holding.evidence) if holding else "",
        "fix": str(holding.fix) if holding else "",
        "task": _task(report.task) if report.task else None,
        "reasons": [_reason(one) for one in report.reasons],
    }


def _reason(one: Reason) -> Document:
    return {
        "id": one.id,
        "holds": one.holds,
        "words": str(one.words),
        "evidence": str(one.evidence),
        "fix": str(one.fix),
    }


def _task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "name": task.name,
        "state": task.state.value,
        "worker": task.worker,
        "queue": task.queue,
    }
