"""What every verb is given: the project, the home, and how to write."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO

from desktop.engine.client import Client
from desktop.engine.errors import UsageError
from desktop.paths import Home
from desktop.words import Text, text

INTERRUPTED = 130
"""Exit code of what a person interrupted: 128 and the number of SIGINT, as shells have it."""


class Context:
    """The options that every command takes, before or after its verb."""

    def __init__(self) -> None:
        self.as_json = False
        self.verbose = False
        self._plain = False
        self._project = ""
        self._home = ""

    def take(self, argv: Sequence[str]) -> list[str]:
        """Take the common options wherever they stand (up to a ``--``); returns the other words.

        Raises :class:`UsageError` for one without its value.
        """
        rest: list[str] = []
        words = iter(argv)
        for word in words:
            name, equals, value = word.partition("=")
            match name:
                case "--":
                    rest += [word, *words]
                case "--project":
                    self._project = value if equals else _value(name, words)
                case "--home":
                    self._home = value if equals else _value(name, words)
                case "--json" if not equals:
                    self.as_json = True
                case "--no-color" if not equals:
                    self._plain = True
                case "-v" | "--verbose" if not equals:
                    self.verbose = True
                case _:
                    rest.append(word)
        return rest

    @cached_property
    def home(self) -> Home:
        return Home(Path(self._home)) if self._home else Home()

    @cached_property
    def project(self) -> str:
        """The project's folder: named, else the nearest configured one; "" is the bundled app.

        Raises :class:`UsageError` when the named folder is not there.
        """
        if self._project:
            folder = Path(self._project).expanduser().resolve()
            if not folder.is_dir():
                raise no_folder(folder)
            return str(folder)
        from desktop.engine.project import find_project

        try:
            here = Path.cwd()
        except FileNotFoundError:
            # The current folder was removed under our feet: it configures nothing.
            return ""
        found = find_project(here)
        return str(found) if found else ""

    @property
    def project_folder(self) -> Path | None:
        return Path(self.project) if self.project else None

    @property
    def terminal(self) -> bool:
        """A person reads the output as it comes."""
        return sys.stdout.isatty() and not self.as_json and os.environ.get("TERM") != "dumb"

    @property
    def asks(self) -> bool:
        """A person can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.as_json

    def paints(self, stream: IO[str]) -> bool:
        """Whether colours may be written to this stream."""
        return (
            not self._plain
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb"
            and stream.isatty()
        )

    def connect(self, *, start: bool = True, stays: bool = False) -> Client:
        return Client.connect(self.home, "cli", start=start, stays=stays)

    def say(self, words: str) -> None:
        """A line for a person: on stdout, or on stderr where stdout is for a program."""
        print(words, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def warn(self, words: str) -> None:
        print(words, file=sys.stderr, flush=True)


def _value(name: str, words: Iterator[str]) -> str:
    value = next(words, "")
    if not value:
        raise UsageError(
            "usage",
            text("{option} needs a value.", option=name),
            Text(""),
            text("For example: {example}", example=f"celery-tray status {name} DIR"),
        )
    return value


def no_folder(folder: Path) -> UsageError:
    return UsageError(
        "no-project",
        text("There is no folder {path}.", path=str(folder)),
        Text(""),
        text("Name the folder that holds celery-tray.toml."),
    )
