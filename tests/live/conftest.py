"""Real stacks for tests: a project folder with free ports, a home, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from desktop.engine.client import Client
from desktop.engine.commands import Leave, Restart, Start, StartReport, Stop, StopReport
from desktop.engine.errors import TrayError
from desktop.engine.model import ServiceStatus, StackStatus
from desktop.paths import Home, stack_id
from tests.ports import free_ports

WAIT_S = 60.0
"""What takes so long on a machine that others use too will never come."""
T = TypeVar("T")


def until(ask: Callable[[], T], timeout_s: float = WAIT_S) -> T:
    """Ask again and again until the answer is true; fails with the last answer otherwise."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"still {answer!r} after {timeout_s} s"
        time.sleep(0.05)


class Stack:
    """One project with its own home and free ports, driven through the engine's client."""

    def __init__(self, folder: Path, more: str = "", *, name: str = "project") -> None:
        self.home = Home(folder / "home")
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        self.redis_port, self.web_port, self.monitor_port = free_ports(3)
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.configure(more)
        self._seen: set[tuple[int, float]] = set()

    @property
    def project(self) -> str:
        return str(self.folder)

    def configure(self, more: str = "") -> None:
        (self.folder / "celery-tray.toml").write_text(
            f"""app = "web.celery_app"
[redis]
url = "{self.redis_url}"
[monitor]
port = {self.monitor_port}
[web]
port = {self.web_port}
[downloads]
allow_private = true
{more}
"""
        )

    def client(self, *, start: bool = True, stays: bool = False) -> Client:
        client = Client.connect(self.home, "cli", start=start, stays=stays)
        with contextlib.suppress(psutil.Error):
            self._seen.add((client.engine_pid, psutil.Process(client.engine_pid).create_time()))
        return client

    def start(self, *services: str, **options: object) -> StartReport:
        with self.client() as client:
            report = client.submit(Start(self.project, services, **options))  # type: ignore[arg-type]
        assert isinstance(report, StartReport)
        self.status()
        return report

    def stop(self, *services: str, force: bool = False) -> StopReport:
        self.status()
        with self.client() as client:
            report = client.submit(Stop(self.project, services, force=force))
        assert isinstance(report, StopReport)
        return report

    def restart(self, *services: str) -> StartReport:
        with self.client() as client:
            report = client.submit(Restart(self.project, services))
        assert isinstance(report, StartReport)
        return report

    def status(self) -> StackStatus:
        with self.client() as client:
            stack = client.snapshot().stack(stack_id(self.folder))
        assert stack is not None
        for service in stack.services:
            if service.pid and service.create_time:
                self._seen.add((service.pid, service.create_time))
                for child in _children(service.pid):
                    self._seen.add(child)
        return stack

    def service(self, name: str) -> ServiceStatus:
        service = self.status().service(name)
        assert service is not None
        return service

    def engine_pid(self) -> int:
        with self.client(start=False) as client:
            return client.engine_pid

    def log(self, service: str) -> str:
        path = Path(self.service(service).log_path)
        return path.read_text(errors="replace") if path.exists() else ""

    def left_over(self) -> list[tuple[int, str]]:
        """Processes ever seen of this stack that still run."""
        left = []
        for pid, created in self._seen:
            with contextlib.suppress(psutil.Error):  # it may end while it is looked at
                if _runs(pid, created):
                    left.append((pid, " ".join(psutil.Process(pid).cmdline())))
        return left

    def end(self) -> None:
        """Stop everything; what does not go is ended by its pid, and is a failure."""
        try:
            with Client.connect(self.home, "cli", start=bool(self._seen)) as client:
                client.settimeout(60)
                client.submit(Stop(self.project, force=True))
                client.submit(Leave())
        except (TrayError, TimeoutError):
            pass
        with contextlib.suppress(AssertionError):
            until(lambda: not self.left_over())
        left = self.left_over()
        for pid, _ in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert not left, f"left behind: {left}"


def _children(pid: int) -> set[tuple[int, float]]:
    try:
        return {(c.pid, c.create_time()) for c in psutil.Process(pid).children(recursive=True)}
    except psutil.Error:
        return set()


def _runs(pid: int, created: float) -> bool:
    try:
        process = psutil.Process(pid)
        return (
            abs(process.create_time() - created) < 1.5 and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.Error:
        return False


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack of the bundled app on free ports; everything of it is gone afterwards."""
    one = Stack(tmp_path)
    yield one
    one.end()


@pytest.fixture
def make_stack(tmp_path: Path) -> Iterator[Callable[[str], Stack]]:
    """As ``stack``, with more lines for the configuration."""
    made: list[Stack] = []

    def make(more: str = "") -> Stack:
        made.append(Stack(tmp_path / str(len(made)), more))
        return made[-1]

    yield make
    for one in made:
        one.end()
