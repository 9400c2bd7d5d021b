"""``celery-tray`` without a command: the tray; without a display, the terminal form."""

from __future__ import annotations

from desktop.cli.context import Context
from desktop.engine.commands import Start
from desktop.engine.errors import TrayError
from desktop.words import text, tr, verbatim


def tray(context: Context, *, hidden: bool, start_stack: bool) -> int:
    """Run the tray application, or where there is no display, ``up``."""
    from desktop.system.display import has_display

    project = context.project
    if not has_display():
        from desktop.cli.attached import start_and_stay

        context.warn(tr("There is no display here, so this runs in the terminal."))
        return start_and_stay(context, Start(project))
    try:
        from desktop.ui.app import run
    except ImportError as error:
        raise no_qt(error) from None
    return run(context.home, project, hidden=hidden, start_stack=start_stack)


def no_qt(error: ImportError) -> TrayError:
    return TrayError(
        "no-qt",
        text("The window can't be opened: a library of the system is missing."),
        verbatim(str(error)),
        text("Install it, or stay in the terminal: celery-tray up"),
    )
