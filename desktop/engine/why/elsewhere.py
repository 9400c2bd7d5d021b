"""It waits where no worker of the app looks; or nothing at all knows of it."""

from __future__ import annotations

from desktop.engine.task_model import Reason
from desktop.engine.why.evidence import Evidence
from desktop.engine.why.phrases import ago
from desktop.words import Text, text, textn, verbatim

WRONG_BROKER = "wrong-broker"
VANISHED = "vanished"
UNKNOWN = "unknown"
BROKER_DOWN = "broker-down"
CLOSED = "broker-shows-nothing"


def broker_down(seen: Evidence) -> Reason:
    if seen.broker_up:
        return Reason(BROKER_DOWN, False, text("The broker answers: {broker}.", broker=seen.broker))
    return Reason(
        BROKER_DOWN,
        True,
        text("The broker is down, so nothing can be taken from it."),
        text("It is {url}.", url=seen.broker) if seen.broker else Text(""),
        text("Start it: celery-tray start redis"),
    )


def wrong_broker(seen: Evidence) -> Reason:
    found = seen.elsewhere
    if found is None:
        if seen.alive or seen.task or seen.result:
            words = text("It is known here.")
        elif seen.looked.others:
            words = textn(
                "It is not on the {n} other database or broker that is known, either.",
                "It is not on the {n} other databases and brokers that are known, either.",
                seen.looked.others,
            )
        else:
            words = text("No other database or broker is known to look at.")
        return Reason(WRONG_BROKER, False, words)
    return Reason(
        WRONG_BROKER,
        True,
        text(
            "It was sent to another broker: it waits in “{queue}” of {other}.",
            queue=found.found.queue,
            other=found.broker,
        ),
        text("The workers of this app listen on {broker}.", broker=seen.broker),
        text("Give the sender the workers' address (broker_url), and send it again."),
    )


def not_shown(seen: Evidence) -> Reason:
    """The broker is none that can be looked into."""
    if not seen.closed or seen.ended or seen.alive:
        words = text("It is seen where it is.") if seen.alive else text("It waits nowhere.")
        return Reason(CLOSED, False, words)
    detail = seen.detail()
    evidence = Text("")
    if detail:
        evidence = textn(
            "{n} message waits in “{queue}”.",
            "{n} messages wait in “{queue}”.",
            detail.depth,
            queue=detail.name,
        )
    return Reason(
        CLOSED,
        True,
        text("No worker that answers has it, and its broker shows no messages."),
        evidence,
        text("Look with the broker's own tools. It is {broker}.", broker=seen.broker),
    )


def vanished(seen: Evidence) -> Reason:
    """It was heard of, and nobody has it now."""
    task = seen.task
    if task is None or seen.ended or seen.alive or seen.closed or not seen.broker_up:
        return Reason(VANISHED, False, text("It is where it was last seen, or never was seen."))
    words = text("It was seen last{when}, and nobody has it now.", when=ago(task.seen_at, seen.now))
    if task.worker:
        words = text(
            "{worker} had it{when}, and nobody has it now; its end was not heard.",
            worker=verbatim(task.worker),
            when=ago(task.started_at or task.received_at, seen.now),
        )
    return Reason(
        VANISHED,
        True,
        words,
        text("No queue, no delivered message and no worker that answers holds it."),
        text("If it must run: celery-tray tasks retry {id}", id=seen.id),
    )


def unknown(seen: Evidence) -> Reason:
    """Last of all: it was looked everywhere."""
    if seen.alive or seen.task or seen.result or seen.elsewhere or seen.lost:
        return Reason(UNKNOWN, False, text("It is known."))
    return Reason(
        UNKNOWN,
        True if seen.broker_up and not seen.closed else None,
        text("Nothing here knows this task: it was never sent, or it is over and forgotten."),
        _where(seen),
        text(
            "Check the id; that the sender uses {broker}; and that it was sent at all (an error"
            " before .delay(), a transaction that was rolled back).",
            broker=seen.broker,
        ),
    )


def _where(seen: Evidence) -> Text:
    looked = seen.looked
    words = text(
        "Looked at: {messages} in {queues}, {unacked}, {workers}",
        messages=textn("{n} message", "{n} messages", looked.messages),
        queues=textn("{n} queue", "{n} queues", looked.queues),
        unacked=textn("{n} delivered message", "{n} delivered messages", looked.unacked),
        workers=textn("{n} worker", "{n} workers", looked.nodes),
    )
    for there, more in (
        (looked.results, text("the result backend")),
        (looked.history, text("the history")),
        (
            looked.others,
            textn("{n} other database or broker", "{n} other databases and brokers", looked.others),
        ),
    ):
        if there:
            words = text("{tasks}, {more}", tasks=words, more=more)
    return Text("{first}.", {"first": words})
