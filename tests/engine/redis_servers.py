"""Real servers for the tests of everything that a Redis may answer."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.engine.conftest import wait_until
from tests.ports import free_port


class Servers:
    """Starts redis-servers in a folder; ends them, and no other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, *options: str, mode: str = "") -> int:
        """A redis-server with these options on a free port; returns when it listens."""
        port = free_port()
        folder = self.folder / str(port)
        folder.mkdir()
        lines = ["save ''", f"port {port}", "bind 127.0.0.1 -::1", f"dir {folder}", *options]
        self.run(folder, lines, mode)
        wait_until(lambda: listens(port))
        return port

    def run(self, folder: Path, lines: list[str], mode: str = "") -> subprocess.Popen[bytes]:
        config = folder / "redis.conf"
        config.write_text("\n".join(lines) + "\n")
        return self.spawn("redis-server", str(config), *filter(None, (mode,)))

    def spawn(self, *argv: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        self._processes.append(process)
        return process

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait(10)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@contextlib.contextmanager
def listener(backlog: int = 5) -> Iterator[socket.socket]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as server:
        yield server
