"""Lines of logs as values: cleaned, merged by their time, filtered. No Qt widgets here."""

from __future__ import annotations

import datetime as dt
import heapq
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QRegularExpression

from desktop.words import tr

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?")
_REDIS = re.compile(r"(\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STAMP_WITHIN = 48
"""A line's own time stands in its first characters, or it is part of the message."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line and the number of its source."""

    source: int
    words: str


class PatternError(ValueError):
    """The regular expression is none, or takes too long; the message says which and where."""


def stamp(line: str) -> float | None:
    """The time that the line begins with (seconds, for comparison only); None when it has none."""
    head = line[:_STAMP_WITHIN]
    found = _ISO.search(head)
    if found is not None:
        year, month, day = (int(part) for part in found.group(1, 2, 3))
    else:
        found = _REDIS.search(head)
        if found is None or found[2] not in _MONTHS:
            return None
        year, month, day = int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1])
    hour, minute, second = (int(part) for part in found.group(4, 5, 6))
    micro = int((found[7] or "0").ljust(6, "0"))
    try:
        # Only compared with one another: which zone it is does not matter.
        return dt.datetime(year, month, day, hour, minute, second, micro, dt.UTC).timestamp()
    except ValueError:
        return None


def merged(sources: Iterable[tuple[int, list[str]]]) -> list[LogLine]:
    """The lines of several logs by their times; a line without one stays behind its neighbour."""
    return [line for _, line in heapq.merge(*(_timed(*one) for one in sources), key=lambda x: x[0])]


def _timed(source: int, lines: list[str]) -> list[tuple[float, LogLine]]:
    stamps = [stamp(line) for line in lines]
    # What a service says before its first line with a time belongs to that line.
    latest = next((at for at in stamps if at is not None), 0.0)
    timed = []
    for line, at in zip(lines, stamps, strict=True):
        latest = max(latest, at or 0.0)
        timed.append((latest, LogLine(source, line)))
    return timed


def matcher(wanted: str, *, regex: bool) -> Callable[[str], bool]:
    """A test for lines. Plain words are found in any case. Raises :class:`PatternError`, at once or
    (for an expression that takes too long) from the test."""
    if not wanted:
        return lambda _line: True
    if not regex:
        folded = wanted.casefold()
        return lambda line: folded in line.casefold()
    # Qt's engine gives up on an expression that backtracks without end; Python's would not.
    expression = QRegularExpression(wanted)
    if not expression.isValid():
        raise PatternError(
            tr(
                "This expression is not valid: {why} (at character {at}).",
                why=expression.errorString(),
                at=expression.patternErrorOffset() + 1,
            )
        )
    expression.optimize()

    def test(line: str) -> bool:
        found = expression.match(line)
        if not found.isValid():
            raise PatternError(tr("This expression takes too long. Make it simpler."))
        return found.hasMatch()

    return test
