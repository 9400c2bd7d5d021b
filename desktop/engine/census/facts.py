"""What the process table says of one process, as a value."""

from __future__ import annotations

import msgspec

CREATE_TIME_MARGIN_S = 2.0
"""Create times of one process that differ by less are the same: what psutil reads can be up to a
second early, and a stepped wall clock moves it (measured on Linux 6, psutil 7.2)."""


class ProcessFacts(msgspec.Struct, frozen=True):
    """One process, known by (pid, create_time).

    The fields up to ``argv`` are read of every process, those below only of processes that look
    like Celery (``detailed``). What could not be read is empty, and named in ``denied``.
    """

    pid: int
    create_time: float
    """Seconds since the epoch."""
    ppid: int
    name: str = ""
    argv: tuple[str, ...] = ()
    detailed: bool = False
    cwd: str = ""
    username: str = ""
    terminal: str = ""
    """Its controlling terminal ("/dev/pts/3"); "" when it has none."""
    session: int | None = None
    group: int | None = None
    exe: str = ""
    """The program file with links resolved: of a virtual environment, the base interpreter."""
    environ: dict[str, str] = {}
    """Only what tells the app, the broker and the launcher. May hold credentials: never shown."""
    cgroup: str = ""
    """The path of its control group; "" when there is none."""
    pid_namespace: str = ""
    """To compare with our own: another's is in a container. "" when not known."""
    denied: tuple[str, ...] = ()
    lost_parent: bool = False
    """Its parent ended while we watched, long after both had started."""
    lost_to: tuple[str, ...] = ()
    """The command line of the parent that it lost; () when it lost none, or it was not known."""

    def is_same(self, pid: int, create_time: float) -> bool:
        """Whether (pid, create_time) means this process."""
        return self.pid == pid and abs(self.create_time - create_time) < CREATE_TIME_MARGIN_S
