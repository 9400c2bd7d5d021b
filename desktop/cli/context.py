"""What every verb is given: the project, the home, and how to write."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from desktop.engine.client import Client
from desktop.engine.errors import UsageError
from desktop.paths import Home
from desktop.words import Text, text

COMMON = {
    "--project": "project",
    "--home": "home",
    "--json": "",
    "--no-color": "",
    "-v": "",
    "--verbose": "",
}


class Context:
    """The options that every command takes, before or after its verb."""

    def __init__(self) -> None:
        self.home = Home.__new__(Home)
        self.as_json = False
        self.color = True
        self.verbose = False
        self.project_option = ""
        self.home_option = ""

    @classmethod
    def split(cls, argv: list[str]) -> tuple[Context, list[str]]:
        """The common options wherever they stand (up to a ``--``), and the other words."""
        context, rest = cls(), []
        words = iter(argv)
        for word in words:
            name, equals, value = word.partition("=")
            if word == "--":
                rest += [word, *words]
            elif name in {"--project", "--home"}:
                value = value if equals else next(words, "")
                setattr(context, f"{name[2:]}_option", value)
            elif word == "--json":
                context.as_json = True
            elif word == "--no-color":
                context.color = False
            elif word in {"-v", "--verbose"}:
                context.verbose = True
            else:
                rest.append(word)
        context.home = Home(Path(context.home_option)) if context.home_option else Home()
        context.color = context.color and "NO_COLOR" not in os.environ
        return context, rest

    @property
    def project(self) -> str:
        """The project's folder: named, else the nearest configured one; "" is the bundled app."""
        if self.project_option:
            folder = Path(self.project_option).expanduser().resolve()
            if not folder.is_dir():
                raise UsageError(
                    "no-project",
                    text("There is no folder {path}.", path=str(folder)),
                    Text(""),
                    text("Name the folder that holds celery-tray.toml."),
                )
            return str(folder)
        from desktop.engine.project import find_project

        found = find_project(Path.cwd())
        return str(found) if found else ""

    @property
    def terminal(self) -> bool:
        """A person reads the output as it comes."""
        return sys.stdout.isatty() and not self.as_json

    @property
    def asks(self) -> bool:
        """A person can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.as_json

    def connect(self, *, start: bool = True, stays: bool = False) -> Client:
        return Client.connect(self.home, "cli", start=start, stays=stays)

    def say(self, words: str) -> None:
        """A line for a person: on stdout, or on stderr where stdout is for a program."""
        print(words, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def warn(self, words: str) -> None:
        print(words, file=sys.stderr, flush=True)
