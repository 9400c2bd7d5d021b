"""``monitor``: a live view in the terminal, or one report per interval on a pipe."""

from __future__ import annotations

import itertools
import time

import click

from desktop.cli.context import Context
from desktop.cli.render import GLYPHS, print_json, state_word
from desktop.cli.status import look, show
from desktop.engine.documents import status_document
from desktop.engine.model import StackStatus
from desktop.quantities import clock
from desktop.words import tr


@click.command()
@click.option("--simple", is_flag=True, help="One line a report.")
@click.option(
    "--interval", type=click.FloatRange(0.1), default=2.0, show_default=True, help="Seconds."
)
@click.option("--count", type=click.IntRange(1), help="So many reports, then end.")
@click.pass_obj
def monitor(context: Context, simple: bool, interval: float, count: int | None) -> int:
    """Watch services, workers, tasks and queues.

    Example: celery-tray monitor --simple --interval 30
    """
    for number in itertools.count(1):
        snapshot, stack = look(context)
        if context.as_json:
            print_json(status_document(snapshot, stack, time.time()))
        elif simple:
            context.say(line(stack))
        else:
            if context.terminal:
                click.clear()
            show(context, stack)
        if count is not None and number >= count:
            break
        time.sleep(interval)
    return 0


def line(stack: StackStatus) -> str:
    """The stack on one line."""
    services = "  ".join(
        f"{GLYPHS[one.state]} {one.name} {state_word(one.state)}" for one in stack.services
    )
    tasks = tr(
        "{active} running, {succeeded} succeeded, {failed} failed",
        active=stack.tasks.active,
        succeeded=stack.tasks.succeeded,
        failed=stack.tasks.failed,
    )
    return f"{clock(time.time())}  {services or tr('Nothing is running.')}  {tasks}"
