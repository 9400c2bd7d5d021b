"""A worker has taken it and has not begun: others are before it, its rate is limited, or the
worker is gone."""

from __future__ import annotations

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.task_model import Reason
from desktop.engine.why.evidence import Evidence
from desktop.engine.why.phrases import NOT_SHOWN, ago, span
from desktop.words import Text, text, textn, verbatim

RESERVED = "reserved"
RATE_LIMITED = "rate-limited"
UNACKED = "unacked"
LOST = "lost"
NAMED_MAX = 3


def reserved(seen: Evidence) -> Reason:
    node = seen.holder
    if node is None or seen.id not in (node.reserved_ids or ()):
        return Reason(RESERVED, False, text("No worker that answered has it in store."))
    # A node names what it has taken in no order; the times of delivery have one.
    running = {task.id for task in node.tasks or ()}
    before = len(seen.earlier.intersection(node.reserved_ids or ()) - running)
    words = textn(
        "{worker} has taken it, and {n} other task it has taken comes first.",
        "{worker} has taken it, and {n} other tasks it has taken come first.",
        before,
        worker=node.node,
    )
    if not before:
        words = text("{worker} has taken it, and it is next there.", worker=node.node)
    return Reason(RESERVED, True, words, _busy(seen, node), _less_ahead(node))


def _busy(seen: Evidence, node: NodeAnswer) -> Text:
    tasks = node.tasks or ()
    if not tasks:
        return Text("")
    named = ", ".join(task.name for task in tasks[:NAMED_MAX])
    longest = min((task.started_at for task in tasks if task.started_at), default=None)
    words = textn(
        "It runs {n} task: {names}.",
        "It runs {n} tasks: {names}.",
        len(tasks),
        names=verbatim(named + (" …" if len(tasks) > NAMED_MAX else "")),
    )
    if longest is None:
        return words
    since = text("The longest began {time} ago.", time=span(seen.now - longest))
    return Text("{first} {second}", {"first": words, "second": since})


def _less_ahead(node: NodeAnswer) -> Text:
    return text(
        "Give it more processes, or let it take less ahead (worker_prefetch_multiplier = 1);"
        " {worker} gives back what it has taken when it is stopped warmly.",
        worker=node.node,
    )


def rate_limited(seen: Evidence) -> Reason:
    """Celery tells nowhere which tasks wait for their rate; what it has taken and names nowhere
    else does."""
    limiting = [node for node in seen.nodes if seen.name and seen.name in node.rate_limited]
    if not limiting:
        holds = False if seen.nodes and seen.name else None
        return Reason(RATE_LIMITED, holds, text("No rate limit is known for it."))
    names = verbatim(", ".join(node.node for node in limiting[:NAMED_MAX]))
    if seen.delivered is None or seen.holder or seen.runs_on:
        words = text("Its rate is limited on {workers}, but it is not what waits.", workers=names)
        return Reason(RATE_LIMITED, False, words)
    return Reason(
        RATE_LIMITED,
        True,
        text("{workers} holds it back: {task} is rate limited.", workers=names, task=seen.name),
        text("Its message is delivered, and no worker names it among what it runs or has next."),
        text("Raise the limit: rate_limit of the task, or on the page Workers."),
    )


def unacked(seen: Evidence) -> Reason:
    """Its message is out, and nobody who answers has it."""
    out = seen.delivered
    if out is None and seen.closed:
        return Reason(UNACKED, None, NOT_SHOWN)
    if out is None:
        return Reason(UNACKED, False, text("Its message is not out for delivery."))
    if seen.holder or seen.runs_on or seen.held_back:
        return Reason(UNACKED, False, text("Who has its message answers."))
    words = text(
        "Its message was delivered{when}, and no worker that answers has it:"
        " the one that got it is gone, or silent.",
        when=ago(out.at, seen.now),
    )
    fix = text("It is put back by itself as soon as it is certain that its worker is gone.")
    if seen.stranded:
        fix = seen.stranded.why
    return Reason(
        UNACKED,
        True,
        words,
        text("Without that it is delivered again in {time}.", time=span(out.redelivered_in_s)),
        fix,
    )


def lost(seen: Evidence) -> Reason:
    """It was acknowledged when it began, and died with its worker."""
    gone = seen.lost
    if gone is None:
        return Reason(LOST, False, text("It is not among the tasks that died with a worker."))
    return Reason(
        LOST,
        True,
        text(
            "It died with {worker}{when}: acknowledged when it began, so no queue has it any more.",
            worker=verbatim(gone.node),
            when=ago(gone.lost_at or None, seen.now),
        ),
        Text(""),
        text("Run it again: celery-tray cleanup --run-again {id}", id=seen.id),
    )
