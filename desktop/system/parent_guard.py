"""Ends a worker's pool processes when the worker's main process dies without ending them.

Linux does it in the kernel: Celery asks for PR_SET_PDEATHSIG with SIGKILL. macOS has no such
thing, so a killed main process leaves its pool behind, which waits for ever for a parent that
is gone. There a guard process sleeps in the kernel until the main process has ended, and then
does what Linux does. It needs neither the engine nor the tray (docs/decisions/0003).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.launch import own_command

if TYPE_CHECKING:
    import psutil

CREATE_TIME_MARGIN_S = 1.5
"""psutil's create time can be up to a second early (measured)."""
POLL_S = 1.0
"""Where the kernel can't tell of the end of a process that is no child of ours."""


def start(pid: int, create_time: float) -> None:
    """Guard a worker that was just started in a session of its own; returns at once.

    Does nothing on Linux. Without a guard the worker works all the same, so no error is raised.
    """
    if not _needed():
        return
    with contextlib.suppress(OSError):
        subprocess.Popen(
            command(pid, create_time),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _needed() -> bool:
    return not sys.platform.startswith("linux")


def command(pid: int, create_time: float) -> tuple[str, ...]:
    """The guard's command line."""
    return own_command("desktop.system.parent_guard", str(pid), repr(create_time))


def guard(pid: int, create_time: float) -> tuple[int, ...]:
    """Sleep until this very process has ended, then end what it forked; returns those pids."""
    import psutil

    try:
        main = psutil.Process(pid)
        if not (_is(main, create_time) and os.getpgid(pid) == pid):
            return ()
    except (psutil.Error, OSError):
        return ()
    _wait_until_ended(pid, lambda: _is(main, create_time))
    ended = []
    for process in _left_behind(pid, create_time):
        with contextlib.suppress(psutil.Error):
            process.kill()  # psutil looks once more whether it is still the same
            ended.append(process.pid)
    return tuple(ended)


def _left_behind(group: int, born: float) -> list[psutil.Process]:
    """Former children of the dead process: in its group, younger, their parent not among them.

    What a task has started (ffmpeg …) has a pool process for its parent and is left alone, as
    Linux does. The kernel gives a group's number to nobody else while the group has members.
    """
    import psutil

    members: dict[int, tuple[psutil.Process, int]] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if (
                os.getpgid(process.pid) == group
                and process.pid != group
                and process.create_time() >= born - CREATE_TIME_MARGIN_S
            ):
                members[process.pid] = process, process.ppid()
    return [process for process, parent in members.values() if parent not in members]


def _is(process: psutil.Process, create_time: float) -> bool:
    import psutil

    try:
        return (
            process.is_running()
            and process.status() != psutil.STATUS_ZOMBIE
            and abs(process.create_time() - create_time) <= CREATE_TIME_MARGIN_S
        )
    except psutil.NoSuchProcess:
        return False


def _wait_until_ended(pid: int, alive: Callable[[], bool]) -> None:
    """Registered first and looked at then, so that an end in between is not slept through."""
    if sys.platform == "darwin":
        with contextlib.closing(select.kqueue()) as queue, contextlib.suppress(ProcessLookupError):
            watch = select.kevent(pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT)
            queue.control([watch], 0)
            if alive():
                queue.control(None, 1)
        return
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(ProcessLookupError), os.fdopen(os.pidfd_open(pid), "rb") as ended:
            if alive():
                select.select([ended], (), ())
        return
    while alive():
        time.sleep(POLL_S)


def main() -> int:
    """``python -P -m desktop.system.parent_guard PID CREATE_TIME``"""
    # Nobody's farewell ends it before the worker has ended.
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    guard(int(sys.argv[1]), float(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
