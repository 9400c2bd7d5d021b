"""A cleanup's plan, result and log in tables and lines for a person."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

from desktop.cli.context import Context
from desktop.cli.ink import harmless, paint
from desktop.cli.render import Cell, Table
from desktop.cli.states import OWNER
from desktop.engine.cleanup_model import LostTask
from desktop.engine.commands import CleanupEntry, CleanupReport, LeftProcess, PlanRow
from desktop.engine.states import Owner, PlanAction
from desktop.quantities import clock, duration, size
from desktop.words import tr, trn

ARGUMENTS_MAX = 80
"""So much of a lost task's arguments is shown on its line."""


def to_stop(rows: Sequence[PlanRow]) -> Table:
    now = time.time()
    headers = ("PID", tr("Process"), tr("Whose"), tr("Age"), tr("Memory"), tr("Tasks"), tr("Why"))
    return Table(
        headers,
        tuple(
            (
                *_process(row, now),
                "" if row.worker.rss_bytes is None else size(row.worker.rss_bytes),
                str(row.outcome),
                str(row.why),
            )
            for row in rows
        ),
    )


def left_alone(rows: Sequence[PlanRow]) -> Table:
    now = time.time()
    headers = ("PID", tr("Process"), tr("Whose"), tr("Age"), tr("Why"))
    return Table(headers, tuple((*_process(row, now), str(row.why)) for row in rows))


def _process(row: PlanRow, now: float) -> tuple[Cell | str, ...]:
    worker = row.worker
    owner = OWNER[worker.owner]
    return (
        str(worker.pid),
        worker.node or worker.role.value,
        Cell(str(owner), owner.style),
        duration(now - worker.create_time) if worker.create_time else "",
    )


def nothing(plan: Sequence[PlanRow]) -> str:
    """Said where nothing is chosen."""
    external = sum(
        row.worker.owner is Owner.EXTERNAL and row.worker.this_app and row.action is PlanAction.STOP
        for row in plan
    )
    words = tr("Nothing to clean up.")
    if external:
        words += " " + trn(
            "{n} external worker of this app is left alone; --all takes it too.",
            "{n} external workers of this app are left alone; --all takes them too.",
            external,
        )
    return words


def result(context: Context, done: CleanupReport) -> Iterator[str]:
    """What came of it, a line each; what was left is told apart."""
    color = context.paints(sys.stdout)
    if done.stopped:
        count = trn("Stopped {n} process.", "Stopped {n} processes.", len(done.stopped))
        yield paint("● ", "ok", color=color) + count
    if done.rescued:
        yield trn(
            "{n} task of a dead worker is back in its queue:",
            "{n} tasks of dead workers are back in their queues:",
            len(done.rescued),
        )
        for back in done.rescued:
            yield f"  {harmless(back.name)} ({harmless(back.queue)}) {harmless(back.id)}"
    if done.lost:
        words = trn(
            "{n} task was acknowledged early and died with its worker:",
            "{n} tasks were acknowledged early and died with their workers:",
            len(done.lost),
        )
        yield paint(words, "bad", color=color)
        for task in done.lost:
            yield f"  {_lost(task)}"
        ids = " ".join(harmless(task.id) for task in done.lost)
        yield "  → " + tr(
            "To run them again: {command}", command=f"celery-tray cleanup --run-again {ids}"
        )
    if done.stranded:
        words = trn(
            "{n} message of a dead worker can't be put back yet: {why}",
            "{n} messages of dead workers can't be put back yet: {why}",
            done.stranded.count,
            why=done.stranded.why,
        )
        yield paint(f"▲ {words}", "warn", color=color)


def left_line(left: LeftProcess) -> str:
    return tr("Left running: {pid}. {why}", pid=str(left.pid), why=harmless(str(left.why)))


def sent_line(task: LostTask) -> str:
    return tr("{task} was sent again as {id}.", task=harmless(task.name), id=task.again_id)


def log_table(entries: Sequence[CleanupEntry]) -> Table:
    headers = (tr("When"), "PID", tr("What"), tr("Details"))
    return Table(
        headers,
        tuple(
            (clock(one.at), str(one.pid or ""), one.what, f"{one.words} {one.task_id}".strip())
            for one in entries
        ),
    )


def _lost(task: LostTask) -> str:
    arguments = ", ".join(part for part in (task.args, task.kwargs) if part not in {"", "{}", "[]"})
    if len(arguments) > ARGUMENTS_MAX:
        arguments = arguments[: ARGUMENTS_MAX - 1] + "…"
    return harmless(f"{task.name} {arguments} {task.id}".replace("  ", " "))
