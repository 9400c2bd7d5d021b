"""A service as a value for the snapshot."""

from __future__ import annotations

from pathlib import Path

from desktop.engine.model import ServiceStatus
from desktop.engine.process import Process, Usage
from desktop.engine.service import Service
from desktop.engine.states import UP
from desktop.words import Text


def service_status(
    service: Service,
    running: Process | None,
    usage: Usage | None,
    *,
    argv: tuple[str, ...],
    detail: Text,
    note: Text | None,
    log_path: Path,
) -> ServiceStatus:
    """``running``: its process while that is alive; ``detail``: what it says when it is up."""
    spec = service.spec
    measured = usage if running else None
    return ServiceStatus(
        name=spec.name,
        kind=spec.kind,
        state=service.state,
        enabled=spec.enabled,
        wanted=service.wanted,
        pid=running.pid if running else None,
        create_time=running.create_time if running else None,
        started_at=running.started_at if running else None,
        cpu_percent=measured.cpu_percent if measured else None,
        rss_bytes=measured.rss_bytes if measured else None,
        processes=measured.processes if measured else int(running is not None),
        url=spec.url,
        detail=detail if service.state in UP else Text(""),
        note=note,
        restarts=service.restarts,
        error=service.problem,
        log_path=str(log_path),
        node=spec.node,
        of=spec.of,
        argv=argv,
    )
