"""Every Celery process of this machine, and what a worker tells of itself."""

from __future__ import annotations

import time

from desktop.engine.commands import Census, CensusReport
from desktop.engine.documents import workers_document
from web.monitor.operation import Asked, Document, Operation


def _census(asked: Asked) -> Census:
    return Census(asked.project)


def _rows(report: CensusReport) -> Document:
    return workers_document(report.workers, time.time())


OPERATIONS = (
    Operation(
        "GET",
        "/api/workers",
        "Every Celery process of this machine, as workers --json.",
        _census,
        _rows,
        fresh_s=2.0,
    ),
)
