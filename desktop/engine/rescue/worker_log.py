"""What the log of a dead worker tells of its tasks: the witness of what no event did.

A worker that ran while no engine did told its events to nobody, and one that is killed takes the
events of its last moments with it. Its log has a line when it received a task (at the level
``info``, which is the default) and another when the task ended. Only a log of which we know that
the worker wrote to it is read, as it is written without settings of the app's own: of another form
nothing is understood, and nothing is told.
"""

from __future__ import annotations

import functools
import re
import time
from pathlib import Path

import msgspec

from desktop.engine import logs

LINES_MAX = 20_000
"""From the end: some 3 MB."""
STAMP_MARGIN_S = 0.1
"""Of the last line before the end, which is noticed by another clock."""
SILENCED = 50
"""A log that tells of so many tasks and of no end is one in which ends are silenced (by a level of
``celery.app.trace``): it is no witness."""

_STAMP = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}): ")
_RECEIVED = re.compile(r"Task (\S+)\[([^\[\]\s]{1,155})\] received\s*$")
_NAMED = re.compile(r"\[([^\[\]\s]{1,155})\](?!: )")
"""Of an id that Celery names; after ``[id]: `` come the task's own words (``get_task_logger``)."""
_SHUTDOWN = re.compile(r"^worker: (Warm|Cold|Hitting Ctrl\+C|Soft)", re.MULTILINE)


class Told(msgspec.Struct, frozen=True):
    """Of one life of a worker."""

    open: tuple[tuple[str, str], ...] = ()
    """(id, name) of what it received, and of which no end is told; the last comes last. What it
    had only reserved is among them."""
    ended: frozenset[str] = frozenset()
    """Ids of those that it told to have ended, or somebody after it in the same file."""
    asked: bool = False
    """It was asked to end: then it gave back what it had reserved, and others may have that."""


def read(path: Path, born_at: float, died_at: float) -> Told:
    """What the worker that lived between these instants (wall clock) wrote. A file that is gone
    tells nothing. Blocks."""
    open_: dict[str, str] = {}
    ended: set[str] = set()
    asked = False
    stamp: re.Match[str] | None = None
    for line in logs.tail(path, LINES_MAX):
        stamp = _STAMP.match(line) or stamp
        received = _RECEIVED.search(line)
        if received:
            # Later it is another process that has it, after a redelivery.
            open_.pop(received[2], None)
            if _within(stamp, born_at, died_at):
                ended.discard(received[2])
                open_[received[2]] = received[1]
        elif _SHUTDOWN.match(line):
            asked |= _within(stamp, born_at, died_at)
        elif open_:
            for one in _NAMED.findall(line):
                if open_.pop(one, None) is not None:
                    ended.add(one)
    if len(open_) >= SILENCED and not ended:
        open_.clear()
    return Told(tuple(open_.items()), frozenset(ended), asked)


def _within(stamp: re.Match[str] | None, born_at: float, died_at: float) -> bool:
    if stamp is None:
        return False
    at = _instant(stamp[1]) + int(stamp[2]) / 1000
    return born_at <= at <= died_at + STAMP_MARGIN_S


@functools.lru_cache(maxsize=256)
def _instant(words: str) -> float:
    """Since the epoch, by this machine's time zone; 0.0 for what is no time."""
    try:
        return time.mktime(time.strptime(words, "%Y-%m-%d %H:%M:%S"))
    except (ValueError, OverflowError):
        return 0.0
