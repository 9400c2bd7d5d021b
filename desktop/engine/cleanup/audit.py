"""What cleanups and rescues did: one JSON object a line, appended, for this user's eyes only."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from desktop.engine import logs
from desktop.engine.cleanup_model import LostTask, RescuedTask
from desktop.engine.commands import CleanupEntry
from desktop.words import Text, text

log = logging.getLogger(__name__)

FILE = "cleanup.log"
"""In the stack's folder."""
CAP_BYTES = 1024 * 1024
"""A larger file is moved aside (:func:`desktop.engine.logs.rotate`); some 5,000 entries."""
READ_LINES_MAX = 10_000
_WRITING = threading.Lock()
"""Cleanups and rescues of one stack write to the same file."""


def entry(what: str, words: Text, *, pid: int = 0, task_id: str = "") -> CleanupEntry:
    """One line of the log, of now."""
    return CleanupEntry(at=time.time(), what=what, words=words, pid=pid, task_id=task_id)


def rescued(task: RescuedTask) -> CleanupEntry:
    name = task.name or task.id
    words = text("{task} is back in its queue {queue}.", task=name, queue=task.queue)
    return entry("rescued", words, task_id=task.id)


def lost(task: LostTask) -> CleanupEntry:
    words = text("{task} was acknowledged early and died.", task=task.name or task.id)
    return entry("lost", words, task_id=task.id)


def run_again(task: LostTask) -> CleanupEntry:
    words = text("{task} was sent again, as {id}.", task=task.name, id=task.again_id)
    return entry("run-again", words, task_id=task.id)


class Audit:
    """One stack's log. Blocks; any thread may call. A disk that refuses is logged and never in the
    way of a cleanup."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, entries: Iterable[CleanupEntry]) -> None:
        """Append entries; each is one write, so that a crash leaves whole lines."""
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in entries)
        if not lines:
            return
        with _WRITING:
            logs.rotate(self._path, CAP_BYTES)
            try:
                descriptor = os.open(
                    self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
                )
                try:
                    os.write(descriptor, lines)
                finally:
                    os.close(descriptor)
            except OSError as error:
                log.warning("the cleanup's log can't be written: %s", error)

    def read(self, limit: int) -> tuple[CleanupEntry, ...]:
        """The newest entries, the newest first. Lines that can't be read are left out."""
        found: list[CleanupEntry] = []
        for path in (self._path, self._path.with_name(f"{self._path.name}.1")):
            wanted = limit - len(found)
            if wanted > 0:
                found += _newest(path, wanted)
        return tuple(found)


def _newest(path: Path, limit: int) -> list[CleanupEntry]:
    found: list[CleanupEntry] = []
    for line in reversed(logs.tail(path, READ_LINES_MAX)):
        if len(found) >= limit:
            break
        try:
            found.append(msgspec.json.decode(line, type=CleanupEntry))
        except (msgspec.MsgspecError, UnicodeEncodeError):
            continue
    return found
