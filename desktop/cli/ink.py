"""Colour and foreign text on a terminal, without loading anything heavy."""

from __future__ import annotations

import re

STYLES = {
    "ok": "32",
    "run": "34",
    "warn": "33",
    "bad": "31",
    "off": "2",
    "title": "1",
    "fault": "1;31",
}
"""Names of styles and their ANSI codes; the same names serve rich (see desktop.cli.render)."""

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_ALLOWED = "\t\u00a0\u3000"


def paint(words: str, style: str, *, color: bool) -> str:
    """The words in a style, where colour may be used."""
    return f"\x1b[{STYLES[style]}m{words}\x1b[0m" if color and style and words else words


def harmless(foreign: str, *, color: bool = False) -> str:
    """Foreign text (a log line, a task's name) made harmless for a terminal.

    Control characters, and those that turn the writing direction, are shown and not obeyed.
    Plain colours are kept where ``color`` says so, and left out otherwise.
    """
    if foreign.isprintable():
        return foreign
    if not color:
        return _shown(_COLOUR.sub("", foreign))
    parts, end = [], 0
    for found in _COLOUR.finditer(foreign):
        parts += [_shown(foreign[end : found.start()]), found.group()]
        end = found.end()
    parts.append(_shown(foreign[end:]))
    return "".join(parts) + ("\x1b[0m" if len(parts) > 1 else "")


def _shown(words: str) -> str:
    return "".join(c if c.isprintable() or c in _ALLOWED else repr(c)[1:-1] for c in words)
