"""The queues of the broker: what waits, what it is, and what is dropped or moved.

A queue may have any name, also one that no address can hold ("..", "a/b"): names are in the query
or in the body.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import msgspec

from desktop.engine.queue_commands import (
    MoveMessages,
    PeekQueue,
    PurgeQueue,
    QueuePeek,
    QueuesReport,
    ShowQueues,
)
from desktop.engine.queue_documents import (
    peek_document,
    queue_details_document,
    queue_report_document,
)
from web.monitor.operation import Asked, Document, Operation

LIMIT, LIMIT_MAX = 50, 200
IDS_MAX = 1_000
POINTS = 30
"""Of a trend: a line of a few hundred pixels shows no more, and twenty pages ask for it."""
FRESH_S = 1.9
"""A page asks every 2 s. Several do so at different moments; all are told what one would be."""
TRENDS = {"last_10_min": 600.0, "last_hour": 3600.0}

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class MessagesQuery(msgspec.Struct, frozen=True):
    """Which of the messages of which queue; position 0 is taken next."""

    queue: Name
    start: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX)] = LIMIT


class WhatToDrop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Messages of a queue that will never run."""

    queue: Name
    most: Annotated[int, msgspec.Meta(ge=1, le=10**9)] | None = None
    """So many at most, the next ones first: what the person saw. Null: all."""


class WhatToMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Messages that go behind those of another queue."""

    queue: Name
    to: Name
    ids: Annotated[tuple[str, ...], msgspec.Meta(max_length=IDS_MAX)] = ()
    """Of tasks; none: all that wait."""


def _show(asked: Asked) -> ShowQueues:
    return ShowQueues(asked.project)


def _queues(report: QueuesReport) -> Document:
    """As ``queues --json``, and of each queue its depth over time."""
    document = queue_details_document(report)
    now = time.time()
    for told, queue in zip(document["queues"], report.queues, strict=True):
        told["trend"] = {
            name: resampled(queue.depths, now, span_s) for name, span_s in TRENDS.items()
        }
    return document


def resampled(
    depths: Sequence[tuple[float, int]], now: float, span_s: float, points: int = POINTS
) -> list[int | None]:
    """``points`` depths, the last of them now, at even distances over ``span_s`` seconds; null
    before it was measured. ``depths`` are (instant, depth), the oldest first."""
    told: list[int | None] = []
    place = 0
    known: int | None = None
    for number in range(points):
        at = now - span_s * (points - 1 - number) / (points - 1)
        while place < len(depths) and depths[place][0] <= at:
            known = depths[place][1]
            place += 1
        told.append(known)
    return told


def _peek(asked: Asked) -> PeekQueue:
    query: MessagesQuery = asked.query
    return PeekQueue(asked.project, query.queue, query.start, query.limit)


def _messages(peek: QueuePeek) -> Document:
    queue = peek.messages[0].queue if peek.messages else ""
    return peek_document(queue, peek)


def _purge(asked: Asked) -> PurgeQueue:
    body: WhatToDrop = asked.body
    return PurgeQueue(asked.project, body.queue, body.most)


def _move(asked: Asked) -> MoveMessages:
    body: WhatToMove = asked.body
    return MoveMessages(asked.project, body.queue, body.to, body.ids)


OPERATIONS = (
    Operation(
        "GET",
        "/api/queues",
        "Depth with its trend, consumers, age and forecast of each queue, as queues --json.",
        _show,
        _queues,
        fresh_s=FRESH_S,
    ),
    Operation(
        "GET",
        "/api/queues/messages",
        "The next messages of a queue, as queues peek --json; none is taken.",
        _peek,
        _messages,
        query=MessagesQuery,
        fresh_s=FRESH_S,
    ),
    Operation(
        "POST",
        "/api/queues/purge",
        "Drop messages of a queue; what workers have taken is not touched.",
        _purge,
        queue_report_document,
        body=WhatToDrop,
    ),
    Operation(
        "POST",
        "/api/queues/move",
        "Put messages of a queue behind those of another.",
        _move,
        queue_report_document,
        body=WhatToMove,
    ),
)
