"""On which line of a TOML text does a key stand? For error messages only.

``tomllib`` keeps no positions. Instead of a second TOML grammar, this asks ``tomllib`` itself: a
key stands on the first line whose statement makes it appear in the parsed text so far.
"""

from __future__ import annotations

import tomllib


def line_of(content: str, path: tuple[str, ...]) -> int:
    """The line (from 1) of the statement that brings ``path`` into a valid TOML ``content``;
    where it can't be told, that of the nearest table around it, else 1."""
    lines = content.replace("\r\n", "\n").split("\n")
    while path:
        for number, line in enumerate(lines):
            if path[-1] in line and _brings(lines, number, path):
                return number + 1
        path = path[:-1]
    return 1


def _brings(lines: list[str], number: int, path: tuple[str, ...]) -> bool:
    before = _parsed(lines[:number])
    if before is None or _has(before, path):
        return False  # inside a longer statement, or there already
    for end in range(number + 1, len(lines) + 1):
        after = _parsed(lines[:end])
        if after is not None:
            return _has(after, path)
    return False


def _parsed(lines: list[str]) -> dict[str, object] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None


def _has(content: object, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(content, dict) or key not in content:
            return False
        content = content[key]
    return True
