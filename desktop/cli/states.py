"""States as a glyph and a word; never by colour alone."""

from __future__ import annotations

from typing import NamedTuple

from desktop.engine.model import ServiceStatus
from desktop.engine.states import CleanupStep, Owner, ServiceState, StackState
from desktop.words import Text, text


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
STEP = {
    CleanupStep.ASKED: Look("◌", text("Asked to end"), "run"),
    CleanupStep.FINISHING: Look("◌", text("Finishing"), "run"),
    CleanupStep.FORCING: Look("▲", text("Ending by force"), "warn"),
    CleanupStep.STOPPED: Look("○", text("Stopped"), "off"),
    CleanupStep.LEFT: Look("▲", text("Left running"), "warn"),
}


def state_words(service: ServiceStatus) -> str:
    """ "Stopping…, finishing 3 tasks" """
    word = str(SERVICE[service.state].word)
    return f"{word} ({service.note})" if service.note else word


def service_line(service: ServiceStatus) -> str:
    """One service on one line."""
    return f"{SERVICE[service.state].glyph} {service.name}: {state_words(service)}"
