"""``monitor``: a live view in the terminal, or one report per interval on a pipe."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import click

from desktop.cli.arguments import Seconds, WholeNumber
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.ink import harmless
from desktop.cli.look import look
from desktop.cli.rates import Rate, Rates
from desktop.cli.render import Table, console, plain_table, print_json, rich_table
from desktop.cli.report import (
    details,
    headline,
    queue_depths_table,
    running_table,
    services_table,
    tasks_line,
    workers_table,
)
from desktop.cli.states import OWNER, SERVICE, STACK, state_words
from desktop.engine.client import Client
from desktop.engine.commands import Census, Open, Watch
from desktop.engine.documents import status_document
from desktop.engine.errors import EngineError, NotRunning
from desktop.engine.model import StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import UP, Owner, ServiceKind
from desktop.quantities import clock, duration, percent, size
from desktop.words import tr

INTERVAL_S = 2.0
COUNT_MAX = 1_000_000_000
ROWS_MAX = 50
"""Running tasks of one report on a pipe."""
ROWS_MIN = 3


@verb(
    "monitor",
    example="celery-tray monitor --simple --interval 30",
    more=tr("On a pipe, and with --json, one report per interval; until Ctrl-C or --count."),
)
@click.option("--simple", is_flag=True, help=tr("A few lines a report: state, tasks, workers."))
@click.option(
    "--interval",
    type=Seconds(0.1),
    default=INTERVAL_S,
    help=tr("Seconds between reports; {default} without it.", default=f"{INTERVAL_S:g}"),
)
@click.option("--count", type=WholeNumber(1, COUNT_MAX), help=tr("So many reports, then end."))
def monitor(context: Context, simple: bool, interval: float, count: int | None) -> int:
    reports = _reports(context, interval, count)
    if context.as_json:
        for snapshot, stack in reports:
            print_json(status_document(snapshot, stack, time.time()), lines=count != 1)
    elif simple or not context.terminal:
        rates = Rates()
        for snapshot, stack in reports:
            rate = rates.take(stack, time.monotonic())
            lines = brief(snapshot, stack) if simple else full(snapshot, stack, rate)
            context.say("\n".join(lines))
    else:
        _live(context, reports, endless=count is None)
    return 0


def _reports(
    context: Context, interval_s: float, count: int | None
) -> Iterator[tuple[Snapshot | None, StackStatus]]:
    """The stack, every ``interval_s``. While it lasts an engine is kept running, which also finds
    workers that were started elsewhere; should it die, the next one is started."""
    holder: Client | None = None
    due = time.monotonic()
    for number in itertools.count(1):
        try:
            if holder is None:
                holder = context.connect(stays=True)
                holder.submit(Open(context.project))
                holder.submit(Watch(interval_s))
            with context.connect(start=False) as client:
                client.submit(Census(context.project))
        except (EngineError, NotRunning):
            holder = None
        yield look(context)
        if number == count:
            return
        due = max(due + interval_s, time.monotonic())
        time.sleep(max(due - time.monotonic(), 0.0))


def _live(
    context: Context,
    reports: Iterator[tuple[Snapshot | None, StackStatus]],
    *,
    endless: bool,
) -> None:
    """Redrawn in place; without an end on a screen of its own, as top does."""
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    rates = Rates()
    with Live(console=console(context), auto_refresh=False, screen=endless) as live:
        for snapshot, stack in reports:
            now, color = time.time(), context.paints(live.console.file)
            rate = rates.take(stack, time.monotonic())
            room = max(live.console.height - _lines_besides(stack), ROWS_MIN)
            parts: list[object] = [
                Text.from_ansi(line) for line in head(snapshot, stack, rate, color=color)
            ]
            for table in tables(stack, now, room):
                parts += [Text(), rich_table(table)]
            parts += [
                Text.from_ansi(line)
                for line in details(stack, color=color, log_lines=3, counts=False)
            ]
            live.update(Group(*parts), refresh=True)  # type: ignore[arg-type]


def _lines_besides(stack: StackStatus) -> int:
    """What the screen holds beside the tasks that run."""
    return 12 + len(stack.services) + len(stack.workers) + len(stack.queues)


def head(
    snapshot: Snapshot | None, stack: StackStatus, rate: Rate | None, *, color: bool = False
) -> Iterator[str]:
    """State, machine, tasks: a line each."""
    yield f"{clock(time.time())}  {headline(snapshot, stack, color=color)}"
    if snapshot:
        yield machine_line(snapshot)
    line = tasks_line(stack)
    if rate is not None:
        line = tr(
            "{tasks}; {finished}/s, {failed}/s of them failed",
            tasks=line,
            finished=f"{rate.finished:.1f}",
            failed=f"{rate.failed:.1f}",
        )
    yield line


def tables(stack: StackStatus, now: float, rows_max: int) -> Iterator[Table]:
    """Services, workers, queues, and what runs (``rows_max`` of it)."""
    if stack.services:
        yield services_table(stack, now)
    if stack.workers:
        yield workers_table(stack.workers, now)
    if stack.queues:
        yield queue_depths_table(stack)
    running = running_table(stack, now, rows_max)
    if running.rows:
        yield running


def full(snapshot: Snapshot | None, stack: StackStatus, rate: Rate | None = None) -> Iterator[str]:
    """A whole report in plain lines."""
    yield from head(snapshot, stack, rate)
    for table in tables(stack, time.time(), ROWS_MAX):
        yield ""
        yield from plain_table(table)
    yield from details(stack, log_lines=3, counts=False)
    yield ""


def brief(snapshot: Snapshot | None, stack: StackStatus) -> Iterator[str]:
    """The state on a line, then a line for each worker, found ones included."""
    now = time.time()
    counted = [s for s in stack.services if (s.enabled or s.wanted) and not s.of]
    services = tr(
        "services {up}/{all}", up=sum(one.state in UP for one in counted), all=len(counted)
    )
    waiting = tr("{n} waiting", n=sum(queue.depth for queue in stack.queues))
    parts = [str(STACK[stack.state]), services, tasks_line(stack), waiting]
    yield "  ".join([clock(now), *parts, machine_line(snapshot)]).rstrip()
    for one in stack.services:
        if one.kind is ServiceKind.WORKER:
            facts = [f"{SERVICE[one.state].glyph} {one.name}", state_words(one)]
            if one.pid:
                facts.append(tr("pid {pid}", pid=one.pid))
            if one.started_at and one.pid:
                facts.append(duration(now - one.started_at))
            if one.rss_bytes is not None:
                facts.append(size(one.rss_bytes))
            yield "  " + "  ".join(facts)
    for row in stack.workers:
        if row.owner is not Owner.OURS:
            name = harmless(row.node or row.command)
            yield f"  {OWNER[row.owner]}  {name}  {tr('pid {pid}', pid=row.pid)}"


def machine_line(snapshot: Snapshot | None) -> str:
    """CPU, memory and disk of this machine."""
    if snapshot is None:
        return ""
    machine = snapshot.machine
    return tr(
        "CPU {cpu}, memory {memory}, disk {disk} free",
        cpu=percent(machine.cpu_percent),
        memory=percent(machine.memory_percent),
        disk=size(machine.disk_free_bytes),
    )
