"""POST requests as the engine's commands, and its answers as JSON."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec

from desktop.engine.commands import (
    Answer,
    Command,
    Existing,
    Restart,
    Start,
    StartReport,
    Stop,
    StopReport,
)
from desktop.engine.documents import problem_document, workers_document
from desktop.engine.errors import (
    EngineError,
    NotRunning,
    TrayError,
    UsageError,
    WouldHarm,
)
from desktop.engine.model import ServiceStatus
from desktop.words import text
from web.monitor.feed import Feed

VERBS = ("start", "stop", "restart")

_STATUS: tuple[tuple[type[TrayError], int], ...] = (
    (UsageError, 422),
    (WouldHarm, 409),
    (NotRunning, 503),
    (EngineError, 503),
)


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of an action; all optional."""

    force: bool = False
    """Stop: end what still runs tasks."""
    existing: Existing = Existing.REFUSE
    """Start: what to do about workers of the same app that are not ours."""


Reply = tuple[int, dict[str, Any]]
"""HTTP status and JSON document, in the present language."""


def command(project: str, verb: str, service: str | None, body: bytes) -> Command:
    """The command that a request means. Raises :class:`UsageError` for a body that can't be."""
    try:
        options = msgspec.json.decode(body or b"{}", type=Options)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UsageError(
            "body",
            text("The request can't be understood."),
            text("Its body is not a JSON object with the fields force and existing."),
            text("Send an empty object, or no body at all."),
        ) from None
    services = (service,) if service else ()
    if verb == "start":
        return Start(project, services, existing=options.existing)
    if verb == "restart":
        return Restart(project, services)
    return Stop(project, services, force=options.force)


async def carry_out(feed: Feed, wanted: Command) -> Answer | None:
    """The engine's answer; None when this server is stopped before it comes, as happens when the
    command stops the monitor itself. Raises :class:`TrayError`."""
    answer = asyncio.ensure_future(feed.submit(wanted))
    ending = asyncio.ensure_future(feed.stopping.wait())
    try:
        await asyncio.wait({answer, ending}, return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None
    finally:
        ending.cancel()
        answer.cancel()


def reply(answer: Answer | None) -> Reply:
    """200 done; 409 nothing was started beside workers that run already; 500 something failed;
    202 on its way."""
    if isinstance(answer, StartReport):
        document: dict[str, Any] = {
            "ready": list(answer.ready),
            "failed": _failed(answer),
            "existing": workers_document(answer.existing, time.time())["workers"],
            "replaced": list(answer.replaced),
        }
        status = 409 if answer.existing else 500 if answer.failed else 200
        return status, document
    if isinstance(answer, StopReport):
        document = {
            "stopped": list(answer.stopped),
            "busy": list(answer.busy),
            "failed": _failed(answer),
        }
        return (500 if answer.failed else 200), document
    return 202, {}


def refusal(error: TrayError) -> Reply:
    """The error as JSON, with the status of its kind."""
    status = next((number for kind, number in _STATUS if isinstance(error, kind)), 500)
    # A refusal from the engine keeps only its exit code (client.refusal).
    status = {2: 422, 3: 503, 5: 409}.get(error.exit_code, status)
    return status, problem_document(error.problem) or {}


def known(services: tuple[ServiceStatus, ...], name: str) -> bool:
    """Whether the stack has a service of this name."""
    return any(service.name == name for service in services)


def no_such_service(name: str) -> TrayError:
    """Words for a name that no service has."""
    return UsageError(
        "service-unknown",
        text("There is no service called {name}.", name=name[:100]),
        text("The stack has no service of that name."),
        text("See GET /api/status for their names."),
    )


def _failed(report: StartReport | StopReport) -> list[dict[str, Any]]:
    return [
        {"service": one.service, "problem": problem_document(one.problem)} for one in report.failed
    ]
