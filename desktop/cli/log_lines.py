"""Log lines on the terminal: of one service, or of several merged behind their names."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from desktop.cli.context import Context
from desktop.cli.ink import harmless, paint
from desktop.engine.logs import LogFollower

POLL_S = 0.1
STYLES = ("ok", "run", "warn", "off")


class Printer:
    """Prints lines, each behind its service's name where there are several services."""

    def __init__(
        self,
        context: Context,
        names: Iterable[str],
        wanted: re.Pattern[str] | None = None,
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._color = context.paints(sys.stdout)
        self.names = tuple(names)
        self._width = max(map(len, self.names), default=0) if len(self.names) > 1 else 0
        self._wanted = wanted
        self._write = write or self._to_stdout

    def take(self, name: str, lines: Iterable[str]) -> None:
        """Print those of the lines that are wanted."""
        prefix = ""
        if self._width:
            style = STYLES[self.names.index(name) % len(STYLES)] if name in self.names else ""
            prefix = paint(f"{name:<{self._width}} | ", style, color=self._color)
        shown = [
            prefix + harmless(line, color=self._color)
            for line in lines
            if self._wanted is None or self._wanted.search(line)
        ]
        if shown:
            self._write("\n".join(shown))

    def _to_stdout(self, line: str) -> None:
        sys.stdout.write(line + "\n")


def follow(
    context: Context,
    paths: Mapping[str, Path],
    *,
    lines: int,
    wanted: re.Pattern[str] | None = None,
) -> None:
    """Print what comes, until interrupted."""
    printer = Printer(context, paths, wanted)
    followers = {name: LogFollower(path, lines) for name, path in paths.items()}
    while True:
        for name, follower in followers.items():
            printer.take(name, follower.read_new())
        sys.stdout.flush()
        time.sleep(POLL_S)
