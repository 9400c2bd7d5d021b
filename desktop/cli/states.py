"""States as a glyph and a word; never by colour alone."""

from __future__ import annotations

from typing import NamedTuple

from desktop.engine.model import ServiceStatus, Verdict
from desktop.engine.states import (
    CleanupStep,
    Confidence,
    Owner,
    ServiceState,
    StackState,
    TaskState,
    WorkerFinding,
)
from desktop.words import Text, text, verbatim


class Look(NamedTuple):
    glyph: str
    word: Text
    style: str
    """A name of :data:`desktop.cli.ink.STYLES`."""

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


SERVICE = {
    ServiceState.STOPPED: Look("○", text("Stopped"), "off"),
    ServiceState.STARTING: Look("◌", text("Starting…"), "run"),
    ServiceState.RUNNING: Look("●", text("Running"), "ok"),
    ServiceState.STOPPING: Look("◌", text("Stopping…"), "run"),
    ServiceState.BACKOFF: Look("▲", text("Waiting to restart"), "warn"),
    ServiceState.FAILED: Look("✕", text("Failed"), "bad"),
    ServiceState.EXTERNAL: Look("●", text("Running, not ours"), "ok"),
}
STACK = {
    StackState.RUNNING: Look("●", text("Running"), "ok"),
    StackState.PARTIAL: Look("▲", text("Partly running"), "warn"),
    StackState.STOPPED: Look("○", text("Stopped"), "off"),
    StackState.FAILED: Look("✕", text("Failed"), "bad"),
}
OWNER = {
    Owner.OURS: Look("●", text("ours"), "ok"),
    Owner.EXTERNAL: Look("○", text("external"), "off"),
    Owner.ORPHAN: Look("▲", text("orphaned"), "warn"),
    Owner.REMOTE: Look("○", text("another machine"), "off"),
}
TASK = {
    TaskState.PENDING: Look("○", text("Waiting"), "off"),
    TaskState.RECEIVED: Look("◌", text("Received"), "run"),
    TaskState.STARTED: Look("◌", text("Running"), "run"),
    TaskState.RETRY: Look("▲", text("Retrying"), "warn"),
    TaskState.SUCCESS: Look("●", text("Succeeded"), "ok"),
    TaskState.FAILURE: Look("✕", text("Failed"), "bad"),
    TaskState.REVOKED: Look("○", text("Revoked"), "off"),
    TaskState.REJECTED: Look("✕", text("Rejected"), "bad"),
}

STEP = {
    CleanupStep.ASKED: Look("◌", text("Asked to end"), "run"),
    CleanupStep.FINISHING: Look("◌", text("Finishing"), "run"),
    CleanupStep.FORCING: Look("▲", text("Ending by force"), "warn"),
    CleanupStep.STOPPED: Look("○", text("Stopped"), "off"),
    CleanupStep.LEFT: Look("▲", text("Left running"), "warn"),
}
FINDING = {
    WorkerFinding.DUPLICATE: text("duplicate"),
    WorkerFinding.SURPLUS: text("no longer wanted"),
    WorkerFinding.STALE_CODE: text("old code"),
    WorkerFinding.UNRESPONSIVE: text("does not answer"),
    WorkerFinding.NOT_CONSUMING: text("takes no tasks"),
    WorkerFinding.CROSSTALK: text("shares a queue with another project"),
    WorkerFinding.OLD_CONFIGURATION: text("old configuration"),
    WorkerFinding.TWO_BEATS: text("one beat too many"),
}
_NOT_MEASURED = {
    WorkerFinding.STALE_CODE: text("whether its code is old is not known"),
    WorkerFinding.UNRESPONSIVE: text("whether it still answers is not known"),
}
STARTED_BY = {
    "celery-tray": verbatim("Celery Tray"),
    "launchd": verbatim("launchd"),
    "multi": verbatim("celery multi"),
    "script": text("a script"),
    "systemd": verbatim("systemd"),
    "terminal": text("a terminal"),
    "unknown": text("not known"),
}
"""What else starts workers is called by its own name."""


def finding_words(verdict: Verdict) -> str:
    """What is wrong, and how sure that is."""
    words = FINDING[verdict.finding]
    if verdict.confidence is Confidence.UNKNOWN:
        return str(_NOT_MEASURED.get(verdict.finding, text("{finding}: not known", finding=words)))
    if verdict.confidence is Confidence.LIKELY:
        return str(text("probably {finding}", finding=words))
    return str(words)


def started_by_words(started_by: str) -> str:
    return str(STARTED_BY.get(started_by, verbatim(started_by)))


def state_words(service: ServiceStatus) -> str:
    """ "Stopping…, finishing 3 tasks" """
    word = str(SERVICE[service.state].word)
    return f"{word} ({service.note})" if service.note else word


def service_line(service: ServiceStatus) -> str:
    """One service on one line."""
    return f"{SERVICE[service.state].glyph} {service.name}: {state_words(service)}"
