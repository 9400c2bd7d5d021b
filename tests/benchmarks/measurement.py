"""What a measurement says, and how two things are timed fairly on a machine that others use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import TypeVar

import msgspec

Ours = TypeVar("Ours")
Peer = TypeVar("Peer")


class Settings(msgspec.Struct, frozen=True):
    """How much is measured."""

    rounds: int = 7
    """Pairs that count, after one that only warms the caches."""
    quick_rounds: int = 30
    """The same of what takes less than a second."""
    idle_s: float = 30.0


QUICK = Settings(rounds=2, quick_rounds=5, idle_s=10.0)


class Measurement(msgspec.Struct, frozen=True):
    """One line of the report. The ratio is the median of the pairs' ratios, not the ratio of the
    medians: the two of a pair ran one after the other, so a machine that slows down slows both."""

    name: str
    ours: float
    peer: float
    ratio: float
    spread: tuple[float, float]
    """Lowest and highest ratio of a pair."""
    goal: float | None
    """Highest ratio that is good; None: told for comparison only."""
    ok: bool
    unit: str
    runs: int
    how: str


def measured(
    name: str,
    goal: float | None,
    pairs: Iterable[tuple[float, float]],
    how: str,
    unit: str = "s",
) -> Measurement:
    """The measurement that these pairs of (ours, peer) make."""
    pairs = tuple(pairs)
    ratios = [ours / peer for ours, peer in pairs]
    ratio = median(ratios)
    return Measurement(
        name=name,
        ours=round(median(ours for ours, _ in pairs), 4),
        peer=round(median(peer for _, peer in pairs), 4),
        ratio=round(ratio, 4),
        spread=(round(min(ratios), 4), round(max(ratios), 4)),
        goal=goal,
        ok=goal is None or ratio <= goal,
        unit=unit,
        runs=len(pairs),
        how=how,
    )


def in_turn(
    ours: Callable[[], Ours], peer: Callable[[], Peer], rounds: int
) -> list[tuple[Ours, Peer]]:
    """Run both once to warm the caches, then ``rounds`` times in turn, each first as often as
    the other."""
    found: list[tuple[Ours, Peer]] = []
    for number in range(rounds + 1):
        if number % 2:
            one = ours()
            found.append((one, peer()))
        else:
            other = peer()
            found.append((ours(), other))
    return found[1:]


def seconds(act: Callable[[], object]) -> float:
    """How long ``act`` takes, in seconds."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
