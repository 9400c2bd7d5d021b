"""``celery-tray`` without a command: the tray; without a display, the terminal form."""

from __future__ import annotations

from desktop.cli.context import Context
from desktop.engine.commands import Start
from desktop.words import tr


def tray(context: Context, *, hidden: bool, start_stack: bool) -> int:
    """Run the tray application, or where there is no display, ``up``."""
    from desktop.system.display import has_display

    project = context.project
    if not has_display():
        from desktop.cli.up import stay

        context.warn(tr("There is no display here, so this runs in the terminal."))
        return stay(context, Start(project))
    from desktop.ui.app import run

    return run(context.home, project, hidden=hidden, start_stack=start_stack)
