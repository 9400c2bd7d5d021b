"""The state of a stack in tables and lines for a person."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from desktop.calls import arguments
from desktop.cli.context import Context
from desktop.cli.failure import problem_lines
from desktop.cli.ink import harmless, paint
from desktop.cli.render import Cell, Table, plain_table, print_table
from desktop.cli.states import OWNER, SERVICE, STACK, finding_words, started_by_words
from desktop.engine.model import ActiveTask, Finding, ServiceStatus, StackStatus, WorkerRow
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import ALIVE, Confidence, ServiceState, Severity
from desktop.quantities import duration, percent, size
from desktop.words import tr, trn

SEVERITY_STYLES = {Severity.INFO: "off", Severity.WARNING: "warn", Severity.CRITICAL: "bad"}


def print_report(context: Context, snapshot: Snapshot | None, stack: StackStatus) -> None:
    """Everything that ``status`` says."""
    import sys

    color = context.paints(sys.stdout)
    context.say(headline(snapshot, stack, color=color))
    now = time.time()
    if stack.services:
        print_table(context, services_table(stack, now))
    for line in details(stack, color=color):
        context.say(line)


def headline(snapshot: Snapshot | None, stack: StackStatus, *, color: bool = False) -> str:
    """ "● Running  shop · shop.celery:app · redis://…" """
    look = STACK[stack.state]
    parts = " · ".join(harmless(part) for part in (stack.name, stack.app, stack.broker) if part)
    line = f"{paint(str(look), look.style, color=color)}  {parts}"
    if snapshot is None and stack.services:
        line += "\n" + tr("No engine runs; what is shown was found in records and process table.")
    return line


def services_table(stack: StackStatus, now: float) -> Table:
    headers = (
        tr("Service"),
        tr("State"),
        "PID",
        "CPU",
        tr("Memory"),
        tr("Up for"),
        tr("Restarts"),
        tr("Address"),
    )
    return Table(headers, tuple(_service_row(one, now) for one in stack.services))


def _service_row(one: ServiceStatus, now: float) -> tuple[Cell | str, ...]:
    look = SERVICE[one.state]
    up = one.started_at is not None and one.state in ALIVE
    return (
        one.name,
        Cell(str(look), look.style),
        str(one.pid or ""),
        "" if one.cpu_percent is None else percent(one.cpu_percent),
        "" if one.rss_bytes is None else size(one.rss_bytes),
        duration(now - one.started_at) if up and one.started_at else "",
        str(one.restarts or ""),
        _where(one),
    )


def _where(one: ServiceStatus) -> str:
    if one.note:
        return str(one.note)
    return one.url if one.state is not ServiceState.STOPPED else ""


def details(
    stack: StackStatus, *, color: bool = False, log_lines: int = 8, counts: bool = True
) -> Iterator[str]:
    """What the table has no room for: errors, tasks and queues (``counts``), findings; a line
    each."""
    told = set()
    for one in stack.services:
        if one.error and one.state in {ServiceState.FAILED, ServiceState.BACKOFF}:
            told.add(str(one.error.title))
            yield from problem_lines(one.error, color=color, log_lines=log_lines)
    if stack.problem:
        yield from problem_lines(stack.problem, color=color, log_lines=log_lines)
    if counts and any(one.state is not ServiceState.STOPPED for one in stack.services):
        yield tasks_line(stack)
        if stack.queues:
            yield queues_line(stack)
    for finding in stack.findings:
        if str(finding.title) not in told:
            yield finding_line(finding, color=color)


def tasks_line(stack: StackStatus) -> str:
    tasks = stack.tasks
    return tr(
        "Tasks: {active} running, {succeeded} succeeded, {failed} failed, {retried} retried",
        active=tasks.active,
        succeeded=tasks.succeeded,
        failed=tasks.failed,
        retried=tasks.retried,
    )


def running_table(tasks: Iterable[ActiveTask], now: float, most: int) -> Table:
    """What of these runs, in their order; at most so many rows."""
    running = [task for task in tasks if task.started_at is not None]
    headers = (tr("Running for"), tr("Worker"), tr("Task"), tr("ID"), tr("Arguments"))
    return Table(
        headers,
        tuple(
            (
                duration(now - (task.started_at or now)),
                task.worker,
                task.name,
                task.id,
                arguments(task),
            )
            for task in running[:most]
        ),
    )


def queue_depths_table(stack: StackStatus) -> Table:
    """What waits in each queue, and who takes it."""
    headers = (tr("Queue"), tr("Waiting"), tr("Delivered"), tr("Consumers"))
    return Table(
        headers,
        tuple(
            (
                queue.name,
                Cell(f"{queue.depth:,}", "warn" if queue.depth and queue.consumers == 0 else ""),
                f"{queue.unacked:,}" if queue.unacked else "",
                "" if queue.consumers is None else str(queue.consumers),
            )
            for queue in stack.queues
        ),
    )


def queues_line(stack: StackStatus) -> str:
    each = ", ".join(
        trn("{name}: {n} waiting", "{name}: {n} waiting", queue.depth, name=harmless(queue.name))
        for queue in stack.queues
    )
    return tr("Queues: {queues}", queues=each)


def finding_line(finding: Finding, *, color: bool = False) -> str:
    words = " ".join(harmless(str(part)) for part in (finding.title, finding.detail) if str(part))
    fix = f"\n  → {harmless(str(finding.fix))}" if str(finding.fix) else ""
    return paint(f"▲ {words}", SEVERITY_STYLES[finding.severity], color=color) + fix


def workers_lines(rows: tuple[WorkerRow, ...], now: float, *, color: bool = False) -> Iterator[str]:
    """Celery processes as a table, below each what is wrong with it and how that is known."""
    head, *lines = plain_table(workers_table(rows, now), color=color)
    yield head
    for row, line in zip(rows, lines, strict=True):
        yield line
        for verdict in row.verdicts:
            if verdict.confidence is Confidence.UNKNOWN:
                words = tr("{what}: {why}", what=finding_words(verdict), why=str(verdict.evidence))
                yield paint(f"    ? {harmless(words)}", "off", color=color)
            else:
                yield paint(f"    ▲ {harmless(str(verdict.evidence))}", "warn", color=color)
        for reason in row.why:
            yield paint(f"      {harmless(str(reason))}", "off", color=color)


def workers_table(rows: tuple[WorkerRow, ...], now: float) -> Table:
    headers = (
        "PID",
        tr("Role"),
        tr("Node"),
        tr("App"),
        tr("Whose"),
        tr("Started by"),
        tr("Age"),
        tr("Memory"),
        tr("Tasks"),
        tr("Findings"),
    )
    return Table(headers, tuple(_worker_row(row, now) for row in rows))


def _worker_row(row: WorkerRow, now: float) -> tuple[Cell | str, ...]:
    owner = OWNER[row.owner]
    known = (one for one in row.verdicts if one.confidence is not Confidence.UNKNOWN)
    return (
        str(row.pid),
        row.role.value,
        row.node,
        row.app,
        Cell(str(owner), owner.style),
        started_by_words(row.started_by),
        duration(now - row.create_time) if row.create_time else "",
        "" if row.rss_bytes is None else size(row.rss_bytes),
        "" if row.active is None else str(row.active),
        Cell(", ".join(map(finding_words, known)), "warn"),
    )
