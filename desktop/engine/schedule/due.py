"""When each entry runs next, and which are overdue. Pure.

Beat writes what it has run at most every three minutes (``Scheduler.sync_every``), so while it runs
its file is old and says nothing of lateness: what was due is taken to have been sent. While none
runs, the file is the truth.
"""

from __future__ import annotations

import math

from desktop.engine.schedule.app_schedule import Told, ToldEntry
from desktop.engine.task_model import ScheduleEntry

GRACE_S = 5.0
"""An entry is late from here on."""


def entries(told: Told, now: float, *, beat_runs: bool) -> tuple[ScheduleEntry, ...]:
    """As a person reads them: those that are overdue, then by the next run."""
    made = (_entry(one, now, beat_runs) for one in told.entries)
    return tuple(
        sorted(made, key=lambda one: (-(one.late_s or 0.0), one.next_run_at or math.inf, one.name))
    )


def _entry(one: ToldEntry, now: float, beat_runs: bool) -> ScheduleEntry:
    overdue_s = now - one.due_at if one.due_at is not None else 0.0
    late = not beat_runs and overdue_s > GRACE_S
    return ScheduleEntry(
        one.name,
        one.task or one.problem,
        one.schedule,
        one.args,
        one.kwargs,
        one.queue,
        one.last_run_at,
        one.due_at if late else _next(one, now),
        one.total_runs,
        overdue_s if late else None,
        not one.problem,
        one.every_s,
    )


def _next(one: ToldEntry, now: float) -> float | None:
    if one.due_at is not None and one.due_at > now:
        return one.due_at
    if one.due_at is not None and one.every_s:
        return one.due_at + math.ceil((now - one.due_at) / one.every_s) * one.every_s
    return next((at for at in one.coming if at > now), None)
