"""What one worker is told while it runs: the verbs of ``celery-tray workers``.

The engine refuses what would reach another worker too (two of one name), what a pool can't do, and
without ``consent`` what ends or signals a worker that somebody else started.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec

from desktop.engine.control_documents import dump_document
from desktop.engine.node_commands import DumpNode, NodeReport, NodeVerb, TellNode
from web.monitor.api.workers import Node, Pid
from web.monitor.operation import Asked, Document, Operation

NAME_MAX = 1_024
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_MAX)]


class Whom(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The worker that is told."""

    node: Node
    pid: Pid = 0
    """Of its main process, so that another one of the same name is not told in its place."""


class Resize(Whom, frozen=True, forbid_unknown_fields=True, kw_only=True):
    n: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1
    """Processes more, or fewer."""


class Autoscale(Whom, frozen=True, forbid_unknown_fields=True, kw_only=True):
    most: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    least: Count


class QueueOf(Whom, frozen=True, forbid_unknown_fields=True, kw_only=True):
    queue: Name


class RateLimit(Whom, frozen=True, forbid_unknown_fields=True, kw_only=True):
    task: Name
    rate: Annotated[str, msgspec.Meta(max_length=32)] = ""
    """"10/m"; "" takes the limit away."""


class TimeLimit(Whom, frozen=True, forbid_unknown_fields=True, kw_only=True):
    task: Name
    soft_s: float | None = None
    hard_s: float | None = None
    """null: no limit."""


class SendEvents(Whom, frozen=True, forbid_unknown_fields=True, kw_only=True):
    on: bool = True


class WithConsent(Whom, frozen=True, forbid_unknown_fields=True, kw_only=True):
    consent: bool = False
    """The person's word, where somebody else started the worker."""


class Dump(WithConsent, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``pid`` may be that of one of its pool's processes."""


def _verb(verb: NodeVerb) -> Callable[[Asked], TellNode]:
    """The fields of a body have the names that they have in the command, but for autoscale's."""

    def ask(asked: Asked) -> TellNode:
        fields = msgspec.structs.asdict(asked.body)
        if "most" in fields:
            fields["n"] = fields.pop("most")
        return TellNode(asked.project, verb=verb, **fields)

    return ask


def _events(asked: Asked) -> TellNode:
    verb = NodeVerb.ENABLE_EVENTS if asked.body.on else NodeVerb.DISABLE_EVENTS
    return TellNode(asked.project, asked.body.node, asked.body.pid, verb)


def _dump(asked: Asked) -> DumpNode:
    return DumpNode(asked.project, asked.body.node, asked.body.pid, asked.body.consent)


def _said(report: NodeReport) -> Document:
    return {"words": str(report.words)}


def _told(name: str, summary: str, verb: NodeVerb, body: type[msgspec.Struct]) -> Operation:
    return Operation("POST", f"/api/workers/{name}", summary, _verb(verb), _said, body=body)


OPERATIONS = (
    _told("grow", "More processes in its pool.", NodeVerb.GROW, Resize),
    _told("shrink", "Fewer processes in its pool; one stays.", NodeVerb.SHRINK, Resize),
    _told("autoscale", "The bounds of a pool that scales itself.", NodeVerb.AUTOSCALE, Autoscale),
    _told("add-queue", "Consume a queue, too.", NodeVerb.ADD_CONSUMER, QueueOf),
    _told("cancel-queue", "Take no more from a queue.", NodeVerb.CANCEL_CONSUMER, QueueOf),
    _told("rate-limit", "How often it may run a task.", NodeVerb.RATE_LIMIT, RateLimit),
    _told("time-limit", "How long a task may run on it.", NodeVerb.TIME_LIMIT, TimeLimit),
    _told("restart-pool", "Fresh processes in its pool.", NodeVerb.RESTART_POOL, Whom),
    Operation(
        "POST",
        "/api/workers/events",
        "Whether it sends events of its tasks.",
        _events,
        _said,
        body=SendEvents,
    ),
    _told("stop", "A warm stop: it finishes its tasks first.", NodeVerb.WARM_STOP, WithConsent),
    Operation(
        "POST",
        "/api/workers/dump",
        "Where a process of it hangs, as workers dump --json.",
        _dump,
        dump_document,
        body=Dump,
    ),
)
