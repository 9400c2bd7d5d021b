"""``up``: start all and stay, with states and logs; Ctrl-C stops the stack."""

from __future__ import annotations

import click

from desktop.cli.attached import start_and_stay
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.start import existing
from desktop.engine.commands import Start
from desktop.engine.states import ServiceKind
from desktop.words import tr


@verb(
    "up",
    example="celery-tray up --no-web",
    more=tr("Ctrl-C stops the stack; running tasks finish first."),
)
@click.option("--no-web", is_flag=True, help=tr("Without the web server."))
@click.option("--no-monitor", is_flag=True, help=tr("Without the monitor."))
@click.option("--no-worker", is_flag=True, help=tr("Without workers."))
@click.option("--no-flower", is_flag=True, help=tr("Without Flower."))
@click.option("--no-beat", is_flag=True, help=tr("Without the scheduler."))
@click.option("--keep", is_flag=True, help=tr("Leave the stack running at Ctrl-C."))
@click.option(
    "--replace",
    is_flag=True,
    help=tr("Replace workers of this app that run already; no task is lost."),
)
@click.option(
    "--keep-workers", is_flag=True, help=tr("Start beside workers of this app that run already.")
)
def up(context: Context, keep: bool, replace: bool, keep_workers: bool, **left_out: bool) -> int:
    kinds = {f"no_{kind}": kind.value for kind in ServiceKind}
    command = Start(
        context.project,
        without=tuple(kinds[option] for option, chosen in left_out.items() if chosen),
        existing=existing(replace=replace, keep=keep_workers),
    )
    return start_and_stay(context, command, keep=keep)
