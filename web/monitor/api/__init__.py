"""The JSON API of the monitor, one file for each subject; each names its operations."""

from __future__ import annotations

from web.monitor.api import queues, services, task_actions, task_figures, tasks, workers
from web.monitor.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *services.OPERATIONS,
    *workers.OPERATIONS,
    *tasks.OPERATIONS,
    *task_actions.OPERATIONS,
    *task_figures.OPERATIONS,
    *queues.OPERATIONS,
)
