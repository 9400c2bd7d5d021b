"""The stack that is measured: the bundled app with all its services, on ports of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import psutil
import redis

from desktop.engine.commands import Leave
from desktop.engine.control import Control
from desktop.engine.errors import TrayError
from desktop.engine.model import CeleryPing, HttpOk, RedisPing, ServiceSpec
from desktop.engine.records import Records
from desktop.paths import stack_id
from tests.benchmarks.processes import surroundings
from tests.live.conftest import Stack

BIN = Path(sys.executable).parent
PROGRAM = str(BIN / "celery-tray")
PING_S = 0.1
POLL_S = 0.005
READY_S = 60.0
COMMAND_S = 120.0
"""Longer than this is no slow command: it hangs."""


class Service(msgspec.Struct, frozen=True):
    """One service as the engine starts it, to be started by hand or by a peer."""

    spec: ServiceSpec
    argv: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def added(self) -> dict[str, str]:
        """What its environment has on top of ours."""
        return {name: value for name, value in self.spec.env.items() if value}

    @property
    def env(self) -> dict[str, str]:
        merged = surroundings(**self.spec.env)
        return {name: value for name, value in merged.items() if value or name not in self.spec.env}

    def is_ready(self) -> bool:
        """PONG, the worker's answer to a ping, 200: what "ready" means to the engine too."""
        probe = self.spec.probe
        if isinstance(probe, RedisPing):
            return answers_pong(probe.url)
        if isinstance(probe, CeleryPing):
            return Control(probe.broker).ping(probe.node, PING_S)
        assert isinstance(probe, HttpOk)
        return answers_ok(probe.url)


@contextmanager
def bench_stack(folder: Path) -> Iterator[Stack]:
    """A stack that is gone, engine included, when the block ends."""
    stack = Stack(folder)
    try:
        yield stack
    finally:
        stack.end()


def celery_tray(stack: Stack, *words: str) -> str:
    """Run a command as a person would and wait for it; its output."""
    where = ("--home", str(stack.home.root), "--project", stack.project)
    done = subprocess.run(
        [PROGRAM, *words, *where],
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"celery-tray {' '.join(words)}: {done.stderr or done.stdout}")
    return done.stdout


def dismiss_engine(stack: Stack) -> None:
    """The engine leaves now and not after its pause; returns when it has."""
    with contextlib.suppress(TrayError), stack.client(start=False) as client:
        engine = psutil.Process(client.engine_pid)
        client.submit(Leave())
        engine.wait(30)


def services(stack: Stack) -> tuple[Service, ...]:
    """The services of a running stack, in the order of their start, Redis first."""
    records, _ = Records(stack.home.stack(stack_id(stack.folder))).load()
    specs = {record.spec.name: record.spec for record in records}
    return tuple(Service(specs[one.name], one.argv) for one in stack.status().services if one.pid)


class Moves:
    """When the services moved, as the engine's log tells: instants since the epoch."""

    def __init__(self, stack: Stack) -> None:
        self._log = stack.home.engine_log
        self._begin = self._log.stat().st_size if self._log.exists() else 0

    def instants(self, state: str) -> dict[str, float]:
        """By service, the last move to ``state`` since this object was made."""
        found = {}
        for line in self._log.read_bytes()[self._begin :].decode().splitlines():
            at, separator, words = line.partition(" INFO desktop.engine.supervisor: ")
            name, colon, rest = words.partition(": ")
            if separator and colon and rest.split(" ", 1)[0] == state:
                found[name] = datetime.strptime(at, "%Y-%m-%d %H:%M:%S,%f").timestamp()  # noqa: DTZ007 - the log's local time
        return found


def answers_pong(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=1.0) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def answers_ok(url: str) -> bool:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=1.0)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def wait_until_ready(wanted: tuple[Service, ...]) -> None:
    """Returns when each has answered once."""
    deadline = time.monotonic() + READY_S
    left = wanted
    while left := tuple(one for one in left if not one.is_ready()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not ready: {', '.join(one.name for one in left)}")
        time.sleep(POLL_S)
