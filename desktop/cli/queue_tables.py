"""Queues, messages and schedules in tables and lines for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from desktop.calls import arguments, message_notes
from desktop.cli.ink import harmless, paint
from desktop.cli.render import Cell, Table
from desktop.engine.queue_commands import Schedule, WhyReport
from desktop.engine.task_model import (
    QueueDetail,
    QueuedMessage,
    Reason,
    ScheduleEntry,
    WaitingTask,
)
from desktop.quantities import clock, duration, size
from desktop.words import tr

ARGUMENTS_MAX = 80
GROWTH_LEAST = 0.5
"""Messages a minute; less is standing still."""


def queues_table(queues: Iterable[QueueDetail], now: float) -> Table:
    headers = (
        tr("Queue"),
        tr("Waiting"),
        tr("Delivered"),
        tr("Consumers"),
        tr("Oldest"),
        tr("Pace"),
        tr("Empty in"),
        tr("Delivered again in"),
    )
    return Table(headers, tuple(_queue_row(queue, now) for queue in queues))


def _queue_row(queue: QueueDetail, now: float) -> tuple[Cell | str, ...]:
    alone = queue.depth and queue.consumers == ()
    return (
        Cell(queue.name, "" if queue.mine else "off"),
        Cell(f"{queue.depth:,}", "warn" if alone else ""),
        f"{queue.unacked:,}" if queue.unacked else "",
        consumers_cell(queue),
        oldest_words(queue, now),
        pace_words(queue.growth_per_minute),
        duration(queue.drained_in_s) if queue.drained_in_s else "",
        "" if queue.redelivered_in_s is None else duration(queue.redelivered_in_s),
    )


def consumers_cell(queue: QueueDetail) -> Cell:
    if queue.consumers is None:
        return Cell(tr("not known"), "off")
    if not queue.consumers:
        return Cell(tr("nobody"), "warn" if queue.depth else "off")
    return Cell(", ".join(queue.consumers))


def oldest_words(queue: QueueDetail, now: float) -> str:
    """How long the message that is next has waited."""
    if queue.oldest_at is None:
        return ""
    age = duration(now - queue.oldest_at)
    return age if queue.oldest_told else tr("at least {time}", time=age)


def pace_words(per_minute: float | None) -> str:
    """ "+12/min"; nothing where it stands."""
    if per_minute is None or abs(per_minute) < GROWTH_LEAST:
        return ""
    return tr("{count}/min", count=f"{per_minute:+,.0f}")


def notes(queues: Iterable[QueueDetail]) -> Iterator[str]:
    """What is wrong with them, a line each."""
    for queue in queues:
        if queue.mine and queue.depth and queue.consumers == ():
            name = harmless(queue.name)
            yield (
                tr(
                    "Nobody consumes “{queue}”. Did you mean “{near}”?",
                    queue=name,
                    near=harmless(queue.near),
                )
                if queue.near
                else tr("Nobody consumes “{queue}”.", queue=name)
            )


def messages_table(messages: Sequence[QueuedMessage]) -> Table:
    headers = (
        tr("Position"),
        tr("Task"),
        tr("ID"),
        tr("Priority"),
        tr("Size"),
        tr("Notes"),
        tr("Arguments"),
    )
    return Table(headers, tuple(_message_row(one) for one in messages))


def _message_row(one: QueuedMessage) -> tuple[Cell | str, ...]:
    return (
        str(one.position),
        one.name or Cell(tr("no task"), "off"),
        one.id,
        str(one.priority or ""),
        size(one.size_bytes),
        ", ".join(message_notes(one)),
        _cut(arguments(one) or ("" if one.name else one.body)),
    )


def _cut(words: str) -> str:
    return words if len(words) <= ARGUMENTS_MAX else words[: ARGUMENTS_MAX - 1] + "…"


# --- schedule ----------------------------------------------------------------------------------


def entries_table(entries: Iterable[ScheduleEntry], now: float) -> Table:
    headers = (
        tr("Entry"),
        tr("Task"),
        tr("Schedule"),
        tr("Next run"),
        tr("Last run"),
        tr("Times run"),
        tr("Queue"),
    )
    return Table(headers, tuple(_entry_row(one, now) for one in entries))


def _entry_row(one: ScheduleEntry, now: float) -> tuple[Cell | str, ...]:
    return (
        one.name,
        Cell(one.task, "" if one.enabled else "bad"),
        schedule_words(one),
        next_cell(one, now),
        "" if one.last_run_at is None else clock(one.last_run_at),
        "" if one.total_runs is None else str(one.total_runs),
        one.queue,
    )


def schedule_words(one: ScheduleEntry) -> str:
    if one.every_s is not None:
        return tr("every {time}", time=duration(one.every_s))
    return one.schedule


def next_cell(one: ScheduleEntry, now: float) -> Cell:
    if one.late_s is not None:
        return Cell(tr("{time} late", time=duration(one.late_s)), "bad")
    if one.next_run_at is None:
        return Cell("")
    return Cell(tr("in {time}", time=duration(one.next_run_at - now)))


def waiting_table(tasks: Iterable[WaitingTask], now: float) -> Table:
    headers = (tr("Due"), tr("Task"), tr("ID"), tr("Held by"), tr("Notes"), tr("Arguments"))
    return Table(
        headers,
        tuple(
            (
                tr("in {time}", time=duration(one.at - now)) if one.at > now else tr("now"),
                one.name,
                one.id,
                one.worker or Cell(tr("its queue"), "off"),
                tr("retry") if one.retry else "",
                _cut(arguments(one)),
            )
            for one in tasks
        ),
    )


def beat_line(schedule: Schedule) -> str:
    """Whether anybody sends what is due."""
    if schedule.beats > 1:
        return tr("{n} beats run: each entry is sent {n} times.", n=schedule.beats)
    if schedule.beat_runs:
        return tr("Beat is running.")
    return tr("Beat is not running: nothing is sent. Start it: celery-tray start beat")


# --- why ---------------------------------------------------------------------------------------

_GLYPHS = {True: ("▲", "warn"), False: ("·", "off"), None: ("?", "off")}


def why_lines(report: WhyReport, *, color: bool) -> Iterator[str]:
    """The answer, what to do, and each reason with its evidence."""
    holding = next((one for one in report.reasons if one.holds), None)
    yield paint(harmless(str(report.answer)), "title", color=color)
    if holding and str(holding.evidence):
        yield f"  {harmless(str(holding.evidence))}"
    if holding and str(holding.fix):
        yield f"  → {harmless(str(holding.fix))}"
    yield ""
    yield tr("Looked at, step by step:")
    for one in report.reasons:
        yield _reason_line(one, color=color)


def _reason_line(one: Reason, *, color: bool) -> str:
    glyph, style = _GLYPHS[one.holds]
    words = " ".join(str(part) for part in (one.words, one.evidence) if str(part))
    return paint(f"  {glyph} {harmless(words)}", style, color=color)
