"""Processes that somebody has stopped: they run no code until they are continued."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import psutil

_SUSPENDED = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})


def suspended(pids: Iterable[int]) -> frozenset[int]:
    """Those of ``pids`` that are suspended (SIGSTOP, a debugger)."""
    found = set()
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            if psutil.Process(pid).status() in _SUSPENDED:
                found.add(pid)
    return frozenset(found)
