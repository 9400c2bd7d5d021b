"""What beat sends and when, and tasks that wait for their time."""

from __future__ import annotations

from desktop.engine.queue_commands import Schedule, ShowSchedule
from desktop.engine.queue_documents import schedule_document
from web.monitor.operation import Asked, Document, Operation

WAITING_MAX = 500
"""Tasks that are told, the next first; a page shows no more."""


def _show(asked: Asked) -> ShowSchedule:
    return ShowSchedule(asked.project)


def _schedule(schedule: Schedule) -> Document:
    """As ``schedule --json``, with the number of all that wait."""
    document = schedule_document(schedule)
    waiting = document["waiting"]
    return {**document, "waiting": waiting[:WAITING_MAX], "waiting_total": len(waiting)}


OPERATIONS = (
    Operation(
        "GET",
        "/api/schedule",
        "Beat's entries and tasks that wait for their time, as schedule --json.",
        _show,
        _schedule,
        fresh_s=4.5,
    ),
)
