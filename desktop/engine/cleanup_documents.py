"""The JSON documents about cleanups, as :mod:`desktop.engine.documents` has the others.

Pure. Fields may be added; none may change its name or meaning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from desktop.engine.cleanup_model import (
    CleanupItem,
    CleanupProgress,
    HeldTask,
    LostTask,
    RescuedTask,
    Stranded,
)
from desktop.engine.states import PlanAction

if TYPE_CHECKING:
    from desktop.engine.commands import CleanupEntry, CleanupReport, PlanRow

Document = dict[str, Any]


def plan_document(plan: Iterable[PlanRow], chosen: Collection[PlanRow]) -> Document:
    """``{"plan": [...]}``; ``action`` is what is done this time: those ``chosen`` are stopped."""
    return {"plan": [_plan_row(row, row in chosen) for row in plan]}


def cleanup_document(
    plan: Iterable[PlanRow], chosen: Collection[PlanRow], report: CleanupReport
) -> Document:
    """The plan, and what came of it."""
    return {
        **plan_document(plan, chosen),
        "stopped": list(report.stopped),
        "left": [{"pid": one.pid, "why": str(one.why)} for one in report.left],
        "rescued": [_rescued(task) for task in report.rescued],
        "lost": [lost_document(task) for task in report.lost],
        "stranded": stranded_document(report.stranded),
    }


def cleanup_log_document(entries: Iterable[CleanupEntry]) -> Document:
    """What cleanups did, the newest first."""
    return {
        "entries": [
            {
                "at": one.at,
                "what": one.what,
                "words": str(one.words),
                "pid": one.pid or None,
                "task_id": one.task_id or None,
            }
            for one in entries
        ]
    }


def progress_document(progress: CleanupProgress | None) -> Document | None:
    """The cleanup that goes on, or the last one (``ended_at`` is not null then); null: none was.
    ``step`` is "asked", "finishing", "forcing", "stopped" or "left"."""
    if progress is None:
        return None
    return {
        "started_at": progress.started_at,
        "ended_at": progress.ended_at,
        "patience_s": progress.patience_s,
        "items": [_item(one) for one in progress.items],
        "rescued": [_rescued(task) for task in progress.rescued],
        "lost": [lost_document(task) for task in progress.lost],
    }


def stranded_document(stranded: Stranded | None) -> Document | None:
    if stranded is None:
        return None
    return {"count": stranded.count, "why": str(stranded.why)}


def lost_document(task: LostTask) -> Document:
    """A task that died with its worker; ``again_id`` is the one that it was run again as."""
    return {
        "id": task.id,
        "name": task.name,
        "args": task.args,
        "kwargs": task.kwargs,
        "queue": task.queue,
        "node": task.node,
        "lost_at": task.lost_at,
        "again_id": task.again_id or None,
        "arguments_known": bool(task.payload),
    }


def _item(item: CleanupItem) -> Document:
    return {
        "pid": item.pid,
        "create_time": item.create_time,
        "name": item.name,
        "step": item.step.value,
        "note": str(item.note),
        "tasks": [_held(task) for task in item.tasks],
    }


def _rescued(task: RescuedTask) -> Document:
    return {"id": task.id, "name": task.name, "queue": task.queue}


def _plan_row(row: PlanRow, is_chosen: bool) -> Document:
    worker = row.worker
    return {
        "pid": worker.pid,
        "create_time": worker.create_time,
        "action": PlanAction.STOP.value if is_chosen else PlanAction.LEAVE.value,
        "why": str(row.why),
        "active": worker.active if row.tasks is None else len(row.tasks),
        "reserved": worker.reserved,
        "node": worker.node,
        "role": worker.role.value,
        "owner": worker.owner.value,
        "this_app": worker.this_app,
        "can_be_stopped": row.action is PlanAction.STOP,
        "tasks": None if row.tasks is None else [_held(task) for task in row.tasks],
        "outcome": str(row.outcome),
        "outcome_of_force": str(row.outcome_of_force),
    }


def _held(task: HeldTask) -> Document:
    return {
        "id": task.id,
        "name": task.name,
        "queue": task.queue,
        "started_at": task.started_at,
        "acknowledged": task.acknowledged,
        "args": task.args,
        "kwargs": task.kwargs,
    }
