"""The queues of the broker."""

from __future__ import annotations

from desktop.engine.queue_commands import ShowQueues
from desktop.engine.queue_documents import queue_details_document
from web.monitor.operation import Asked, Operation


def _show(asked: Asked) -> ShowQueues:
    return ShowQueues(asked.project)


OPERATIONS = (
    Operation(
        "GET",
        "/api/queues",
        "Depth, consumers, age and forecast of each queue, as queues --json.",
        _show,
        queue_details_document,
        fresh_s=1.0,
    ),
)
