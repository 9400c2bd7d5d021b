"""Writes down of one service what the next engine has to know."""

from __future__ import annotations

import logging

from desktop.engine import start_problems
from desktop.engine.model import Problem
from desktop.engine.process import Process
from desktop.engine.records import Record
from desktop.engine.service import Service
from desktop.engine.states import ServiceState
from desktop.engine.surroundings import Surroundings

log = logging.getLogger(__name__)


def keep(stack: Surroundings, service: Service, running: Process | None) -> Problem | None:
    """Write or remove its record, as it is now; the problem when that can't be done."""
    try:
        if service.state is ServiceState.EXTERNAL or not (service.wanted or running):
            stack.records.remove(service.spec.name)
            return None
        stopping = running is not None and not service.wanted
        keep_as(stack, service, running, stopping=stopping, asked=service.asked_to_stop)
    except OSError as error:
        log.error("the record of %s can't be written: %s", service.spec.name, error)
        return start_problems.not_recorded(service.spec, error, stack.home.records)
    return None


def keep_as(
    stack: Surroundings, service: Service, running: Process | None, *, stopping: bool, asked: bool
) -> None:
    """Write its record. Raises OSError when the disk refuses."""
    stack.records.save(
        Record(
            spec=service.spec,
            boot_id=stack.boot_id,
            pid=running.pid if running else None,
            create_time=running.create_time if running else None,
            started_at=running.started_at if running else None,
            stopping=stopping,
            asked=asked,
            ready=service.state is not ServiceState.STARTING,
            restarts=service.restarts,
        )
    )
