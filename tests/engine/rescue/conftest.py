"""Real workers whose tasks write down that they began and that they ended, and a rescuer."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest
from celery import Celery

from desktop.engine.app_info import AppInfo
from desktop.engine.control import Control
from desktop.engine.model import WorkerRow
from desktop.engine.rescue import Rescuer, RescueStack
from desktop.engine.states import Owner, Role
from desktop.engine.telemetry import Telemetry
from desktop.engine.telemetry.holders import Holders
from tests.engine.conftest import Server, wait_until

APP = """
import os, time
from celery import Celery

app = Celery("yard", broker=os.environ["YARD_BROKER"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"global_keyprefix": os.environ.get("YARD_PREFIX", "")},
)

def note(word, key):
    ledger = os.open(os.environ["YARD_LEDGER"], os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(ledger, f"{word} {key}\\n".encode())
    os.close(ledger)

def work(key, gate):
    note("began", key)
    while gate and not os.path.exists(gate):
        time.sleep(0.01)
    note("ended", key)

@app.task
def early(key, gate=""):
    work(key, gate)

@app.task(acks_late=True)
def late(key, gate=""):
    work(key, gate)

@app.task(rate_limit="1/h")
def limited(key, gate=""):
    work(key, gate)
"""


class Yard:
    """Starts workers in one folder, sends them tasks, and reads what the tasks wrote."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.prefix = ""
        self.ledger = folder / "ledger"
        self.gate = folder / "gate"
        (folder / "yard.py").write_text(APP)
        self._children: list[subprocess.Popen[bytes]] = []
        self._app = Celery("sender", broker=server.url, set_as_current=False)
        self._app.conf.broker_transport_options = {}

    def start(self, node: str, *options: str, events: bool = True) -> WorkerRow:
        """A worker; returns when it consumes."""
        log = self.folder / f"{node}.log"
        argv = [sys.executable, "-m", "celery", "-A", "yard", "worker", "-n", node, "-l", "INFO"]
        with log.open("ab") as output:
            child = subprocess.Popen(
                [*argv, "--without-mingle", *(["-E"] if events else []), *options],
                env=self.environment(),
                cwd=self.folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._children.append(child)
        wait_until(lambda: " ready." in log.read_text(errors="replace"))
        return self.row(child.pid, node)

    def row(self, pid: int, node: str) -> WorkerRow:
        born = psutil.Process(pid).create_time()
        return WorkerRow(pid, born, Role.WORKER, Owner.EXTERNAL, node, queues=("celery",))

    def send(
        self, task: str, *keys: object, gate: Path | None = None, **options: object
    ) -> list[str]:
        """Queue one task for each key; their ids."""
        self._app.conf.broker_transport_options = {"global_keyprefix": self.prefix}
        with self._app.connection_for_write() as connection:
            return [
                str(
                    self._app.send_task(
                        f"yard.{task}",
                        (key, str(gate or "")),
                        connection=connection,
                        **options,
                    ).id
                )
                for key in keys
            ]

    def noted(self, word: str) -> Counter[str]:
        """How often each task wrote that word."""
        lines = self.ledger.read_text().splitlines() if self.ledger.exists() else []
        return Counter(line.split()[1] for line in lines if line.split()[0] == word)

    def kill(self, row: WorkerRow) -> None:
        child = self._child(row)
        child.kill()
        child.wait(10)

    def terminate(self, row: WorkerRow) -> None:
        self._child(row).terminate()

    def runs(self, row: WorkerRow) -> bool:
        return self._child(row).poll() is None

    def _child(self, row: WorkerRow) -> subprocess.Popen[bytes]:
        return next(one for one in self._children if one.pid == row.pid)

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "YARD_BROKER": self.server.url,
            "YARD_LEDGER": str(self.ledger),
            "YARD_PREFIX": self.prefix,
        }

    def end(self) -> None:
        for child in self._children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(10)


@pytest.fixture
def yard(server: Server, tmp_path: Path) -> Iterator[Yard]:
    folder = tmp_path / "yard"
    folder.mkdir()
    opened = Yard(folder, server)
    yield opened
    opened.end()


class Watch:
    """A rescuer that listens to the events of the yard's broker."""

    def __init__(self, yard: Yard, folder: Path) -> None:
        self.holders = Holders()
        options = {"global_keyprefix": yard.prefix} if yard.prefix else {}
        self.telemetry = Telemetry(
            yard.server.url, lambda *_: None, key_prefix=yard.prefix, holders=self.holders
        )
        self.stack = RescueStack(
            url=yard.server.url,
            info=AppInfo(queues=("celery",), transport_options=dict(options)),
            control=Control(yard.server.url, options),
            holders=self.holders,
        )
        self.rescuer = Rescuer(lambda: self.stack, folder, lambda: None)

    async def listen(self) -> None:
        self.telemetry.start()
        await until(lambda: self.telemetry.connected)

    async def close(self) -> None:
        await self.rescuer.close()
        await asyncio.to_thread(self.telemetry.stop)


@pytest.fixture
async def watch(yard: Yard, tmp_path: Path) -> AsyncIterator[Watch]:
    opened = Watch(yard, tmp_path)
    yield opened
    await opened.close()


async def until(fact: object, timeout_s: float = 60.0) -> None:
    """As ``wait_until``, without holding the loop."""
    await asyncio.to_thread(wait_until, fact, timeout_s)
