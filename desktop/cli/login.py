"""``login``: start at login."""

from __future__ import annotations

import click

from desktop.cli.arguments import OneOf
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.render import print_json
from desktop.system.login_item import Launch, current
from desktop.words import tr


@verb(
    "login",
    example="celery-tray login enable --start",
    more=tr("The tray application then starts hidden; with --start it starts the stack too."),
)
@click.argument("action", type=OneOf(("enable", "disable", "status")))
@click.option("--start", "start_stack", is_flag=True, help=tr("Start the stack at login too."))
def login(context: Context, action: str, start_stack: bool) -> int:
    item = current()
    if action == "enable":
        item.enable(Launch(start_stack, context.project, context.home.root))
    elif action == "disable":
        item.disable()
    status = item.status()
    if context.as_json:
        print_json(
            {
                "enabled": status.enabled,
                "path": str(status.path) if status.path else None,
                "command": list(status.command),
                "start_stack": status.start_stack,
                "project": status.launch.project,
                "stale": status.stale,
                "program_moved": status.moved and status.stale,
            }
        )
    elif not status.enabled:
        context.say(tr("Does not start at login."))
    else:
        with_stack = tr("Starts at login, and starts the stack too: {path}", path=str(status.path))
        alone = tr("Starts at login: {path}", path=str(status.path))
        context.say(with_stack if status.start_stack else alone)
        if status.stale:
            context.say(tr("It names a program that has moved. Mend it: celery-tray login enable"))
    return 0
