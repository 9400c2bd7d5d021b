"""What a task adds to the figures. Pure.

Durations are counted in bins, each 9 % wider than the one before, so that a percentile of any
number of tasks is a sum of bins, right within 4.5 %. The counts are kept for three widths of time,
the finer the shorter, and outlive the tasks that they count.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from desktop.engine.history.schema import ENDED, STATE_NUMBER
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task

BINS_A_DOUBLING = 8
LEAST_S = 1e-4
BINS = 256
"""The last one is from 3.6 days on."""
OUTCOME, RUNTIME, WAIT = 0, 1, 2
"""Kinds of figures; an outcome's bin is the number of the state (schema.STATES)."""


class Level(NamedTuple):
    """One width of time."""

    width_s: int
    kept_s: float


LEVELS = (Level(10, 3 * 3600.0), Level(300, 3 * 86_400.0), Level(3600, 400 * 86_400.0))
"""The last is kept for 13 months, so that a month can be compared with the same a year before: two
hundred names that are busy every hour take some 800 MB a year. Wide enough that a question reads
some thousand sums, whatever its span."""
BUCKETS_MAX = 1100
RETRIES_MAX = 1_000_000
"""More are no number of retries."""


class Share(NamedTuple):
    """What one ended task counts for."""

    bucket: int
    """Of the finest level: the instant of its end over that width."""
    state: int
    retries: int
    runtime: int
    """Bin; -1: none."""
    wait: int

    def counts(self) -> Iterator[tuple[int, int, int]]:
        """(kind, bin, n)"""
        yield OUTCOME, self.state, 1
        if self.retries:
            yield OUTCOME, STATE_NUMBER[TaskState.RETRY], self.retries
        if self.runtime >= 0:
            yield RUNTIME, self.runtime, 1
        if self.wait >= 0:
            yield WAIT, self.wait, 1


def share_of(task: Task, seen_at: float) -> Share | None:
    """None before its end. ``seen_at`` is the instant that the file has for it."""
    state = task.state
    if state not in ENDED:
        return None
    at = task.finished_at
    if at is None or not 0 < at <= seen_at:
        at = seen_at  # not known, or told by a clock that is ahead
    runtime = wait = -1
    if state is not TaskState.REVOKED:
        if task.runtime_s is not None:
            runtime = bin_of(task.runtime_s)
        waited = wait_s(task)
        if waited is not None:
            wait = bin_of(waited)
    retries = task.retries if 0 < task.retries < RETRIES_MAX else 0
    return Share(int(at / LEVELS[0].width_s), STATE_NUMBER[state], retries, runtime, wait)


def wait_s(task: Task) -> float | None:
    """From sent, or where that is not known received, to started; None when it can't be told."""
    begun = task.sent_at or task.received_at
    if begun is None or task.started_at is None or task.attempts:
        return None  # after a retry the message's own instants are an earlier run's
    return max(0.0, task.started_at - begun)


def bin_of(duration_s: float) -> int:
    if not duration_s > LEAST_S:
        return 0
    if duration_s == math.inf:
        return BINS - 1
    return min(BINS - 1, 1 + int(math.log2(duration_s / LEAST_S) * BINS_A_DOUBLING))


def middle_of(number: int) -> float:
    """The duration, in seconds, that a bin stands for."""
    return 0.0 if number == 0 else LEAST_S * 2 ** ((number - 0.5) / BINS_A_DOUBLING)


def percentile(counts: Sequence[tuple[int, int]], share: float) -> float | None:
    """The duration below which ``share`` of all lie; ``counts`` are (bin, n) in order of bins."""
    total = sum(n for _, n in counts)
    if total <= 0:
        return None
    left = share * total
    for number, n in counts:
        left -= n
        if left <= 0:
            return middle_of(number)
    return middle_of(counts[-1][0])
