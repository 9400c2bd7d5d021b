"""What a report of ``monitor`` says: in lines for a pipe, and as the parts of a screen."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from desktop.cli.ink import harmless
from desktop.cli.rates import Rate
from desktop.cli.render import Table, plain_table
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
from desktop.engine.model import StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import UP, Owner, ServiceKind
from desktop.quantities import clock, duration, percent, size
from desktop.words import tr

ROWS_MAX = 50
"""Running tasks of one report on a pipe."""
LOG_LINES = 3


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
    """Services, workers, queues, and what runs (``rows_max`` of it); each in the stack's order."""
    if stack.services:
        yield services_table(stack, now)
    if stack.workers:
        yield workers_table(stack.workers, now)
    if stack.queues:
        yield queue_depths_table(stack)
    running = running_table(stack.active, now, rows_max)
    if running.rows:
        yield running


def full(snapshot: Snapshot | None, stack: StackStatus, rate: Rate | None = None) -> Iterator[str]:
    """A whole report in plain lines."""
    yield from head(snapshot, stack, rate)
    longest_first = sorted(stack.active, key=lambda task: task.started_at or 0.0)
    shown = msgspec.structs.replace(stack, active=tuple(longest_first))
    for table in tables(shown, time.time(), ROWS_MAX):
        yield ""
        yield from plain_table(table)
    yield from details(stack, log_lines=LOG_LINES, counts=False)
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
