"""The log of a service: its last lines, older ones, and those that come.

It is a file of the person's on this machine, which the window and the command line read themselves
too; so does this process, in a thread. The engine has better things to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from desktop.engine import log_pages
from desktop.engine.errors import UsageError
from desktop.engine.log_pages import Part, Wanted
from desktop.engine.log_text import Level
from desktop.words import Text, text
from web.monitor.operation import Asked, Document, Operation

LINES, LINES_MAX = 200, 2_000
ENGINE = "*engine"
"""The engine's own log; no service's name begins with an asterisk."""

Place = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class LogQuery(msgspec.Struct, frozen=True):
    """The last lines; with ``before`` or ``after`` those before or since a place that an answer
    named."""

    lines: Annotated[int, msgspec.Meta(ge=1, le=LINES_MAX)] = LINES
    grep: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    """Only lines with these words, in any case of letters."""
    regex: bool = False
    """``grep`` is a regular expression."""
    level: Literal["", "info", "warning", "error"] = ""
    """Only lines that are so grave or graver."""
    before: Place | None = None
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class LogReading:
    """A question about one log."""

    service: str
    path: Path
    lines: int
    wanted: Wanted
    before: int | None
    after: int | None

    def read(self) -> tuple[LogReading, Part]:
        if self.after is not None:
            return self, log_pages.since(self.path, self.after, self.lines, self.wanted)
        return self, log_pages.before(self.path, self.before, self.lines, self.wanted)


def _ask(asked: Asked) -> LogReading:
    query: LogQuery = asked.query
    name = asked.path["service"]
    level = Level[query.level.upper()] if query.level else Level.DEBUG
    wanted = Wanted(query.grep, query.regex, level)
    return LogReading(name, _path(asked, name), query.lines, wanted, query.before, query.after)


def _path(asked: Asked, name: str) -> Path:
    """Only the log of a service that there is: a name is no path."""
    if name == ENGINE and asked.home is not None:
        return asked.home.engine_log
    service = asked.stack.service(name) if asked.stack is not None else None
    if service is None or asked.stack is None or asked.home is None:
        raise UsageError(
            "no-such-service",
            text("There is no log of a service called {name}.", name=name),
            Text(""),
            Text(""),
        )
    # While it is taken over it has two processes, which write to one log.
    owner = service.of or service.name
    return Path(service.log_path or asked.home.stack(asked.stack.id).log(owner))


def _part(answer: tuple[LogReading, Part]) -> Document:
    """``{"service", "path", "lines": [{"at", "level", "text"}], …}``."""
    reading, part = answer
    return {
        "service": reading.service,
        "path": str(reading.path),
        "lines": [
            {
                "at": line.at,
                "level": None if line.level is None else line.level.name.lower(),
                "text": line.words,
            }
            for line in part.lines
        ],
        "start": part.start,
        "end": part.end,
        "more": part.more,
        "cut": part.cut,
    }


OPERATIONS = (
    Operation(
        "GET",
        "/api/services/{service}/log",
        "Lines of a service's log: the last, those before a place, those since; searched.",
        _ask,
        _part,
        query=LogQuery,
    ),
)
