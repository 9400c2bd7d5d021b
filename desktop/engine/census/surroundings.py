"""What a verdict needs to see beyond the process table, read only when it is asked for.

Everything here is bounded, and what can't be read is "not known".
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import psutil

from desktop.engine.census.cgroup import cgroup_of, container_of, pid_namespace_of
from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.stdio import Stdio, stdio_of

_SCRIPT_MOST_BYTES = 65_536
_KEPT = 256


class Surroundings:
    """Reads files about processes; scripts once per process."""

    def __init__(self) -> None:
        self.pid_namespace = pid_namespace_of(os.getpid())
        """Our own."""
        self.container = container_of(cgroup_of(os.getpid()))
        """The container that we run in ourselves; "": none."""
        self._scripts: dict[tuple[int, float], str] = {}

    def script(self, shell: ProcessFacts, path: str) -> str:
        """The text of the script that a shell was started with; "" when it can't be read."""
        key = (shell.pid, shell.create_time)
        if key not in self._scripts:
            if len(self._scripts) >= _KEPT:
                self._scripts.clear()
            self._scripts[key] = _text(_place(path, lambda: psutil.Process(shell.pid).cwd()))
        return self._scripts[key]

    def stdio(self, pid: int) -> Stdio | None:
        """Where its standard streams lead; None when not known."""
        return stdio_of(pid)

    def own(self, name: str) -> str:
        """A variable of our own environment."""
        return os.environ.get(name, "")

    def pid_in(self, path: str, folder: str) -> int | None:
        """The pid that a pid file names; None when there is none to read."""
        words = _text(_place(path, lambda: folder))
        return int(words) if words.strip().isascii() and words.strip().isdigit() else None


def _place(path: str, folder: Callable[[], str]) -> Path | None:
    try:
        return Path(path) if path.startswith("/") else Path(folder()) / path
    except (psutil.Error, OSError):
        return None


def _text(path: Path | None) -> str:
    try:
        # A pipe or a device given as a script would make us wait.
        if path is None or not stat.S_ISREG(path.stat().st_mode):
            return ""
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_SCRIPT_MOST_BYTES)
    except (OSError, ValueError):
        return ""
