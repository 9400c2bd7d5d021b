"""What each process of a worker takes, and what the system says that it is doing."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

import msgspec
import psutil

from desktop.engine.census.facts import CREATE_TIME_MARGIN_S

REMEMBERED_MAX = 2_000
CONNECTIONS_MAX = 20
OVER_S = 0.25
"""CPU is told over this long at least."""
_USR1 = 10
"""SIGUSR1's number on Linux, whose signal masks are read here."""


class Reading(msgspec.Struct, frozen=True):
    """One process, now."""

    pid: int
    create_time: float
    rss_bytes: int
    cpu_percent: float | None = None
    """Of one core since the last reading; None at the first."""


class _Used(msgspec.Struct, frozen=True):
    at: float
    cpu_s: float
    percent: float | None = None


class PoolMeter:
    """Reads processes again and again; a reading's CPU is that since the one before. Blocks a
    millisecond for ten processes."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[int, float], _Used] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def read(self, pids: Iterable[int]) -> dict[int, Reading]:
        """Those that are there and may be read, by pid."""
        found: dict[int, Reading] = {}
        with self._one_at_a_time:
            for pid in pids:
                with contextlib.suppress(psutil.Error):
                    found[pid] = self._read(psutil.Process(pid))
            while len(self._last) > REMEMBERED_MAX:
                self._last.popitem(last=False)
        return found

    def _read(self, process: psutil.Process) -> Reading:
        with process.oneshot():
            born, times, now = process.create_time(), process.cpu_times(), time.monotonic()
            size = process.memory_info().rss
        used = times.user + times.system
        before = self._last.pop((process.pid, born), None)
        this = _Used(now, used)
        if before and now - before.at < OVER_S:
            # Two looks at once: the clock of CPU time is too coarse for what lies between them.
            this = before
        elif before and used >= before.cpu_s:
            percent = 100.0 * (used - before.cpu_s) / (now - before.at)
            this = _Used(now, used, percent)
        self._last[process.pid, born] = this
        return Reading(process.pid, born, size, this.percent)


def is_child(pid: int, parent: int, born: float) -> bool:
    """Whether ``parent`` is this very process, and ``pid`` one that it has started itself."""
    try:
        found = psutil.Process(parent)
        same = abs(found.create_time() - born) < CREATE_TIME_MARGIN_S
        return same and psutil.Process(pid).ppid() == parent
    except psutil.Error:
        return False


def children_of(pid: int, born: float) -> tuple[int, ...]:
    """Pids of what this very process has started itself; () when it is gone."""
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - born) < CREATE_TIME_MARGIN_S:
            return tuple(one.pid for one in process.children())
    except psutil.Error:
        pass
    return ()


def catches_usr1(pid: int) -> bool | None:
    """Whether the process has a handler for SIGUSR1, which otherwise would end it; None where the
    system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        mask = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(mask.split()[1], 16) >> (_USR1 - 1) & 1)
    except (OSError, StopIteration, ValueError, IndexError):
        return None


def errors_of(pid: int) -> Path | None:
    """The regular file that its standard error is written to; None: a terminal, a pipe, or not to
    be read."""
    path = Path(f"/proc/{pid}/fd/2")
    try:
        return path.resolve() if path.is_file() else None
    except OSError:
        return None


class Doing(msgspec.Struct, frozen=True):
    """What the system tells of a process."""

    status: str
    """psutil's word: "sleeping", "running", "disk-sleep" …"""
    cpu_s: float
    rss_bytes: int
    threads: int
    waits_in: str = ""
    """The kernel's function (``wchan``)."""
    connections: tuple[str, ...] = ()
    """"10.0.0.7:443 ESTABLISHED"."""


def doing(pid: int) -> Doing | None:
    """None when it is gone or may not be read. Blocks for milliseconds."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            return Doing(
                status=str(process.status()),
                cpu_s=times.user + times.system,
                rss_bytes=process.memory_info().rss,
                threads=process.num_threads(),
                waits_in=_wchan(pid),
                connections=_connections(process),
            )
    except psutil.Error:
        return None


def _connections(process: psutil.Process) -> tuple[str, ...]:
    try:
        found = process.net_connections("inet")
    except psutil.Error:
        return ()
    with_end = [one for one in found if one.raddr][:CONNECTIONS_MAX]
    return tuple(f"{one.raddr.ip}:{one.raddr.port} {one.status}" for one in with_end)


def _wchan(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/wchan").read_text().strip()
    except OSError:
        return ""
    return "" if words == "0" else words
