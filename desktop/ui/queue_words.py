"""Queues, schedules and messages in words, as the window says them."""

from __future__ import annotations

from desktop.engine.task_model import QueueDetail, ScheduleEntry
from desktop.quantities import duration
from desktop.ui.phrases import DASH
from desktop.words import tr

STANDS = 0.5
"""Messages a minute; less is standing still."""


def is_alone(queue: QueueDetail) -> bool:
    """It holds messages, and nobody consumes it."""
    return bool(queue.depth) and queue.consumers == ()


def consumers(queue: QueueDetail) -> str:
    if queue.consumers is None:
        return tr("not known")
    return ", ".join(queue.consumers) or tr("nobody")


def pace(queue: QueueDetail) -> str:
    """ "+12/min"; a dash where it stands."""
    growth = queue.growth_per_minute
    if growth is None or abs(growth) < STANDS:
        return DASH
    # A minus as wide as the plus.
    return tr("{count}/min", count=f"{growth:+,.0f}".replace("-", "\N{MINUS SIGN}"))


def empty_in(queue: QueueDetail) -> str:
    return duration(queue.drained_in_s) if queue.drained_in_s else DASH


def oldest(queue: QueueDetail, now: float) -> str:
    """How long the message that is next has waited; "≥" where it did not tell itself."""
    if queue.oldest_at is None:
        return DASH
    age = duration(max(0.0, round(now - queue.oldest_at)))
    return age if queue.oldest_told else f"≥ {age}"


def schedule(entry: ScheduleEntry) -> str:
    """ "every 30 s", or a crontab as it was written."""
    if entry.every_s is not None:
        return tr("every {time}", time=duration(entry.every_s))
    return entry.schedule or DASH


def next_run(entry: ScheduleEntry, now: float) -> str:
    if entry.late_s is not None:
        return tr("{time} late", time=duration(entry.late_s))
    if entry.next_run_at is None:
        return DASH
    return due_in(entry.next_run_at, now)


def due_in(at: float, now: float) -> str:
    left = round(at - now)
    return tr("in {time}", time=duration(left)) if left > 0 else tr("now")
