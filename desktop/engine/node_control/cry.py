"""Asks a worker's main process for its stacks by SIGUSR1, and reads what it writes into its log.

The process must have a handler for it, or the signal would end it; and it must be the very process
that is meant. The values of local variables, which Celery writes too, are left out here.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from pathlib import Path

from desktop.engine.census import pool_usage, verification
from desktop.engine.model import WorkerRow
from desktop.engine.process import Sent, send_verified

WAIT_S = 5.0
"""A main process that is stuck in C, or stopped, writes nothing."""
_QUIET_S = 0.3
_PAUSE_S = 0.05
_RULE = "=" * 49
"""``celery.utils.debug.cry``."""
_LOCALS = "LOCAL VARIABLES"
READ_MAX = 4 * 1024 * 1024


async def ask(row: WorkerRow, log: Path | None, *, linux_only: bool) -> str:
    """The stacks of its threads; "" when it can't be asked, or nothing can be read.

    ``log``: where it writes, if that is known. ``linux_only``: do not ask where the system can't
    tell whether it would survive the question.
    """
    path = log or await asyncio.to_thread(pool_usage.errors_of, row.pid)
    catches = await asyncio.to_thread(pool_usage.catches_usr1, row.pid)
    if path is None or catches is False or (catches is None and linux_only):
        return ""
    start = _size(path)
    sent = await asyncio.to_thread(
        send_verified,
        row.pid,
        row.create_time,
        signal.SIGUSR1,
        lambda: verification.is_still(row),
    )
    if sent is not Sent.SENT:
        return ""
    return stacks(await _written(path, start))


async def _written(path: Path, start: int) -> str:
    """What is new in the file, once no more comes."""
    until = time.monotonic() + WAIT_S
    size, grown_at = start, time.monotonic()
    while time.monotonic() < until:
        now = _size(path)
        if now != size:
            size, grown_at = now, time.monotonic()
        elif size > start and time.monotonic() - grown_at >= _QUIET_S:
            break
        await asyncio.sleep(_PAUSE_S)
    return await asyncio.to_thread(_read, path, start)


def _read(path: Path, start: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(READ_MAX).decode(errors="replace")
    except OSError:
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def stacks(written: str) -> str:
    """The threads' names and stacks out of what ``cry`` wrote among other lines of the log."""
    found: list[str] = []
    lines = written.splitlines()
    rules = [number for number, line in enumerate(lines) if line.strip() == _RULE]
    for first, second in itertools.pairwise(rules):
        named = first > 0 and lines[first - 1].strip() not in {"", _LOCALS}
        if named and second + 1 < len(lines) and lines[second + 1].strip() == _LOCALS:
            found += [lines[first - 1], *lines[first + 1 : second], ""]
    return "\n".join(found).strip()
