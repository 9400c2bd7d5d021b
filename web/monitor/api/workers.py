"""Every Celery process of this machine, and what a worker tells of itself."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec

from desktop.engine.commands import Census, CensusReport
from desktop.engine.control_documents import node_document, node_load_document
from desktop.engine.documents import workers_document
from desktop.engine.node_commands import ShowNode
from web.monitor.operation import Asked, Document, Operation

PID_MAX = 2**31 - 1
Pid = Annotated[int, msgspec.Meta(ge=0, le=PID_MAX)]
Node = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class WhichWorker(msgspec.Struct, frozen=True):
    """One worker. (By a field, not by a part of the address: a node's name may hold anything.)"""

    node: Node
    """As the broker knows it: ``worker1@host``."""
    pid: Pid = 0
    """Of its main process; 0: whoever has the name."""


def _census(asked: Asked) -> Census:
    return Census(asked.project)


def _rows(report: CensusReport) -> Document:
    return workers_document(report.workers, time.time())


def _show(asked: Asked) -> ShowNode:
    return ShowNode(asked.project, asked.query.node, asked.query.pid)


OPERATIONS = (
    Operation(
        "GET",
        "/api/workers",
        "Every Celery process of this machine, as workers --json.",
        _census,
        _rows,
        fresh_s=2.0,
    ),
    Operation(
        "GET",
        "/api/workers/show",
        "All of one worker, as workers show --json.",
        _show,
        node_document,
        query=WhichWorker,
        fresh_s=1.0,
    ),
    Operation(
        "GET",
        "/api/workers/load",
        "One worker and what each of its processes runs, without its tasks and settings.",
        _show,
        node_load_document,
        query=WhichWorker,
        fresh_s=1.0,
    ),
)
