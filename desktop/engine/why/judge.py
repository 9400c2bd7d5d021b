"""Asks every reason in turn; the first that holds is the answer."""

from __future__ import annotations

from collections.abc import Callable

from desktop.engine.queue_commands import WhyReport
from desktop.engine.task_model import Reason
from desktop.engine.why.elsewhere import broker_down, not_shown, unknown, vanished, wrong_broker
from desktop.engine.why.evidence import Evidence
from desktop.engine.why.finished import finished
from desktop.engine.why.held import lost, rate_limited, reserved, unacked
from desktop.engine.why.queued import no_consumer, not_consuming, queued
from desktop.engine.why.revoked import expired, revoked
from desktop.engine.why.running import running, worker_hung
from desktop.engine.why.unregistered import unregistered
from desktop.engine.why.waiting import eta, retry
from desktop.words import text

Judge = Callable[[Evidence], Reason]

REASONS: tuple[Judge, ...] = (
    finished,
    running,
    worker_hung,
    lost,
    broker_down,
    revoked,
    expired,
    retry,
    eta,
    reserved,
    rate_limited,
    unacked,
    no_consumer,
    unregistered,
    not_consuming,
    queued,
    not_shown,
    wrong_broker,
    vanished,
    unknown,
)
"""In this order: what is behind a reason that holds only says less."""


def judged(seen: Evidence) -> WhyReport:
    """The answer in one sentence, and each reason with what speaks for it."""
    reasons = tuple(judge(seen) for judge in REASONS)
    holding = next((reason for reason in reasons if reason.holds), None)
    words = text("It can't be told: see what could not be found out.")
    return WhyReport(seen.task, holding.words if holding else words, reasons)
