"""The argument table: which verb is which function, imported only when it is called.

To add a verb, write its function with :func:`verb` and add its line to :data:`VERBS`.
"""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from desktop import __version__
from desktop.cli.context import Context
from desktop.engine.errors import TrayError, UsageError
from desktop.words import Text, text, tr, verbatim

PROGRAM = "celery-tray"
COMPLETE_VARIABLE = "_CELERY_TRAY_COMPLETE"


class Verb(NamedTuple):
    target: str
    """``module:function``, under desktop.cli."""
    summary: Text


VERBS = {
    "up": Verb("up:up", text("Start everything and stay, showing states and logs")),
    "start": Verb("start:start", text("Start all services, or some, in the background")),
    "stop": Verb("stop:stop", text("Stop all services, or some; running tasks finish first")),
    "restart": Verb("start:restart", text("A fresh process of each; no task is lost")),
    "status": Verb("status:status", text("Show services, workers, tasks and queues")),
    "logs": Verb("logs:logs", text("Show the services' logs")),
    "monitor": Verb("monitor:monitor", text("Watch the stack in the terminal")),
    "workers": Verb("workers:workers", text("List every Celery process on this machine")),
    "tasks": Verb("tasks:tasks", text("Show tasks: what runs, what failed, what was done")),
    "queues": Verb("queues:queues", text("Show the queues; look into one, drop or move its tasks")),
    "schedule": Verb("schedule:schedule", text("Show beat's entries and tasks that wait")),
    "why": Verb("why:why", text("Say why a task does not run")),
    "cleanup": Verb(
        "cleanup:cleanup", text("Stop forgotten workers without losing a task; says first which")
    ),
    "builtin-monitor": Verb(
        "servers:builtin_monitor", text("Run the built-in monitor alone, in the foreground")
    ),
    "web": Verb("servers:web", text("Run the bundled web server alone, in the foreground")),
    "flower": Verb("flower:flower", text("Run Flower in the foreground, with its own password")),
    "password": Verb("password:password", text("Show or renew the credentials of Flower")),
    "login": Verb("login:login", text("Start Celery Tray at login")),
    "completion": Verb("completion:completion", text("Print the completion script for a shell")),
}


def verb(
    name: str, *, example: str, more: str = ""
) -> Callable[[Callable[..., int]], click.Command]:
    """Make a function the verb ``name``. It is called with the :class:`Context` and its own
    arguments, and returns the exit code. ``more`` is shown below the summary in its help."""

    def decorate(function: Callable[..., int]) -> click.Command:
        made = click.command(name, cls=VerbCommand, help=more)(click.pass_obj(function))
        made.example = example
        return made

    return decorate


class Helpful(click.Command):
    """Help in the person's language, with the common options apart, and an example."""

    example = ""
    summary = Text("")

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *common_options()]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option:
            option.help = tr("Show this help.")
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=tr("Usage:") + " ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for paragraph in (str(self.summary) + ".", *(self.help or "").split("\n\n")):
            if paragraph.strip(". "):
                formatter.write_paragraph()
                with formatter.indentation():
                    formatter.write_text(paragraph)
        with formatter.section(tr("Example")):
            formatter.write(f"{'':>{formatter.current_indent}}{self.example}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        common = {option.name for option in common_options()}
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                (shared if parameter.name in common else own).append(record)
        for title, records in ((tr("Options"), own), (tr("Common options"), shared)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class VerbCommand(Helpful):
    """One verb."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        rest = super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            raise UsageError(
                "usage",
                text(
                    "{verb} can't do anything with “{words}”.",
                    verb=self.name or "",
                    words=" ".join(ctx.args),
                ),
                Text(""),
                see_help(ctx),
            )
        return rest


class Verbs(Helpful, click.Group):
    """All verbs, imported only when they are called. A wrong one is told the nearest right one."""

    verbs: Mapping[str, Verb] = VERBS

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.verbs.get(cmd_name)
        if entry is None:
            return None
        module, _, function = entry.target.partition(":")
        command: Helpful = getattr(importlib.import_module(f"desktop.cli.{module}"), function)
        command.summary = entry.summary
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and name not in self.verbs and not ctx.resilient_parsing:
            raise no_such_command(name, self.verbs, ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(tr("Commands")):
            formatter.write_dl([(name, str(entry.summary)) for name, entry in self.verbs.items()])
        super().format_options(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        verbs = [
            CompletionItem(name, help=str(entry.summary))
            for name, entry in self.verbs.items()
            if name.startswith(incomplete)
        ]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]


def common_options() -> list[click.Option]:
    """Declared for help and completion; :meth:`Context.take` has taken them out before."""
    folder = click.Path(file_okay=False)
    return [
        click.Option(
            ["--project"],
            type=folder,
            metavar="DIR",
            expose_value=False,
            help=tr(
                "The project's folder; without it the nearest parent folder with a "
                "celery-tray.toml, else the bundled app."
            ),
        ),
        click.Option(
            ["--home"],
            type=folder,
            metavar="DIR",
            expose_value=False,
            help=tr("Where state and logs are kept; also CELERY_TRAY_HOME."),
        ),
        click.Option(
            ["--json"], is_flag=True, expose_value=False, help=tr("One JSON document on stdout.")
        ),
        click.Option(["--no-color"], is_flag=True, expose_value=False, help=tr("Without colours.")),
        click.Option(["-v", "--verbose"], is_flag=True, expose_value=False, help=tr("Say more.")),
    ]


def make_group() -> Verbs:
    """The whole command, its words in the present language."""

    def bare(ctx: click.Context, hidden: bool, start_stack: bool) -> int | None:
        if ctx.invoked_subcommand:
            return None
        from desktop.cli.tray import tray

        return tray(ctx.obj, hidden=hidden, start_stack=start_stack)

    group = Verbs(
        PROGRAM,
        callback=click.pass_context(bare),
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=tr("Without a command: the tray application; without a display, the same as up."),
        params=[
            click.Option(
                ["--hidden"], is_flag=True, help=tr("Start in the tray, without a window.")
            ),
            click.Option(["--start", "start_stack"], is_flag=True, help=tr("Start the stack too.")),
        ],
    )
    group.summary = text(
        "Start, watch and stop a Celery project's Redis, workers, monitor and web server"
    )
    group.example = f"{PROGRAM} start"
    return click.version_option(__version__, prog_name=PROGRAM, help=tr("Show the version."))(group)


def invoke(context: Context, argv: Sequence[str]) -> int:
    """Parse the words and call the verb; returns the exit code. Raises :class:`TrayError`."""
    group = make_group()
    try:
        result: Any = group.main(
            list(argv), PROGRAM, COMPLETE_VARIABLE, standalone_mode=False, obj=context
        )
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except SystemExit as leave:
        # click leaves like this after answering a shell that completes, and, with 1, when
        # nobody reads any more.
        if leave.code == 1 and COMPLETE_VARIABLE not in os.environ:
            raise BrokenPipeError from None
        return leave.code if isinstance(leave.code, int) else 0
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.UsageError as error:
        raise translated(error) from None
    except click.ClickException as error:
        raise TrayError("usage", verbatim(error.format_message()), Text(""), Text("")) from None
    return result if isinstance(result, int) else 0


# --- words ---------------------------------------------------------------------------------------


def see_help(ctx: click.Context | None) -> Text:
    return text("See {command}", command=f"{ctx.command_path if ctx else PROGRAM} --help")


def no_such_command(name: str, known: Iterable[str], ctx: click.Context) -> UsageError:
    near = difflib.get_close_matches(name, known, n=1)
    return UsageError(
        "usage",
        text("There is no command “{name}”.", name=name),
        text("Did you mean {name}?", name=near[0]) if near else Text(""),
        see_help(ctx),
    )


def translated(error: click.UsageError) -> UsageError:
    """The parser's complaints in our words."""
    title, message = verbatim(error.format_message()), Text("")
    if isinstance(error, click.NoSuchOption):
        title = text("There is no option {option}.", option=error.option_name)
        near = difflib.get_close_matches(error.option_name, error.possibilities or (), n=1)
        if near:
            message = text("Did you mean {name}?", name=near[0])
    elif isinstance(error, click.MissingParameter):
        title = text("{name} is missing.", name=_name(error))
    elif isinstance(error, click.BadParameter):
        title = text("{name}: {reason}", name=_name(error), reason=error.message)
    elif isinstance(error, click.BadOptionUsage):
        title = text("{option} can't be used like this.", option=error.option_name)
        message = verbatim(error.message)
    return UsageError("usage", title, message, see_help(error.ctx))


def _name(error: click.BadParameter) -> str:
    parameter = error.param
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return parameter.human_readable_name if parameter else ""
