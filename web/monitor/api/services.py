"""Start, stop, restart: the whole stack or one service."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from desktop.engine.commands import Existing, Restart, Start, StartReport, Stop, StopReport
from desktop.engine.documents import problem_document, workers_document
from web.monitor.operation import Asked, Document, Operation, Reply


class HowToStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a start; all optional."""

    existing: Existing = Existing.REFUSE
    """What to do about workers of the same app that are not ours."""


class HowToStop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a stop; all optional."""

    force: bool = False
    """End what still runs tasks; the tasks are rescued."""


def _named(asked: Asked) -> tuple[str, ...]:
    return (asked.path["service"],) if "service" in asked.path else ()


def _start(asked: Asked) -> Start:
    return Start(asked.project, _named(asked), existing=asked.body.existing)


def _stop(asked: Asked) -> Stop:
    return Stop(asked.project, _named(asked), force=asked.body.force)


def _restart(asked: Asked) -> Restart:
    return Restart(asked.project, _named(asked))


def started(report: StartReport) -> Reply:
    """409: nothing was started beside workers that run already. 500: something failed."""
    document: Document = {
        "ready": list(report.ready),
        "failed": _failed(report),
        "existing": workers_document(report.existing, time.time())["workers"],
        "replaced": list(report.replaced),
    }
    return (409 if report.existing else 500 if report.failed else 200), document


def stopped(report: StopReport) -> Reply:
    document: Document = {
        "stopped": list(report.stopped),
        "busy": list(report.busy),
        "failed": _failed(report),
    }
    return (500 if report.failed else 200), document


def _failed(report: StartReport | StopReport) -> list[dict[str, Any]]:
    return [
        {"service": one.service, "problem": problem_document(one.problem)} for one in report.failed
    ]


_ONE = "/api/services/{service}"

OPERATIONS = (
    Operation("POST", "/api/start", "Start all services.", _start, started, body=HowToStart),
    Operation("POST", "/api/stop", "Stop all services of ours.", _stop, stopped, body=HowToStop),
    Operation("POST", f"{_ONE}/start", "Start one service.", _start, started, body=HowToStart),
    Operation("POST", f"{_ONE}/stop", "Stop one service.", _stop, stopped, body=HowToStop),
    Operation(
        "POST",
        f"{_ONE}/restart",
        "A fresh process of one service; a worker is taken over without losing a task.",
        _restart,
        started,
    ),
)
