"""It waits in its queue: nobody consumes it, its consumers do not take, or others come first."""

from __future__ import annotations

from desktop.engine.queues.messages import Found
from desktop.engine.states import Role, WorkerFinding
from desktop.engine.task_model import QueueDetail, Reason
from desktop.engine.why.evidence import Evidence
from desktop.engine.why.phrases import NOT_SHOWN, span
from desktop.words import Text, text, textn, verbatim

NO_CONSUMER = "no-consumer"
NOT_TAKING = "not-consuming"
QUEUED = "queued"
STUCK = (WorkerFinding.UNRESPONSIVE, WorkerFinding.NOT_CONSUMING)


def no_consumer(seen: Evidence) -> Reason:
    detail = seen.detail()
    if seen.waits is None and seen.closed:
        return _not_consumed(seen, detail)
    if seen.waits is None:
        return Reason(NO_CONSUMER, False, text("It does not wait in a queue."))
    if seen.consumers or (detail and detail.consumers):
        nodes = [node.node for node in seen.consumers] or list((detail and detail.consumers) or ())
        words = text("Its queue is consumed by {workers}.", workers=verbatim(", ".join(nodes[:3])))
        return Reason(NO_CONSUMER, False, words)
    runs = [row for row in seen.rows if row.role is Role.WORKER]
    if runs and (detail is None or detail.consumers is None):
        words = text("Not all workers said what they consume, so a consumer may be there.")
        return Reason(NO_CONSUMER, None, words)
    queue = seen.waits.queue
    if not runs and not seen.nodes:
        return Reason(
            NO_CONSUMER,
            True,
            text("It waits in “{queue}”, and no worker runs.", queue=queue),
            _place(seen.waits),
            text("Start one: celery-tray start"),
        )
    near = detail.near if detail else ""
    words = text("It waits in “{queue}”, which no worker consumes.", queue=queue)
    if near:
        words = text(
            "It waits in “{queue}”, which no worker consumes. Did you mean “{near}”?",
            queue=queue,
            near=near,
        )
    return Reason(NO_CONSUMER, True, words, _place(seen.waits), _give(queue, near))


def _not_consumed(seen: Evidence, detail: QueueDetail | None) -> Reason:
    """Where messages can't be looked at: its queue holds some, and nobody takes them."""
    if seen.ended or seen.alive or not (detail and detail.depth and detail.consumers == ()):
        return Reason(NO_CONSUMER, False if seen.ended or seen.alive else None, NOT_SHOWN)
    return Reason(
        NO_CONSUMER,
        True,
        text("It was sent to “{queue}”, which no worker consumes.", queue=detail.name),
        textn("{n} message waits there.", "{n} messages wait there.", detail.depth),
        _give(detail.name, detail.near),
    )


def _give(queue: str, near: str) -> Text:
    if near:
        return text(
            "Move what waits there: celery-tray queues move {queue} {near}", queue=queue, near=near
        )
    return text(
        "Give a worker this queue: celery-tray start --worker NAME --queue {queue}", queue=queue
    )


def not_consuming(seen: Evidence) -> Reason:
    """All that should take it are stuck."""
    if seen.waits is None:
        words = NOT_SHOWN if seen.closed else text("It does not wait in a queue.")
        return Reason(NOT_TAKING, None if seen.closed else False, words)
    takers = [row for row in seen.rows if seen.queue in row.queues]
    stuck = [row for row in takers if any(finding in row.findings for finding in STUCK)]
    if not stuck or len(stuck) < len(takers):
        return Reason(NOT_TAKING, False, text("A worker of its queue answers and takes tasks."))
    first = stuck[0]
    told = next((v.evidence for v in first.verdicts if v.finding in STUCK), Text(""))
    return Reason(
        NOT_TAKING,
        True,
        text(
            "Its worker {worker} does not take tasks (process {pid}).",
            worker=verbatim(first.node or first.app),
            pid=str(first.pid),
        ),
        told,
        text("Restart it: celery-tray restart. What it runs, see celery-tray cleanup --dry-run"),
    )


def queued(seen: Evidence) -> Reason:
    waits = seen.waits
    if waits is None:
        if seen.closed:
            return Reason(QUEUED, None, NOT_SHOWN)
        words = text("It is in none of the queues of {broker}.", broker=seen.broker)
        return Reason(QUEUED, False if seen.broker_up else None, words)
    words = textn(
        "It waits in “{queue}”, and {n} task comes before it.",
        "It waits in “{queue}”, and {n} tasks come before it.",
        waits.position,
        queue=waits.queue,
    )
    if not waits.position:
        words = text("It is next in “{queue}”: no worker has room for it.", queue=waits.queue)
    return Reason(QUEUED, True, words, _forecast(seen, waits), _speed_up(seen))


def _forecast(seen: Evidence, waits: Found) -> Text:
    detail = seen.detail()
    if detail and detail.drained_in_s and detail.depth:
        share = (waits.position + 1) / detail.depth
        return text(
            "At the present pace its turn is in about {time}.",
            time=span(detail.drained_in_s * share),
        )
    slots = sum(node.concurrency or 1 for node in seen.consumers)
    if seen.usual_s is not None and slots:
        return text(
            "Its turn is in about {time}: {n} at a time, each usually {usual}.",
            time=span((waits.position + 1) * seen.usual_s / slots),
            n=slots,
            usual=span(seen.usual_s),
        )
    if detail and detail.growth_per_minute is not None and detail.growth_per_minute >= 0:
        return text("The queue does not get shorter, so its turn can't be told.")
    return text("Its turn can't be told yet.")


def _speed_up(seen: Evidence) -> Text:
    detail = seen.detail()
    if detail and detail.growth_per_minute is not None and detail.growth_per_minute > 0:
        return text("Give its queue more processes: see the page Workers.")
    return Text("")


def _place(waits: Found) -> Text:
    return textn(
        "Position {position} of {n}.",
        "Position {position} of {n}.",
        waits.depth,
        position=waits.position + 1,
    )
