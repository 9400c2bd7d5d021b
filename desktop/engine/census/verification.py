"""Is a process still what it was when it was planned? Asked right before each signal.

A number is reused, a shell becomes another program by ``exec``: pid and create time are not
enough, the command line has to mean the same Celery program too.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable

import msgspec
import psutil

from desktop.engine.census.command_line import parse
from desktop.engine.census.facts import CREATE_TIME_MARGIN_S
from desktop.engine.census.shown import shown
from desktop.engine.model import Identity, WorkerRow

_SUSPENDED = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})


class Sighting(msgspec.Struct, frozen=True):
    """One process now."""

    alive: bool = False
    suspended: bool = False
    """Stopped by SIGSTOP or a debugger: it takes no signal in until it is continued."""


def sightings(processes: Iterable[Identity]) -> dict[Identity, Sighting]:
    """These processes now, in one pass. One that can't be read counts as alive. Blocks."""
    return {one: _sighting(*one) for one in processes}


def is_still(row: WorkerRow) -> bool:
    """Whether the process with the number of ``row`` runs the program of ``row``.

    Raises psutil's errors when it is gone or may not be read.
    """
    argv = tuple(psutil.Process(row.pid).cmdline())
    if not row.command or not argv:
        return False
    if shown(argv) == row.command:
        return True
    # It may retitle itself ("-active-", "-shutting down-") or have re-executed itself by HUP.
    now = parse(argv, None, socket.gethostname())
    return (
        now is not None
        and now.role is row.role
        and (not now.node or not row.node or now.node == row.node)
        and (not now.app or not row.app or now.app == row.app)
    )


def is_there(row: WorkerRow) -> bool:
    """Whether the very process of ``row`` runs the program of ``row``; False when that can't be
    told."""
    try:
        return _sighting(row.pid, row.create_time).alive and is_still(row)
    except psutil.Error:
        return False


def descends_from(pid: int, ancestor: Identity) -> bool:
    """Whether ``ancestor`` is this very process's parent, or a parent's parent."""
    try:
        parents = psutil.Process(pid).parents()
        return any(one.pid == ancestor[0] and _is_created(one, ancestor[1]) for one in parents)
    except psutil.Error:
        return False


def identities(pids: Iterable[int]) -> dict[int, Identity]:
    """Who has these numbers now; those that nobody has are not in it."""
    found: dict[int, Identity] = {}
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            found[pid] = (pid, psutil.Process(pid).create_time())
    return found


def _sighting(pid: int, create_time: float) -> Sighting:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            status = process.status()
            if status == psutil.STATUS_ZOMBIE or not _is_created(process, create_time):
                return Sighting()
            return Sighting(alive=True, suspended=status in _SUSPENDED)
    except psutil.NoSuchProcess:
        return Sighting()
    except psutil.AccessDenied:
        return Sighting(alive=True)


def _is_created(process: psutil.Process, create_time: float) -> bool:
    return abs(process.create_time() - create_time) < CREATE_TIME_MARGIN_S
