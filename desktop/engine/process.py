"""Child processes: started, adopted, watched, measured, and signalled: the one place that signals.

A process is (pid, create time). Children run in sessions of their own and write to files, so they
outlive the engine. Each is watched by a thread that sleeps in the kernel until it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec
import psutil

from desktop.engine import logs
from desktop.engine.model import ServiceSpec
from desktop.paths import StackHome

CREATE_TIME_MARGIN_S = 1.5
"""psutil's create time can be up to a second early (measured), so it is compared with a margin."""

_SUSPENDED = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})


class Process:
    """One process that we started, now or in an earlier life."""

    def __init__(self, pid: int, create_time: float, child: subprocess.Popen[bytes] | None) -> None:
        self.pid = pid
        self.create_time = create_time
        self.started_at = time.time()
        self.ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        """Exit code (negative: the signal), None for an adopted process: not ours to reap."""
        self._child = child
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._wait, args=(loop,), name=f"wait-{pid}", daemon=True).start()

    @property
    def alive(self) -> bool:
        return not self.ended.done()

    @property
    def suspended(self) -> bool:
        """Stopped by SIGSTOP or a debugger: it takes no signal in until it is continued."""
        with contextlib.suppress(psutil.Error):
            return self.alive and psutil.Process(self.pid).status() in _SUSPENDED
        return False

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal, if this very process is still there; True when it was sent."""
        return self.alive and is_ours(self.pid, self.create_time) and _send(self.pid, number)

    def end_group(self) -> None:
        """After its end: what is left of its group (an ``npm``'s ``node``) is asked to end too.

        The kernel does not reuse a group's number while the group has members.
        """
        if not self.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGTERM)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        code: int | None = None
        if self._child:
            code = self._child.wait()
        else:
            with contextlib.suppress(psutil.Error, OSError):
                _sleep_until_ended(self.pid, self.create_time)
        with contextlib.suppress(RuntimeError):  # the engine's loop closed before the process
            loop.call_soon_threadsafe(self._set_ended, code)

    def _set_ended(self, code: int | None) -> None:
        if not self.ended.done():
            self.ended.set_result(code)


def spawn(
    spec: ServiceSpec, home: StackHome, argv: tuple[str, ...], env: Mapping[str, str]
) -> Process:
    """Start a service, with ``env`` on top of its spec's. Raises OSError when its program or its
    log file can't be opened."""
    output = logs.open_append(home.log(spec.known_as))
    try:
        child = subprocess.Popen(
            argv,
            cwd=spec.cwd,
            env={**environment(spec), **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    finally:
        os.close(output)
    return Process(child.pid, _create_time(child.pid), child)


def environment(spec: ServiceSpec) -> dict[str, str]:
    """The engine's environment with the spec's additions; an empty value takes a name away."""
    merged = {**os.environ, **spec.env}
    return {name: value for name, value in merged.items() if value or name not in spec.env}


def adopt(pid: int | None, create_time: float | None, started_at: float | None) -> Process | None:
    """Take over a recorded process if there is one, and it is still the same and no zombie."""
    if pid is None or create_time is None or not is_ours(pid, create_time):
        return None
    process = Process(pid, create_time, None)
    process.started_at = started_at or create_time
    return process


def _create_time(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return time.time()


def _sleep_until_ended(pid: int, create_time: float) -> None:
    """Returns when a process that is not our child has ended, reaped by its parent or not.

    psutil's own wait goes on until it is reaped, which an init in a container may never do.
    """
    if hasattr(os, "pidfd_open"):
        descriptor = os.pidfd_open(pid)
        try:
            if is_same(pid, create_time):
                poll = select.poll()
                poll.register(descriptor, select.POLLIN)
                poll.poll()
        finally:
            os.close(descriptor)
        return
    while is_same(pid, create_time):
        with contextlib.suppress(psutil.TimeoutExpired):
            psutil.Process(pid).wait(timeout=1.0)


def is_same(pid: int, create_time: float) -> bool:
    """Whether this very process still runs: the pid alone may be somebody else's by now."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return abs(process.create_time() - create_time) <= CREATE_TIME_MARGIN_S
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def lived_at(pid: int, instant: float) -> bool:
    """Whether the process with this pid runs, and ran at that instant (wall clock) already."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= instant
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def is_ours(pid: int, create_time: float) -> bool:
    """The same, of a process that we started: each leads its own session, which narrows the
    margin further."""
    try:
        return is_same(pid, create_time) and os.getsid(pid) == pid
    except ProcessLookupError:
        return False
    except PermissionError:
        return True


def descends(pid: int, root: int) -> bool:
    """Whether ``pid`` is the process ``root``, or one that it has started (a wrapper does)."""
    if pid == root:
        return True
    try:
        return any(parent.pid == root for parent in psutil.Process(pid).parents())
    except psutil.Error:
        return False


def command_line(pid: int) -> str:
    """The words of a process's command line; "" when it is gone or may not be read."""
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def addresses(pid: int) -> frozenset[str]:
    """This end of each TCP connection of a process and of those that it has started, as Redis
    writes it: ``127.0.0.1:50000``, ``[::1]:50000``."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return frozenset()
    found: set[str] = set()
    for one in family:
        with contextlib.suppress(psutil.Error):
            found |= {_address(*c.laddr) for c in one.net_connections("tcp") if c.raddr}
    return frozenset(found)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Sent(StrEnum):
    """What became of a signal to a process that somebody else started."""

    SENT = "sent"
    GONE = "gone"
    """It has ended; its number may be another's by now. Nothing was sent."""
    CHANGED = "changed"
    """It is not what it was any more. Nothing was sent."""
    DENIED = "denied"
    """It may not be signalled, or not be verified. Nothing was sent."""


def send_verified(
    pid: int, create_time: float, number: signal.Signals, is_it: Callable[[], bool]
) -> Sent:
    """Signal a process that somebody else started, on a person's word.

    It is held by a descriptor first (where the system has those), then verified, then signalled
    through it: a number that is reused in between reaches nobody. ``is_it`` tells whether it is
    still the program that was meant.
    """
    try:
        descriptor = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        return Sent.GONE
    except OSError:
        descriptor = None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return Sent.GONE
        if abs(process.create_time() - create_time) > CREATE_TIME_MARGIN_S:
            return Sent.GONE
        if not is_it():
            return Sent.CHANGED
        if descriptor is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(descriptor, number)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return Sent.GONE
    except (PermissionError, psutil.AccessDenied):
        return Sent.DENIED
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return Sent.SENT


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


class Usage(msgspec.Struct, frozen=True):
    """What one service takes, with its children."""

    cpu_percent: float | None
    """Of one core, since the last look."""
    rss_bytes: int
    processes: int


class Meter:
    """Measures CPU and memory of process trees. Blocking; call it in a thread, one at a time."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[float, float]] = {}

    def measure(self, roots: Mapping[str, int]) -> dict[str, Usage]:
        """Usage of each named root pid and its descendants; a root that is gone is left out."""
        children = _children_by_parent()
        seen: dict[int, tuple[float, float]] = {}
        result = {}
        for name, root in roots.items():
            pids = [root]
            for pid in pids:
                pids.extend(children.get(pid, ()))
            usage = self._measure_tree(pids, seen)
            if usage:
                result[name] = usage
        self._last = seen
        return result

    def _measure_tree(self, pids: list[int], seen: dict[int, tuple[float, float]]) -> Usage | None:
        now = time.monotonic()
        percent, rss_bytes, count, known = 0.0, 0, 0, False
        for pid in pids:
            try:
                process = psutil.Process(pid)
                with process.oneshot():
                    times = process.cpu_times()
                    rss_bytes += process.memory_info().rss
            except psutil.Error:
                continue
            count += 1
            total = times.user + times.system
            seen[pid] = (now, total)
            if pid in self._last:
                then, before = self._last[pid]
                known = True
                if now > then and total >= before:
                    percent += 100.0 * (total - before) / (now - then)
        return Usage(percent if known else None, rss_bytes, count) if count else None


def _children_by_parent() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    # Asked for one by one, as a list of attributes costs twice as much, for each process there is.
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            children.setdefault(process.ppid(), []).append(process.pid)
    return children
