"""Where a process's standard streams lead: what is left of a launcher that is gone."""

from __future__ import annotations

import errno
import os
import select
from pathlib import Path

import msgspec


class Stdio(msgspec.Struct, frozen=True):
    """What streams 0, 1 and 2 say. An unknown is False."""

    null: bool = False
    """All three lead nowhere: a daemon's, as ``--detach`` and every daemon library make them."""
    kept: bool = False
    """nohup started it: the output goes to its ``nohup.out``, or the input, which was a terminal,
    was replaced by a /dev/null that can't be read (as GNU nohup does)."""
    terminal_gone: bool = False
    """One of them was a terminal that has been closed."""
    unread: bool = False
    """The output goes to a pipe whose reader is gone."""


def stdio_of(pid: int) -> Stdio | None:
    """The streams of a process; None when they can't be read (another user's, not Linux)."""
    try:
        links = [os.readlink(_stream(pid, number)) for number in (0, 1, 2)]  # noqa: PTH115
    except OSError:
        return None
    return Stdio(
        null=all(link == os.devnull for link in links),
        kept=links[1].endswith("/nohup.out")
        or (links[0] == os.devnull and _is_write_only(f"/proc/{pid}/fdinfo/0")),
        terminal_gone=any(
            link.startswith(("/dev/pts/", "/dev/tty")) and link.endswith(" (deleted)")
            for link in links
        ),
        unread=any(
            link.startswith("pipe:") and _is_unread(_stream(pid, number))
            for number, link in enumerate(links)
            if number
        ),
    )


def _stream(pid: int, number: int) -> str:
    return f"/proc/{pid}/fd/{number}"


def _is_write_only(path: str) -> bool:
    try:
        lines = Path(path).read_text(encoding="ascii", errors="replace").splitlines()
        flags = next(int(line.split()[1], 8) for line in lines if line.startswith("flags:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return False
    return flags & os.O_ACCMODE == os.O_WRONLY


def _is_unread(path: str) -> bool:
    # The writing end of a pipe that nobody reads is in error (pipe(7), poll(2)). Nothing is
    # written. A named pipe without a reader can't even be opened without waiting (fifo(7)).
    try:
        end = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return error.errno == errno.ENXIO
    try:
        poll = select.poll()
        poll.register(end, 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    finally:
        os.close(end)
