"""``login``: start at login."""

from __future__ import annotations

import click

from desktop.cli.context import Context
from desktop.cli.render import print_json
from desktop.system.login_item import current
from desktop.words import tr


@click.command()
@click.argument("action", type=click.Choice(["enable", "disable", "status"]))
@click.option("--start", "start_stack", is_flag=True, help="Start the stack at login too.")
@click.pass_obj
def login(context: Context, action: str, start_stack: bool) -> int:
    """Start Celery Tray at login, hidden in the tray.

    Example: celery-tray login enable --start
    """
    item = current()
    if action == "enable":
        item.enable(start_stack)
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
                "stale": status.stale,
            }
        )
    elif status.enabled:
        context.say(tr("Starts at login: {path}", path=str(status.path)))
        if status.stale:
            context.say(tr("It names a program that has moved. Mend it: celery-tray login enable"))
    else:
        context.say(tr("Does not start at login."))
    return 0
