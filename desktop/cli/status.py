"""``status``: services, workers, tasks, queues, findings. Never starts an engine."""

from __future__ import annotations

from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.overview import run_status
from desktop.words import tr


@verb(
    "status",
    example="celery-tray status --json",
    more=tr(
        "Exit code 0: everything runs; 3: nothing runs; 4: some of it runs. Never starts anything."
    ),
)
def status(context: Context) -> int:
    return run_status(context)
