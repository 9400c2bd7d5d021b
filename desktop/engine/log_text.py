"""A line of a log as plain text, and how grave it is. Pure."""

from __future__ import annotations

import re
from enum import IntEnum

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor moves
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links
    r"|\x1b[@-_]"
)
_CONTROLS = {
    **dict.fromkeys((*range(9), *range(10, 32), *range(0x7F, 0xA0)), None),
    # Qt ends a paragraph at these; one line of a log stays one line.
    0x2028: " ",
    0x2029: " ",
    # Turning the direction of the text around would make a line say something else.
    **dict.fromkeys((0x202A, 0x202B, 0x202C, 0x202D, 0x202E, *range(0x2066, 0x206A)), "\ufffd"),
}
_WORD = re.compile(r"\b(?:DEBUG|INFO|NOTICE|WARNING|WARN|ERROR|CRITICAL|FATAL)\b")
_REDIS = re.compile(r"\d+:[A-Z] .{20,28} ([.*#-]) ")
_HEAD = 160
"""The level stands in a line's first characters, or it is part of the message."""


class Level(IntEnum):
    """As a program wrote it; Redis has marks instead of words."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


_LEVELS = {
    **{level.name: level for level in Level},
    "NOTICE": Level.INFO,
    "WARN": Level.WARNING,
    "FATAL": Level.CRITICAL,
}
_MARKS = {".": Level.DEBUG, "-": Level.DEBUG, "*": Level.INFO, "#": Level.WARNING}


def clean(line: str) -> str:
    """The line as plain text: no colours, no control characters."""
    if line.isprintable():
        return line
    return _ESCAPES.sub("", line).translate(_CONTROLS)


def level_of(line: str) -> Level | None:
    """None: it says none, and belongs to the line before it, as those of a traceback do."""
    if line.startswith("Traceback (most recent call last)"):
        return Level.ERROR
    found = _REDIS.match(line)
    if found is not None:
        return _MARKS[found[1]]
    found = _WORD.search(line, 0, _HEAD)
    return _LEVELS[found.group()] if found is not None else None
