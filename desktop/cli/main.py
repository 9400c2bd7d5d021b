"""The argument table: which verb is which function, imported only when it is called."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from desktop import __version__
from desktop.cli.context import Context
from desktop.cli.render import show_error
from desktop.engine.errors import TrayError
from desktop.words import set_language, tr

VERBS = {
    "up": "desktop.cli.up:up",
    "start": "desktop.cli.start:start",
    "stop": "desktop.cli.stop:stop",
    "restart": "desktop.cli.stop:restart",
    "status": "desktop.cli.status:status",
    "monitor": "desktop.cli.monitor:monitor",
    "builtin-monitor": "desktop.cli.servers:builtin_monitor",
    "web": "desktop.cli.servers:web",
    "flower": "desktop.cli.flower:flower",
    "password": "desktop.cli.flower:password",
    "workers": "desktop.cli.workers:workers",
    "logs": "desktop.cli.logs:logs",
    "login": "desktop.cli.login:login",
    "completion": "desktop.cli.completion:completion",
}


class Verbs(click.Group):
    """Verbs are imported when they are called; a wrong one is told the nearest right one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = VERBS.get(cmd_name)
        if target is None:
            return None
        module, _, name = target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS:
            near = difflib.get_close_matches(args[0], VERBS, n=1)
            hint = " " + tr("Did you mean {name}?", name=near[0]) if near else ""
            ctx.fail(tr("There is no command “{name}”.", name=args[0]) + hint)
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, invoke_without_command=True)
@click.option("--hidden", is_flag=True, help="Start in the tray without a window.")
@click.option("--start", "start_stack", is_flag=True, help="Start the stack too.")
@click.version_option(__version__, prog_name="celery-tray")
@click.pass_context
def cli(ctx: click.Context, hidden: bool, start_stack: bool) -> None:
    """Start, watch and stop a Celery project's Redis, workers, monitor and web server.

    Without a command: the tray application.

    Example: celery-tray start
    """
    if ctx.invoked_subcommand is None:
        from desktop.cli.tray import tray

        ctx.exit(tray(ctx.obj, hidden=hidden, start_stack=start_stack))


def run(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code. No traceback reaches a person."""
    set_language()
    context, rest = Context.split(list(argv))
    try:
        result = cli.main(list(rest), prog_name="celery-tray", standalone_mode=False, obj=context)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except TrayError as error:
        show_error(error, as_json=context.as_json)
        return error.exit_code
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("\n")
        return 130
    except click.UsageError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has left; what is buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:  # noqa: BLE001 - the top: nothing else may reach a person
        return _unexpected(context)


def _unexpected(context: Context) -> int:
    details = traceback.format_exc()
    if context.verbose:
        sys.stderr.write(details)
        return 1
    where: Path = context.home.root / "cli.log"
    try:
        context.home.make()
        with where.open("a") as file:
            file.write(details)
        where.chmod(0o600)
    except OSError:
        sys.stderr.write(tr("Something in Celery Tray itself went wrong; -v tells more.") + "\n")
        return 1
    sys.stderr.write(
        tr(
            "Something in Celery Tray itself went wrong. The details are in {path}.",
            path=str(where),
        )
        + "\n"
    )
    return 1
