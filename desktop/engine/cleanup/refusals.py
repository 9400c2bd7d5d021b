"""What a cleanup refuses to do, in words."""

from __future__ import annotations

from desktop.engine.commands import PlanRow
from desktop.engine.errors import ServiceError, UsageError
from desktop.engine.model import Problem
from desktop.words import Text, text


def going_on() -> ServiceError:
    return ServiceError(
        "cleanup-going-on",
        text("A cleanup is going on already."),
        Text(""),
        text("Wait for its end, or force what it waits for."),
    )


def nothing_to_force() -> ServiceError:
    return ServiceError(
        "nothing-to-force",
        text("No cleanup waits for that process."),
        Text(""),
        text("See what runs with: celery-tray workers"),
    )


def not_stopped(row: PlanRow) -> Problem:
    name = row.worker.node or str(row.worker.pid)
    return Problem("not-stopped", text("{name} was left running.", name=name), row.why, Text(""))


def no_celery(pid: int) -> UsageError:
    return UsageError(
        "no-celery-process",
        text("Process {pid} is no Celery process of this machine.", pid=str(pid)),
        text("Nothing was touched."),
        text("See what runs with: celery-tray workers"),
    )
