"""The services' log files: opened for appending by the child, capped, read by every face.

Children write straight into the file, so that they outlive the engine. A file that has grown
too large is copied aside and cut to nothing in place (the child's append mode makes the next
line start at the new end), as ``logrotate`` does with ``copytruncate``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

CAP_BYTES = 10 * 1024 * 1024
KEPT = 3
"""Older files kept beside the current one: ``worker1.log.1`` is the newest of them."""
LINE_MAX_CHARS = 20_000
_BLOCK_BYTES = 64 * 1024


def open_append(path: Path) -> int:
    """A file descriptor for a child's output, readable by this user only. Raises OSError."""
    rotate(path)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def rotate(path: Path, cap_bytes: int = CAP_BYTES) -> bool:
    """Move a file over the cap aside; True when it was. A full disk leaves it as it is."""
    try:
        if path.stat().st_size <= cap_bytes:
            return False
        for number in range(KEPT - 1, 0, -1):
            older = _numbered(path, number)
            if older.exists():
                older.replace(_numbered(path, number + 1))
        newest = _numbered(path, 1)
        shutil.copyfile(path, newest)
        newest.chmod(0o600)
        os.truncate(path, 0)
    except OSError:
        return False
    return True


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log, oldest first; [] when there is no file."""
    try:
        with path.open("rb") as file:
            return _decode(_last_bytes(file.fileno(), lines))[-lines:] if lines > 0 else []
    except OSError:
        return []


def _last_bytes(descriptor: int, lines: int) -> bytes:
    """As many whole blocks from the end as hold the lines wanted, from a line's start."""
    end = os.fstat(descriptor).st_size
    data = b""
    start = end
    while start > 0 and data.count(b"\n") <= lines and len(data) < CAP_BYTES:
        step = min(_BLOCK_BYTES, start)
        start -= step
        data = os.pread(descriptor, step, start) + data
    if start > 0:
        data = data[data.find(b"\n") + 1 :]
    return data


def _decode(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "replace").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [line.rstrip("\r")[:LINE_MAX_CHARS] for line in lines]


class LogFollower:
    """Reads what was appended since the last look; survives rotation and a missing file."""

    def __init__(self, path: Path, lines: int = 200) -> None:
        """``lines``: how many of the last lines the first look returns."""
        self.path = path
        self._first = lines
        self._position: int | None = None
        self._inode = 0
        self._rest = b""

    def read_new(self) -> list[str]:
        """The new whole lines, oldest first; at most a few megabytes at a time."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            # Not there (yet): what comes later is new from its first byte.
            self._position, self._inode, self._rest = 0, 0, b""
            return []
        try:
            return self._read(descriptor)
        finally:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _read(self, descriptor: int) -> list[str]:
        state = os.fstat(descriptor)
        if self._position is None:
            data = _last_bytes(descriptor, self._first)
            self._position, self._inode = state.st_size, state.st_ino
            return self._whole_lines(data)[-self._first :] if self._first else []
        if state.st_ino != self._inode or state.st_size < self._position:
            self._position, self._inode, self._rest = 0, state.st_ino, b""
        data = os.pread(descriptor, min(state.st_size - self._position, CAP_BYTES), self._position)
        self._position += len(data)
        return self._whole_lines(data)

    def _whole_lines(self, data: bytes) -> list[str]:
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if len(self._rest) > LINE_MAX_CHARS:
            whole, newline, self._rest = whole + newline + self._rest, b"\n", b""
        return _decode(whole + newline) if newline else []
