"""A log in parts: its last lines, those before them, and those that came since; searched.

A place in a log is a number of bytes from the start of its file. The file is cut to nothing in
place when it has grown too large (:mod:`desktop.engine.logs`): a place behind its end then means
that everything in it is new.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from desktop.engine.log_pattern import matching
from desktop.engine.log_text import Level, clean, level_of
from desktop.engine.logs import LINE_MAX_CHARS

FIRST_BYTES = 256 * 1024
"""Looked at first; four times as much as long as that holds too few lines."""
SEARCHED_MAX_BYTES = 16 * 1024 * 1024
"""Looked at for one question: more than a whole log has, and 0.2 s of work."""
NEWS_MAX_BYTES = 1024 * 1024
"""Of what came since, at once."""
BEFORE_BYTES = 64 * 1024
"""Looked back for the level of the line that a traceback belongs to."""
SETTLED_S = 2.0
"""What stands behind the last line's end for so long is a line too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are told; the default is all."""

    words: str = ""
    """Found in any case of letters."""
    regex: bool = False
    """``words`` are a regular expression."""
    level: Level = Level.DEBUG
    """This grave or graver; a line without a level has that of the one before it."""


@dataclass(frozen=True, slots=True)
class Line:
    """``at`` is the place where it begins; ``level`` is None where none is known."""

    at: int
    words: str
    level: Level | None


@dataclass(frozen=True, slots=True)
class Part:
    """Lines in their order, and the places that the next questions begin at."""

    lines: tuple[Line, ...] = ()
    start: int = 0
    """Lines before it are told by :func:`before` this place."""
    end: int = 0
    """Lines behind it are told by :func:`since` this place."""
    more: bool = False
    """There may be lines before ``start``."""
    cut: bool = False
    """:func:`since`: the file was cut to nothing, or more came than is told at once; what is told
    does not follow what was told before."""


def last(path: Path, count: int, wanted: Wanted) -> Part:
    """The last ``count`` lines that are wanted; none when there is no file. Raises
    :class:`desktop.engine.errors.UsageError` for an expression that is none."""
    return before(path, None, count, wanted)


def before(path: Path, place: int | None, count: int, wanted: Wanted) -> Part:
    """The ``count`` lines before ``place`` (None: the end). Raises as :func:`last`."""
    try:
        with path.open("rb") as file:
            return _before(file.fileno(), place, count, wanted)
    except OSError:
        return Part()


def since(path: Path, place: int, count: int, wanted: Wanted) -> Part:
    """What came behind ``place``, at most the last ``count`` lines of it. Raises as
    :func:`last`."""
    try:
        with path.open("rb") as file:
            return _since(file.fileno(), place, count, wanted)
    except OSError:
        return Part(cut=place > 0)


def _before(descriptor: int, place: int | None, count: int, wanted: Wanted) -> Part:
    size, settled = _state(descriptor)
    end = size if place is None else min(place, size)
    span = FIRST_BYTES
    while True:
        start = max(0, end - span)
        data = os.pread(descriptor, end - start, start)
        if start:
            whole = data.find(b"\n") + 1
            start, data = start + whole, data[whole:]
        # Before a place that was told, all lines are whole.
        data = data if place is not None else _whole_lines(data, settled)
        found = _chosen(_lines(data, start, None), wanted)
        if len(found) >= count or not start or span >= SEARCHED_MAX_BYTES:
            break
        span *= 4
    kept = found[-count:]
    first = kept[0].at if len(found) > count else start
    return Part(tuple(kept), first, start + len(data), more=first > 0)


def _since(descriptor: int, place: int, count: int, wanted: Wanted) -> Part:
    size, settled = _state(descriptor)
    cut = size < place
    start = 0 if cut else place
    if size - start > NEWS_MAX_BYTES:
        start, cut = size - NEWS_MAX_BYTES, True
        data = os.pread(descriptor, size - start, start)
        whole = data.find(b"\n") + 1
        start, data = start + whole, data[whole:]
    else:
        data = os.pread(descriptor, size - start, start)
    data = _whole_lines(data, settled)
    level = _level_before(descriptor, start) if data and wanted.level > Level.DEBUG else None
    found = _chosen(_lines(data, start, level), wanted)
    kept = tuple(found[-count:])
    return Part(kept, start, start + len(data), start > 0, cut or len(found) > count)


def _state(descriptor: int) -> tuple[int, bool]:
    """Size, and whether nothing has been written for a while."""
    state = os.fstat(descriptor)
    return state.st_size, time.time() - state.st_mtime > SETTLED_S


def _whole_lines(data: bytes, settled: bool) -> bytes:
    if settled:
        return data
    rest = len(data) - (data.rfind(b"\n") + 1)
    # A line without an end is told in pieces.
    return data if rest >= LINE_MAX_CHARS else data[: len(data) - rest]


def _lines(data: bytes, at: int, level: Level | None) -> list[Line]:
    lines = []
    for raw in _by_newline(data):
        words = clean(raw.rstrip(b"\r\n").decode("utf-8", "replace")[:LINE_MAX_CHARS])
        level = level_of(words) or level
        lines.append(Line(at, words, level))
        at += len(raw)
    return lines


def _by_newline(data: bytes) -> list[bytes]:
    """A carriage return alone ends no line: a progress bar stays one."""
    parts = data.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _chosen(lines: list[Line], wanted: Wanted) -> list[Line]:
    if wanted.level > Level.DEBUG:
        lines = [one for one in lines if (one.level or Level.INFO) >= wanted.level]
    if not wanted.words or not lines:
        return lines
    if wanted.regex:
        found = matching(wanted.words, [one.words for one in lines])
        return [one for place, one in enumerate(lines) if place in found]
    folded = wanted.words.casefold()
    return [one for one in lines if folded in one.words.casefold()]


def _level_before(descriptor: int, place: int) -> Level | None:
    start = max(0, place - BEFORE_BYTES)
    lines = _lines(os.pread(descriptor, place - start, start), start, None)
    return lines[-1].level if lines else None
