"""The JSON API of the monitor, one file for each subject; each names its operations."""

from __future__ import annotations

from web.monitor.api import (
    cleanup,
    logs,
    queues,
    schedule,
    services,
    task_actions,
    task_figures,
    tasks,
    worker_actions,
    workers,
)
from web.monitor.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *services.OPERATIONS,
    *logs.OPERATIONS,
    *workers.OPERATIONS,
    *worker_actions.OPERATIONS,
    *cleanup.OPERATIONS,
    *tasks.OPERATIONS,
    *task_actions.OPERATIONS,
    *task_figures.OPERATIONS,
    *queues.OPERATIONS,
    *schedule.OPERATIONS,
)
