"""``up``: start all and stay, with the services' logs; Ctrl-C stops the stack."""

from __future__ import annotations

import threading
from pathlib import Path

import click

from desktop.cli.context import Context
from desktop.cli.logs import follow
from desktop.cli.progress import Progress
from desktop.cli.start import submit, tell
from desktop.engine.client import Client
from desktop.engine.commands import Existing, Start, Stop
from desktop.engine.errors import TrayError
from desktop.words import tr


@click.command()
@click.option("--no-web", is_flag=True, help="Without the web server.")
@click.option("--no-monitor", is_flag=True, help="Without the monitor.")
@click.option("--no-worker", is_flag=True, help="Without workers.")
@click.option("--replace", is_flag=True, help="Safely replace workers that run already.")
@click.option("--keep-workers", is_flag=True, help="Start beside workers that run already.")
@click.option("--keep", is_flag=True, help="Leave the stack running at Ctrl-C.")
@click.pass_obj
def up(
    context: Context,
    no_web: bool,
    no_monitor: bool,
    no_worker: bool,
    replace: bool,
    keep_workers: bool,
    keep: bool,
) -> int:
    """Start everything and stay, showing the logs. Ctrl-C stops the stack.

    Example: celery-tray up --no-web
    """
    kinds = {"web": no_web, "monitor": no_monitor, "worker": no_worker}
    existing = Existing.REPLACE if replace else Existing.KEEP if keep_workers else Existing.REFUSE
    command = Start(
        context.project, without=tuple(k for k, no in kinds.items() if no), existing=existing
    )
    return stay(context, command, keep=keep)


def stay(context: Context, command: Start, *, keep: bool = False) -> int:
    """Start, show logs and state until interrupted, then stop."""
    with context.connect(stays=True) as client:
        report = submit(context, client, command)
        code = tell(context, report)
        if not report.ready:
            return code
        stack = next(s for s in client.snapshot().stacks if s.project == command.project)
        logs = {one.name: Path(one.log_path) for one in stack.services if one.name in report.ready}
        for one in stack.services:
            if one.url.startswith("http") and one.name in report.ready:
                context.say(f"  {one.name}: {one.url}")
    context.say(tr("Ctrl-C leaves everything running.") if keep else tr("Ctrl-C stops everything."))
    watching = threading.Thread(target=_watch, args=(context, command.project), daemon=True)
    watching.start()
    try:
        follow(logs, lines=0)
    except KeyboardInterrupt:
        if keep:
            return 0
        context.warn(
            "\n" + tr("Stopping; running tasks finish first. Ctrl-C again leaves them to it.")
        )
        with context.connect() as client:
            client.submit(Stop(command.project), Progress(context, command.project))
    return 0


def _watch(context: Context, project: str) -> None:
    """Tells each move of a service; when the engine dies, the next one is started."""
    progress = Progress(context, project)
    while True:
        try:
            with Client.connect(context.home, "up", stays=True) as client:
                for snapshot in client.snapshots():
                    progress(snapshot)
        except TrayError as error:
            context.warn(str(error))
            return
