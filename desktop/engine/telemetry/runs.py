"""Which run of a task an event belongs to, where that is not plain.

Most events follow the one before, from the same process, and the fold takes them itself. The rest
come here: late, early, of an earlier run, of another process. All that is known of the task is then
put in order anew, so that it does not matter in which order it came. Within a process its Lamport
clock tells the order. Between processes nothing does for certain: the number of retries where it is
told, then the wall clocks, put right by how far each node's is off, and at last Celery's precedence
of states.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cmp_to_key

from desktop.engine.states import TaskState
from desktop.engine.telemetry import endings
from desktop.engine.telemetry.record import RANK, Record, Run, Skew, describe, own, place_of
from desktop.engine.telemetry.wire import Event

RUNS_MAX = 40
"""Runs of one task that are remembered while it is not finished."""
ASKED = 0.0
"""The place of what a node only answered: before all that its events tell."""


def place(record: Record, event: Event, state: TaskState, skew: Skew) -> bool:
    """Put ``event``, which tells that a run came to ``state``, where it belongs in ``record``.

    False: it was known before.
    """
    runs = [*(record.more.earlier or ()), endings.present(record)]
    if record.more.elsewhere:
        runs.append(record.more.elsewhere)
    mine = [run for run in runs if run.node == event.hostname and run.pid in {0, event.pid}]
    where = place_of(event)
    if any(where in {run.r, run.s, run.e} for run in mine):
        return False
    others = [run for run in runs if all(run is not one for one in mine)]
    news = Run(event.hostname, event.pid)
    endings.fill(news, event, state, where)
    if state is TaskState.RECEIVED:
        describe(record, event)
    parts = [part for run in mine for part in endings.parts(run)]
    ordered = sorted([*parts, news], key=lambda part: part.first)
    runs = sorted((*others, *_cut(ordered)), key=cmp_to_key(_Order(skew)))
    _take(record, runs)
    return True


def _cut(parts: Iterable[Run]) -> list[Run]:
    """The runs of one process, of what it told in its order: each part is one event."""
    runs: list[Run] = []
    for part in parts:
        run = _run_of(part, runs)
        if run is None:
            runs.append(part)
        else:
            endings.join(run, part)
    return runs


def _run_of(part: Run, runs: list[Run]) -> Run | None:
    """The run that ``part`` goes on with; None: it begins one.

    A retry is on its way before the run that asked for it has told so: its reception, and even its
    start, may come before "retried". So that is of the first run that runs, and every other end
    of the last.
    """
    open_ = [run for run in runs if run.e < 0.0]
    if part.r >= 0.0:
        return next((run for run in open_ if run.first == ASKED and _is_before(part, run)), None)
    if part.s >= 0.0:
        fitting = [run for run in open_ if run.s < 0.0 or run.s == ASKED]
        return fitting[-1] if fitting else None
    begun = [run for run in open_ if run.s >= 0.0]
    if part.state is TaskState.RETRY or not part.final:
        return begun[0] if begun else open_[-1] if open_ else None
    if open_:
        return begun[-1] if begun else open_[-1]
    # Celery says both "failed" and "rejected" of one run.
    return runs[-1] if runs and runs[-1].final else None


def _is_before(part: Run, run: Run) -> bool:
    """Whether this reception may be that of a run of which only an answer told."""
    return (part.received_at or 0.0) <= (run.started_at or run.received_at or math.inf)


class _Order:
    """Compares two runs, which may be of different processes."""

    def __init__(self, skew: Skew) -> None:
        self._skew = skew

    def __call__(self, one: Run, other: Run) -> int:
        if (one.node, one.pid) == (other.node, other.pid):
            return -1 if one.first < other.first else 1
        if None not in {one.retries, other.retries} and one.retries != other.retries:
            return -1 if (one.retries or 0) < (other.retries or 0) else 1
        ours, theirs = one.begun_at + self._skew(one.node), other.begun_at + self._skew(other.node)
        if ours == theirs or not (one.begun_at and other.begun_at):
            return RANK[one.state] - RANK[other.state]
        return -1 if ours < theirs else 1


def _take(record: Record, runs: list[Run]) -> None:
    """``runs`` are all that are known, in their order: which is the present one?"""
    present = _present(runs)
    endings.make_present(record, present)
    waits = runs[-1] if runs[-1] is not present and _only_waits(runs[-1]) else None
    earlier = [run for run in runs if run is not present and run is not waits]
    more = own(record)
    more.elsewhere, more.earlier = waits, earlier[-RUNS_MAX:] or None
    more.retried = sum(run.state is TaskState.RETRY for run in earlier)
    record.starts = max(record.starts, sum(run.s >= 0.0 for run in runs))


def _present(runs: list[Run]) -> Run:
    last = runs[-1]
    if last.final or last.e >= 0.0:
        # What ends for good is behind what comes again, and the higher of two ends counts.
        finals = [run for run in runs if run.final]
        return max(finals, key=lambda run: RANK[run.state]) if finals else last
    if _only_waits(last):
        # A started task stays with the process that runs it, until another starts it too.
        running = [run for run in runs if run.state is TaskState.STARTED]
        ended = [run for run in runs if run.final and run.ended_at and run.at >= last.at]
        return running[-1] if running else ended[-1] if ended else last
    return last


def _only_waits(run: Run) -> bool:
    return run.s < 0.0 and run.e < 0.0
