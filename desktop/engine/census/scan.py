"""The process table, read incrementally.

The first pass reads an outline of every process and the details of those that matter. After that
a pass lists the pids, reads what is new, reads again what matters or is young (a shell becomes
Celery by ``exec``, Celery retitles itself), and verifies the rest a slice at a time: a pid can be
reused between two passes.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec
import psutil

from desktop.engine.census.cgroup import cgroup_of, pid_namespace_of
from desktop.engine.census.facts import ProcessFacts

SETTLED_AFTER_S = 10.0
"""A process older than this hardly becomes another program any more."""
SLICES = 16
"""A settled process that is not Celery is looked at again once in so many passes."""

ENVIRON = frozenset(
    {
        "_",
        "APP",
        "BROKER_URL",
        "SSH_CONNECTION",
        "SSH_TTY",
        "SUPERVISOR_GROUP_NAME",
        "SUPERVISOR_PROCESS_NAME",
        "SYSTEMD_EXEC_PID",
        "XPC_SERVICE_NAME",
    }
)
ENVIRON_PREFIX = "CELERY_"
"""What is kept of an environment: the app, the broker, and what the launcher left there."""

_T = TypeVar("_T")


class _Seen:
    """One process between two passes."""

    __slots__ = ("facts", "matters", "process", "settled")

    def __init__(self, process: psutil.Process, facts: ProcessFacts, matters: bool) -> None:
        self.process = process
        self.facts = facts
        self.matters = matters
        self.settled = False


class Scan:
    """The state kept between passes. Not safe for two threads at once."""

    def __init__(
        self,
        matters: Callable[[tuple[str, ...]], bool],
        settled_after_s: float = SETTLED_AFTER_S,
    ) -> None:
        """``matters`` tells from a command line whether the details of a process are wanted."""
        self._matters = matters
        self._settled_after_s = settled_after_s
        self._seen: dict[int, _Seen] = {}
        self._before: dict[int, tuple[str, ...]] = {}
        """The command lines of those that have ended since the last pass."""
        self._turn = 0

    def look(self) -> Mapping[int, ProcessFacts]:
        """One pass: the facts of all processes that run now, by pid."""
        _forget_terminals()
        pids = psutil.pids()
        present = set(pids)
        self._before = {
            pid: self._seen.pop(pid).facts.argv
            for pid in [pid for pid in self._seen if pid not in present]
        }
        self._turn = (self._turn + 1) % SLICES
        for pid in pids:
            seen = self._seen.get(pid)
            if seen is None:
                self._meet(pid)
            elif seen.matters or not seen.settled or pid % SLICES == self._turn:
                self._check(seen)
        return {pid: seen.facts for pid, seen in self._seen.items()}

    def detail(self, pid: int) -> ProcessFacts | None:
        """The facts with all details of a process that did not seem to matter; it does now."""
        seen = self._seen.get(pid)
        if seen is None:
            return None
        if not seen.matters:
            seen.matters = True
            seen.facts = _details(seen.process, seen.facts)
        return seen.facts

    def rss_bytes(self, pids: Iterable[int]) -> int | None:
        """Resident memory of these processes together; None when none can be read."""
        sizes = []
        for pid in pids:
            if seen := self._seen.get(pid):
                with contextlib.suppress(psutil.Error):
                    sizes.append(seen.process.memory_info().rss)
        return sum(sizes) if sizes else None

    def _meet(self, pid: int) -> None:
        """Read a process that is new, or has become another program."""
        before = self._seen.pop(pid, None)
        try:
            process = psutil.Process(pid)
            facts = _outline(process)
        except psutil.Error:
            return
        kept = before.facts if before and _is_same(before.facts, facts) else None
        matters = self._matters(facts.argv) or bool(kept and kept.detailed)
        if matters:
            facts = _details(process, facts)
        if kept:
            # A retitled process can't be asked for its environment any more; it was this.
            facts = msgspec.structs.replace(
                facts,
                environ=facts.environ or kept.environ,
                lost_parent=kept.lost_parent,
                lost_to=kept.lost_to,
            )
        seen = self._seen[pid] = _Seen(process, facts, matters)
        seen.settled = time.time() - facts.create_time > self._settled_after_s

    def _check(self, seen: _Seen) -> None:
        """Read again what can change of a process that we know."""
        facts = seen.facts
        parent = self._seen.get(facts.ppid)
        try:
            # What a main forked stands and falls with it and is verified in its turn, a main
            # always.
            verified = facts.pid % SLICES == self._turn or not (parent and parent.matters)
            if verified and not seen.process.is_running():
                del self._seen[facts.pid]
                self._meet(facts.pid)
                return
            argv = _read(seen.process.cmdline, None)
            ppid = seen.process.ppid() if verified else facts.ppid
        except psutil.Error:
            self._before[facts.pid] = self._seen.pop(facts.pid).facts.argv
            return
        if argv is not None and tuple(argv) != facts.argv:
            self._meet(facts.pid)
        elif ppid != facts.ppid:
            seen.facts = msgspec.structs.replace(
                facts,
                ppid=ppid,
                lost_parent=facts.lost_parent or seen.settled,
                lost_to=parent.facts.argv if parent else self._before.get(facts.ppid, ()),
            )
        seen.settled = time.time() - facts.create_time > self._settled_after_s


def _is_same(one: ProcessFacts, other: ProcessFacts) -> bool:
    return one.is_same(other.pid, other.create_time)


def _outline(process: psutil.Process) -> ProcessFacts:
    """Raises psutil.Error when the process is gone."""
    with process.oneshot():
        argv = _read(process.cmdline, None)
        return ProcessFacts(
            pid=process.pid,
            create_time=process.create_time(),
            ppid=process.ppid(),
            name=_read(process.name, ""),
            argv=tuple(argv or ()),
            denied=() if argv is not None else ("argv",),
        )


def _details(process: psutil.Process, facts: ProcessFacts) -> ProcessFacts:
    denied = list(facts.denied)

    def read(field: str, how: Callable[[], _T]) -> _T | None:
        try:
            return how()
        except (psutil.Error, OSError):
            denied.append(field)
            return None

    with process.oneshot():
        environ = read("environ", process.environ) or {}
        return msgspec.structs.replace(
            facts,
            detailed=True,
            cwd=read("cwd", process.cwd) or "",
            username=read("username", process.username) or "",
            terminal=read("terminal", process.terminal) or "",
            session=read("session", lambda: os.getsid(facts.pid)),
            group=read("group", lambda: os.getpgid(facts.pid)),
            exe=read("exe", process.exe) or "",
            cgroup=cgroup_of(facts.pid),
            pid_namespace=pid_namespace_of(facts.pid),
            environ={
                name: value
                for name, value in environ.items()
                if name in ENVIRON or name.startswith(ENVIRON_PREFIX)
            },
            denied=tuple(denied),
        )


def _read(how: Callable[[], _T], otherwise: _T) -> _T:
    """What may be denied; a process that is gone still raises."""
    try:
        return how()
    except psutil.AccessDenied:
        return otherwise


def _forget_terminals() -> None:
    # psutil remembers the terminals that exist when it is first asked, for ever: in a program
    # that stays, every terminal opened later would read as "no terminal".
    remembered = getattr(getattr(psutil, "_psposix", None), "get_terminal_map", None)
    if clear := getattr(remembered, "cache_clear", None):
        clear()
