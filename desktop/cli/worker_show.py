"""``workers show`` and ``workers dump``: all of one worker, and where it hangs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import click

from desktop.cli.arguments import WholeNumber
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.ink import harmless, paint
from desktop.cli.render import Table, plain_table, print_json
from desktop.cli.states import OWNER
from desktop.cli.worker_verbs import PID_MAX, node_argument, open_stack, pid_option, whole_name
from desktop.engine.control_documents import dump_document, node_document
from desktop.engine.node_commands import DumpNode, NodeDetail, NodeProcess, ShowNode, StackDump
from desktop.quantities import clock, duration, percent, size
from desktop.words import tr


@verb("show", example="celery-tray workers show worker1 --json")
@node_argument
@pid_option
def show(context: Context, node: str, pid: int | None) -> int:
    with context.connect() as client:
        open_stack(context, client)
        command = ShowNode(context.project, whole_name(context, client, node), pid or 0)
        detail = client.submit(command)
        time.sleep(CPU_OVER_S)
        detail = client.submit(command)  # again: CPU is what was used between two looks
    assert isinstance(detail, NodeDetail)  # noqa: S101 - what ShowNode answers
    if context.as_json:
        print_json(node_document(detail))
        return 0
    for line in lines(detail, time.time(), color=context.paints(sys.stdout)):
        context.say(line)
    return 0


CPU_OVER_S = 0.3


def lines(detail: NodeDetail, now: float, *, color: bool) -> Iterator[str]:
    """One worker for a person."""
    owner = str(OWNER[detail.owner].word) if detail.owner else ""
    parts = [detail.pool, owner, detail.service]
    about = " · ".join(part for part in parts if part)
    yield paint(harmless(detail.node), "title", color=color) + (f"  {about}" if about else "")
    if detail.command:
        yield f"  {harmless(detail.command)}"
    if not detail.answered:
        yield paint("▲ " + tr("It does not answer."), "warn", color=color)
    if detail.shares_its_name:
        words = tr("Another worker has the same name: not all can be told apart.")
        yield paint(f"▲ {words}", "warn", color=color)
    for caption, value in _facts(detail):
        if value:
            yield f"  {caption}: {harmless(value)}"
    yield from plain_table(_processes(detail, now), color=color)
    for one in detail.scheduled:
        at = clock(one.at) if one.at else "?"
        yield "  " + tr("waits until {at}: {task}", at=at, task=harmless(f"{one.name} {one.id}"))
    if detail.configuration:
        yield tr("Settings that are not the default:")
        for name, value in detail.configuration:
            yield f"  {harmless(name)} = {harmless(value)}"


def _facts(detail: NodeDetail) -> Iterator[tuple[str, str]]:
    scale = detail.autoscale
    yield tr("Queues"), ", ".join(detail.queues)
    yield tr("Up for"), "" if detail.uptime_s is None else duration(detail.uptime_s)
    yield tr("Concurrency"), str(detail.concurrency or "")
    yield tr("Autoscale"), tr("{least} to {most}", least=scale[1], most=scale[0]) if scale else ""
    yield tr("Prefetch"), str(detail.prefetch or "")
    yield tr("Task events"), {True: tr("sent"), False: tr("not sent"), None: ""}[detail.events]
    yield tr("Done"), str(sum(count for _, count in detail.totals) or "")
    yield tr("Reserved"), str(len(detail.reserved) or "")
    yield tr("Tasks"), ", ".join(one.name for one in detail.registered)


def _processes(detail: NodeDetail, now: float) -> Table:
    headers = ("PID", "CPU", tr("Memory"), tr("Runs"), tr("For"), tr("Usually"))
    return Table(headers, tuple(_row(one, now) for one in detail.processes))


def _row(one: NodeProcess, now: float) -> tuple[str, ...]:
    started = one.task_started_at
    return (
        str(one.pid),
        "" if one.cpu_percent is None else percent(one.cpu_percent),
        "" if one.rss_bytes is None else size(one.rss_bytes),
        one.task_name or (tr("main process") if one.main else "–"),
        "" if started is None else duration(max(now - started, 0.0)),
        "" if one.task_usual_s is None else duration(one.task_usual_s),
    )


@verb(
    "dump",
    example="celery-tray workers dump worker1",
    more=tr(
        "The Python stacks of a process, by py-spy where that is installed. Without it a main "
        "process is asked by signal to write them into its log (with --yes where somebody else "
        "started it); of a pool's process only what the system tells is known."
    ),
)
@node_argument
@click.option(
    "--pid",
    type=WholeNumber(1, PID_MAX),
    metavar="PID",
    help=tr("One of its processes; without it, the main one."),
)
@click.option("--yes", is_flag=True, help=tr("Also ask a worker that somebody else started."))
def dump(context: Context, node: str, pid: int | None, yes: bool) -> int:
    with context.connect() as client:
        open_stack(context, client)
        name = whole_name(context, client, node)
        found = client.submit(DumpNode(context.project, name, pid or 0, yes))
    assert isinstance(found, StackDump)  # noqa: S101 - what DumpNode answers
    if context.as_json:
        print_json(dump_document(found))
        return 0
    for line in found.text.splitlines():
        context.say(harmless(line))
    context.warn(harmless(f"({found.by}) {found.note}".rstrip()))
    return 0
