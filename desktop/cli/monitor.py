"""``monitor``: a live view in the terminal, or one report per interval on a pipe."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

import click

from desktop.cli.arguments import Seconds, WholeNumber
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.look import look
from desktop.cli.monitor_report import brief, full
from desktop.cli.rates import Rates
from desktop.cli.render import print_json
from desktop.engine.client import Client
from desktop.engine.commands import Census, Open, Watch
from desktop.engine.documents import status_document
from desktop.engine.errors import EngineError, NotRunning
from desktop.engine.model import StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.words import tr

INTERVAL_S = 2.0
COUNT_MAX = 1_000_000_000


@verb(
    "monitor",
    example="celery-tray monitor --simple --interval 30",
    more=tr(
        "At a terminal there are keys as in top: q ends it, arrows scroll, space holds, s sorts, "
        "v chooses what is shown. On a pipe, and with --json, one report per interval; until "
        "Ctrl-C or --count."
    ),
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
    if not (context.as_json or simple) and context.terminal:
        _live(context, interval, count)
        return 0
    reports = _reports(context, interval, count)
    if context.as_json:
        for snapshot, stack in reports:
            print_json(status_document(snapshot, stack, time.time()), lines=count != 1)
    else:
        rates = Rates()
        for snapshot, stack in reports:
            rate = rates.take(stack, time.monotonic())
            lines = brief(snapshot, stack) if simple else full(snapshot, stack, rate)
            context.say("\n".join(lines))
    return 0


def _live(context: Context, interval_s: float, count: int | None) -> None:
    from desktop.cli.monitor_screen import Left, monitor_screen

    with monitor_screen(context, endless=count is None) as screen:
        try:
            for snapshot, stack in _reports(context, interval_s, count, screen.wait):
                screen.show(snapshot, stack)
        except Left:
            return


def _reports(
    context: Context,
    interval_s: float,
    count: int | None,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[Snapshot | None, StackStatus]]:
    """The stack, every ``interval_s``. While it lasts an engine is kept running, which also finds
    workers that were started elsewhere; should it die, the next one is started. ``wait`` is called
    between two of them."""
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
        wait(max(due - time.monotonic(), 0.0))
