"""What a person should know about a stack's queues. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from desktop.engine.model import Finding
from desktop.engine.states import Severity
from desktop.engine.task_model import QueueDetail
from desktop.words import Text, text, textn

NAMED_MAX = 3


def unconsumed(queues: Sequence[QueueDetail]) -> Iterator[Finding]:
    """``queues`` hold messages, and nobody consumes them while workers run."""
    if not queues:
        return
    first = queues[0]
    yield Finding(
        id="unconsumed-queue",
        severity=Severity.WARNING,
        title=textn(
            "{n} task waits in a queue that nobody consumes",
            "{n} tasks wait in queues that nobody consumes",
            sum(queue.depth for queue in queues),
        ),
        detail=_named(queues),
        fix=text(
            "Move what waits there: celery-tray queues move {queue} {near}",
            queue=first.name,
            near=first.near,
        )
        if first.near
        else text(
            "Give a worker this queue, or look what waits: celery-tray queues peek {queue}",
            queue=first.name,
        ),
    )


def _named(queues: Sequence[QueueDetail]) -> Text:
    words = Text("")
    for place, queue in enumerate(islice(queues, NAMED_MAX)):
        one = text("“{queue}” ({n})", queue=queue.name, n=queue.depth)
        if queue.near:
            one = text("{queue}: did you mean “{near}”?", queue=one, near=queue.near)
        words = text("{tasks}, {more}", tasks=words, more=one) if place else one
    if len(queues) > NAMED_MAX:
        words = text("{tasks} and {n} more", tasks=words, n=len(queues) - NAMED_MAX)
    return words
