"""Real workers that nobody looks after: orphans, and what somebody else runs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

QUICK = ("-P", "solo", "--without-mingle", "--without-gossip", "--without-heartbeat", "-l", "INFO")
"""Options of a worker that starts soon."""

_LAUNCHER = """
import json, os, subprocess, sys

# A job of a shell whose first process ends: what it started is nobody's afterwards.
if os.fork():
    os._exit(0)
os.setpgid(0, 0)
for argv, log in json.load(sys.stdin):
    with open(log, "ab") as output:
        subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
"""


class Leftovers:
    """Starts workers of an app in one folder, and ends by pid all that run there."""

    def __init__(self, folder: Path, app: str, env: Mapping[str, str]) -> None:
        self.folder = folder
        self._app = app
        self._env = {**os.environ, **env}
        self._children: list[subprocess.Popen[bytes]] = []
        self._started: Counter[str] = Counter()

    def argv(self, node: str, *options: str) -> list[str]:
        celery = [sys.executable, "-P", "-m", "celery", "-A", self._app]
        return [*celery, "worker", "-n", f"{node}@%h", *(options or QUICK)]

    def external(self, node: str, *options: str) -> psutil.Process:
        """A worker that this test's own process looks after; returns when it consumes."""
        with self._log(node).open("ab") as output:
            child = subprocess.Popen(
                self.argv(node, *options),
                cwd=self.folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._children.append(child)
        self._ready([node])
        return psutil.Process(child.pid)

    def orphans(self, nodes: Sequence[str], *options: str) -> list[psutil.Process]:
        """Workers whose launcher has gone; returns when each consumes."""
        import json

        lines = [(self.argv(node, *options), str(self._log(node))) for node in nodes]
        subprocess.run(
            [sys.executable, "-c", _LAUNCHER],
            input=json.dumps(lines).encode(),
            cwd=self.folder,
            env=self._env,
            start_new_session=True,
            check=True,
        )
        self._ready(nodes)
        wanted = {f"{node}@%h" for node in nodes}
        found: list[tuple[str, psutil.Process]] = []
        running = list(self.running())
        pids = {one.pid for one in running}
        for one in running:
            with contextlib.suppress(psutil.Error, ValueError, IndexError):
                argv = one.cmdline()
                node = argv[argv.index("-n") + 1]
                # A pool process has a worker as its parent; one that this test looks after, this.
                if node in wanted and one.ppid() not in pids and one.ppid() != os.getpid():
                    found.append((node.removesuffix("@%h"), one))
        order = {node: place for place, node in enumerate(nodes)}
        return [one for _, one in sorted(found, key=lambda each: order[each[0]])]

    def running(self) -> Iterator[psutil.Process]:
        """All workers of this folder."""
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                celery = "celery" in one.cmdline() and one.status() != psutil.STATUS_ZOMBIE
                if celery and Path(one.cwd()) == self.folder:
                    yield one

    def log(self, node: str) -> str:
        path = self._log(node)
        return path.read_text(errors="replace") if path.exists() else ""

    def end(self) -> None:
        while running := list(self.running()):
            for one in running:
                with contextlib.suppress(psutil.Error):
                    one.kill()
            psutil.wait_procs(running, timeout=2)
            for child in self._children:
                child.poll()
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
            child.wait(10)

    def _log(self, node: str) -> Path:
        return self.folder / f"{node}.log"

    def _ready(self, nodes: Sequence[str], timeout_s: float = 100) -> None:
        """Each of them consumes; one started twice says so twice."""
        self._started.update(nodes)
        waiting = set(nodes)
        deadline = time.monotonic() + timeout_s
        while waiting := {n for n in waiting if self.log(n).count(" ready.") < self._started[n]}:
            assert time.monotonic() < deadline, f"never ready: {sorted(waiting)}"
            time.sleep(0.05)
