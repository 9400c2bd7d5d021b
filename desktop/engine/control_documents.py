"""The JSON documents about tasks and nodes, as :mod:`desktop.engine.documents` has the others.

Pure. Fields may be added; none may change its name or meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from desktop.engine.node_commands import NodeDetail, NodeProcess, StackDump
from desktop.engine.task_commands import TaskActionReport
from desktop.engine.task_model import RegisteredTask, WaitingTask

Document = dict[str, Any]


def action_document(report: TaskActionReport) -> Document:
    """What an action did: ``{"done": n, "failed": n, "words": "…", "outcomes": [...]}``."""
    return {
        "done": report.done,
        "failed": report.failed,
        "words": str(report.words),
        "outcomes": [
            {
                "id": one.id,
                "name": one.name or None,
                "done": one.done,
                "words": str(one.words),
                "new_id": one.new_id or None,
                "args": one.args or None,
                "kwargs": one.kwargs or None,
                "alive": one.alive,
            }
            for one in report.outcomes
        ],
    }


def registered_document(tasks: Iterable[RegisteredTask]) -> Document:
    """``{"registered": [...]}``"""
    return {
        "registered": [
            {
                "name": one.name,
                "signature": one.signature or None,
                "doc": one.doc or None,
                "queue": one.queue or None,
                "rate_limit": one.rate_limit or None,
                "nodes": list(one.nodes),
            }
            for one in tasks
        ]
    }


def node_document(node: NodeDetail) -> Document:
    """All of one worker; what it did not tell is null."""
    return {
        "node": node.node,
        "pid": node.pid or None,
        "answered": node.answered,
        "owner": node.owner.value if node.owner else None,
        "service": node.service or None,
        "command": node.command or None,
        "shares_its_name": node.shares_its_name,
        "pool": node.pool or None,
        "concurrency": node.concurrency,
        "autoscale": node.autoscale and {"most": node.autoscale[0], "least": node.autoscale[1]},
        "prefetch": node.prefetch,
        "task_events": node.events,
        "queues": list(node.queues),
        "clock": node.clock,
        "uptime_s": node.uptime_s,
        "totals": dict(node.totals),
        "pool_restarts": node.pool_restarts,
        "children_known": node.children_known,
        "processes": [_process(one) for one in node.processes],
        "reserved": [_waiting(one) for one in node.reserved],
        "scheduled": [_waiting(one) for one in node.scheduled],
        "registered": registered_document(node.registered)["registered"],
        "configuration": dict(node.configuration),
    }


def node_load_document(node: NodeDetail) -> Document:
    """One worker without what changes seldom or may be long (its tasks, its settings, what waits):
    enough to look at it every few seconds."""
    whole = node_document(node)
    left_out = ("totals", "reserved", "scheduled", "registered", "configuration")
    return {
        **{name: value for name, value in whole.items() if name not in left_out},
        "done": sum(count for _, count in node.totals) if node.answered else None,
        "reserved_count": len(node.reserved),
        "scheduled_count": len(node.scheduled),
    }


def dump_document(dump: StackDump) -> Document:
    return {"text": dump.text, "by": dump.by, "note": str(dump.note) or None}


def _process(one: NodeProcess) -> Document:
    return {
        "pid": one.pid,
        "main": one.main,
        "cpu_percent": one.cpu_percent,
        "rss_bytes": one.rss_bytes,
        "started_at": one.started_at,
        "task": {
            "id": one.task_id,
            "name": one.task_name,
            "started_at": one.task_started_at,
            "usual_s": one.task_usual_s,
        }
        if one.task_id
        else None,
    }


def _waiting(one: WaitingTask) -> Document:
    return {"id": one.id, "name": one.name, "at": one.at or None, "args": one.args}
