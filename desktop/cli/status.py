"""``status``: services, workers, tasks, queues, findings. Never starts an engine."""

from __future__ import annotations

import time

import click

from desktop.cli.context import Context
from desktop.cli.render import GLYPHS, print_json, problem_lines, state_word, table
from desktop.engine.errors import NotRunning
from desktop.engine.model import StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import StackState
from desktop.words import tr, trn

EXIT_CODES = {
    StackState.RUNNING: 0,
    StackState.STOPPED: 3,
    StackState.PARTIAL: 4,
    StackState.FAILED: 4,
}


@click.command()
@click.pass_obj
def status(context: Context) -> int:
    """Show services, workers, tasks, queues and findings.

    Exit code 0: everything runs; 3: nothing runs; 4: some of it runs.

    Example: celery-tray status --json
    """
    snapshot, stack = look(context)
    if context.as_json:
        from desktop.engine.documents import status_document

        print_json(status_document(snapshot, stack, time.time()))
    else:
        show(context, stack)
    return EXIT_CODES[stack.state]


def look(context: Context) -> tuple[Snapshot | None, StackStatus]:
    """The stack as the engine tells it, or without one as records and process table do."""
    project = context.project
    try:
        with context.connect(start=False) as client:
            snapshot = client.snapshot()
    except NotRunning:
        snapshot = None
    stacks = snapshot.stacks if snapshot else ()
    stack = next((s for s in stacks if s.project == project), None)
    if stack is None:
        from desktop.engine import offline

        stack = offline.status(context.home, project)
    return snapshot, stack


def show(context: Context, stack: StackStatus) -> None:
    """The status for a person."""
    from desktop.quantities import duration, percent, size

    now = time.time()
    rows = [
        (
            f"{GLYPHS[one.state]} {one.name}",
            state_word(one.state),
            str(one.pid or ""),
            "" if one.cpu_percent is None else percent(one.cpu_percent),
            "" if one.rss_bytes is None else size(one.rss_bytes),
            duration(now - one.started_at) if one.started_at else "",
            one.url or str(one.note or ""),
        )
        for one in stack.services
    ]
    context.say(f"{stack.name} · {stack.app}")
    if not rows:
        context.say(tr("Nothing is running."))
        return
    headers = ("service", "state", "pid", "cpu", "memory", "up", "address")
    table(_headers(headers), rows, color=context.color)
    for one in stack.services:
        if one.error:
            context.say("\n".join(problem_lines(one.error)))
    tasks = stack.tasks
    context.say(
        tr(
            "Tasks: {active} running, {succeeded} succeeded, {failed} failed, {retried} retried",
            active=tasks.active,
            succeeded=tasks.succeeded,
            failed=tasks.failed,
            retried=tasks.retried,
        )
    )
    for queue in stack.queues:
        context.say(
            trn(
                "Queue {name}: {n} waiting",
                "Queue {name}: {n} waiting",
                queue.depth,
                name=queue.name,
            )
        )
    for finding in stack.findings:
        context.say(f"▲ {finding.title} {finding.detail} → {finding.fix}")


def _headers(names: tuple[str, ...]) -> tuple[str, ...]:
    words = {
        "service": tr("Service"),
        "state": tr("State"),
        "pid": "PID",
        "cpu": "CPU",
        "memory": tr("Memory"),
        "up": tr("Up"),
        "address": tr("Address"),
    }
    return tuple(words[name] for name in names)
