"""``logs``: the services' log files, read directly."""

from __future__ import annotations

import re
from pathlib import Path

import click

from desktop.cli.arguments import WholeNumber, complete_services
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.log_lines import Printer, follow
from desktop.cli.look import look
from desktop.engine.errors import UsageError
from desktop.engine.logs import tail
from desktop.paths import stack_id
from desktop.words import text, tr, verbatim

LINES_MAX = 1_000_000


@verb("logs", example="celery-tray logs worker1 -f --grep ERROR")
@click.argument("service", required=False, shell_complete=complete_services)
@click.option("-f", "--follow", "following", is_flag=True, help=tr("Go on as lines come."))
@click.option(
    "-n",
    "--lines",
    "lines",
    type=WholeNumber(0, LINES_MAX),
    default=50,
    help=tr("How many of the last lines of each log; {default} without it.", default=50),
)
@click.option("--grep", "pattern", metavar="RE", help=tr("Only lines that match this pattern."))
def logs(
    context: Context, service: str | None, following: bool, lines: int, pattern: str | None
) -> int:
    wanted = _compile(pattern)
    paths = _paths(context, service)
    if following:
        follow(context, paths, lines=lines, wanted=wanted)
    if context.as_json:
        return _as_json(paths, lines, wanted)
    printer = Printer(context, paths, wanted)
    for name, path in paths.items():
        printer.take(name, tail(path, lines))
    if not any(path.exists() for path in paths.values()):
        context.warn(tr("There are no logs yet."))
    return 0


def _as_json(paths: dict[str, Path], lines: int, wanted: re.Pattern[str] | None) -> int:
    from desktop.cli.render import print_json

    kept = {
        name: [line for line in tail(path, lines) if wanted is None or wanted.search(line)]
        for name, path in paths.items()
    }
    print_json({"logs": [{"service": n, "path": str(paths[n]), "lines": kept[n]} for n in paths]})
    return 0


def _paths(context: Context, service: str | None) -> dict[str, Path]:
    home = context.home.stack(stack_id(context.project_folder))
    found = {path.stem: path for path in sorted(home.logs.glob("*.log"))}
    if service is None:
        return found
    if service in found:
        return {service: found[service]}
    _, stack = look(context)
    known = sorted({*found, *(one.name for one in stack.services)})
    if service in known:
        return {service: home.log(service)}
    raise UsageError(
        "no-such-log",
        text("There is no log of a service called {name}.", name=service),
        text("There are: {names}.", names=", ".join(known))
        if known
        else text("There are no logs yet."),
        text("See celery-tray status."),
    )


def _compile(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(
            "bad-pattern",
            text("The pattern can't be read: {pattern}", pattern=pattern),
            verbatim(str(error)),
            text("Put a backslash before characters that are meant as they stand."),
        ) from None
