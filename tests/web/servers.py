"""Both web servers as real processes, for what is asked of both alike."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from desktop.engine.commands import QUESTIONS, Census, Open, Watch
from desktop.paths import Home
from tests.ports import free_ports
from tests.web.monitor.conftest import FakeEngine, RunningMonitor, wait_until

NAMES = ("downloads", "monitor")
HARMLESS = (*QUESTIONS, Census, Open, Watch)
"""Commands that change nothing."""


class Server:
    """One of them, ready."""

    def __init__(self, name: str, port: int, log: Path, change: str) -> None:
        self.name = name
        self.port = port
        self.log = log
        self.change = change
        """An address that a POST changes something at."""
        self.own = f"127.0.0.1:{port}"
        self.url = f"http://{self.own}"
        self.engine: FakeEngine | None = None

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=20, trust_env=False)

    def raw(self, request: bytes, wait_s: float = 10.0) -> bytes:
        """Exactly these bytes, as no client would send them; all that comes until the end."""
        return exchange(("127.0.0.1", self.port), request, wait_s)


def exchange(place: tuple[str, int], request: bytes, wait_s: float = 10.0) -> bytes:
    with socket.create_connection(place, timeout=wait_s) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):  # it may be cut off while it still sends
            connection.sendall(request)
            while data := connection.recv(65536):
                answer += data
        return answer


@contextlib.contextmanager
def serving(name: str, folder: Path) -> Iterator[Server]:
    """The server of this name, before nobody (downloads) or an engine of the tests (monitor)."""
    with _downloads(folder) if name == "downloads" else _monitor(folder) as server:
        yield server


@contextlib.contextmanager
def _downloads(folder: Path) -> Iterator[Server]:
    port, nobody = free_ports(2)
    env = {
        **os.environ,
        "CELERY_BROKER_URL": f"redis://127.0.0.1:{nobody}/0",
        "CELERY_TRAY_FILES": str(folder / "files"),
    }
    log = folder / "downloads.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "web.downloads", "--port", str(port)],
            env=env,
            stdout=output,
            stderr=output,
        )
    server = Server("downloads", port, log, "/api/downloads")
    try:
        wait_until(lambda: _answers(server))
        yield server
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _monitor(folder: Path) -> Iterator[Server]:
    engine = FakeEngine(Home(folder / "home"))
    running = RunningMonitor(Home(folder / "home"), folder / "monitor.log")
    server = Server("monitor", running.port, running.log, "/api/stop")
    server.engine = engine
    try:
        running.wait_until_healthy()
        yield server
    finally:
        running.end()
        engine.end()


def _answers(server: Server) -> bool:
    try:
        with server.http() as http:
            return http.get("/").status_code == 200
    except httpx.TransportError:
        return False
