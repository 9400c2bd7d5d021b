"""What comes next while a worker's successor starts beside it. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from desktop.engine.states import ServiceState

S = ServiceState
_ENDED = frozenset({S.STOPPED, S.FAILED, S.BACKOFF})


class Step(StrEnum):
    """What has to be done now."""

    WAIT = "wait"
    TAKE_OVER = "take-over"
    """The successor consumes: it takes the place, and the one before finishes its tasks."""
    REVIVE = "revive"
    """The one before has died meanwhile: its place has to be ready for the successor."""
    LET_GO = "let-go"
    """Nobody wants the worker any more: the successor is asked to stop too."""
    OVER = "over"
    """There is no successor (any more)."""


class Seen(msgspec.Struct, frozen=True):
    """One of the two, as it is at one instant."""

    state: ServiceState = ServiceState.STOPPED
    wanted: bool = False
    occupied: bool = False
    """It has a process."""


def next_step(place: Seen, successor: Seen) -> Step:
    """``place``: the worker itself, which the successor is to become."""
    if successor.state in _ENDED and not (successor.state is S.STOPPED and successor.wanted):
        return Step.OVER
    if not place.wanted or place.state in {S.STOPPING, S.STOPPED}:
        return Step.LET_GO if successor.wanted else Step.WAIT
    if successor.state is not S.RUNNING:
        return Step.WAIT
    if place.state is S.RUNNING or (place.state is S.STARTING and not place.occupied):
        return Step.TAKE_OVER
    return Step.REVIVE if place.state in {S.BACKOFF, S.FAILED} else Step.WAIT
