"""``logs``: the services' log files, read directly."""

from __future__ import annotations

import re
import time
from pathlib import Path

import click

from desktop.cli.context import Context
from desktop.cli.render import plain
from desktop.cli.status import look
from desktop.engine.errors import UsageError
from desktop.engine.logs import LogFollower, tail
from desktop.paths import stack_id
from desktop.words import text, tr, verbatim

POLL_S = 0.2


@click.command()
@click.argument("service", required=False)
@click.option("-f", "--follow", "following", is_flag=True, help="Go on as lines come.")
@click.option(
    "-n", "lines", type=click.IntRange(0), default=50, show_default=True, help="Last lines."
)
@click.option("--grep", "pattern", help="Only lines that match this regular expression.")
@click.pass_obj
def logs(
    context: Context, service: str | None, following: bool, lines: int, pattern: str | None
) -> int:
    """Show the services' logs.

    Example: celery-tray logs worker1 -f --grep ERROR
    """
    wanted = _compile(pattern)
    paths = _paths(context, service)
    if not paths:
        context.say(tr("There are no logs yet."))
        return 0
    if following:
        follow(paths, lines=lines, wanted=wanted)
    width = max(map(len, paths)) if len(paths) > 1 else 0
    for name, path in paths.items():
        for line in tail(path, lines):
            if wanted is None or wanted.search(line):
                _print(name, line, width)
    return 0


def follow(paths: dict[str, Path], *, lines: int, wanted: re.Pattern[str] | None = None) -> None:
    """Print what comes, until interrupted."""
    followers = {name: LogFollower(path, lines) for name, path in paths.items()}
    width = max(map(len, paths), default=0) if len(paths) > 1 else 0
    while True:
        for name, follower in followers.items():
            for line in follower.read_new():
                if wanted is None or wanted.search(line):
                    _print(name, line, width)
        time.sleep(POLL_S)


def _paths(context: Context, service: str | None) -> dict[str, Path]:
    project = context.project
    home = context.home.stack(stack_id(Path(project) if project else None))
    found = {path.stem: path for path in sorted(home.logs.glob("*.log"))}
    if service is None:
        return found
    if service not in found:
        _, stack = look(context)
        known = sorted({*found, *(one.name for one in stack.services)})
        if service in known:
            return {}
        raise UsageError(
            "no-such-log",
            text("There is no service called {name}.", name=service),
            text("This stack has: {names}.", names=", ".join(known)),
            text("See celery-tray status."),
        )
    return {service: found[service]}


def _compile(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(
            "bad-pattern",
            text("The pattern can't be read."),
            verbatim(f"{pattern}: {error}"),
            text("Put a backslash before characters that are meant as they stand."),
        ) from None


def _print(name: str, line: str, width: int) -> None:
    print(f"{name:<{width}} | {plain(line)}" if width else plain(line), flush=True)
