"""Real workers to clean up, planned as the engine plans them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from desktop.engine.census import inquiry
from desktop.engine.census.census import Census
from desktop.engine.cleanup.audit import Audit
from desktop.engine.cleanup.cleaning import Cleaning
from desktop.engine.cleanup.plan import make_plan
from desktop.engine.commands import PlanRow
from desktop.engine.control import Control
from tests.engine.conftest import Server
from tests.leftovers import Leftovers

APP = """
import os, time
from pathlib import Path
from celery import Celery

app = Celery("proj", broker=os.environ["PROJ_BROKER"])
app.conf.update(broker_transport_options={"visibility_timeout": 3600}, worker_prefetch_multiplier=1)
ledger = Path(__file__).with_name("ledger")

def told(what, key):
    with open(ledger, "a") as file:
        file.write(f"{what} {key}\\n")

def work(key):
    told("began", key)
    while not Path(__file__).with_name(f"go-{key}").exists():
        time.sleep(0.02)
    told("ended", key)

app.task(name="early")(work)
app.task(name="late", acks_late=True)(work)
"""


class Yard:
    """A project of its own, its workers and its tasks."""

    def __init__(self, folder: Path, server: Server) -> None:
        (folder / "proj.py").write_text(APP)
        self.folder = folder
        self.server = server
        self.control = Control(server.url)
        self.left = Leftovers(
            folder, "proj", {"PROJ_BROKER": server.url, "PYTHONPATH": str(folder)}
        )
        self.audit = Audit(folder / "cleanup.log")
        self._census = Census()

    def send(self, task: str, key: str) -> str:
        from celery import Celery

        app = Celery("sender", broker=self.server.url, set_as_current=False)
        with app.connection_for_write() as connection:
            return str(app.send_task(task, (key,), connection=connection).id)

    def go(self, key: str) -> None:
        (self.folder / f"go-{key}").touch()

    def told(self, line: str) -> bool:
        ledger = self.folder / "ledger"
        return ledger.exists() and line in ledger.read_text().splitlines()

    @property
    def waiting(self) -> int:
        return int(self.server.client.llen("celery"))  # type: ignore[arg-type]

    async def plan(self, *processes: psutil.Process) -> tuple[PlanRow, ...]:
        answers = await inquiry.ask(self.control)
        rows = await asyncio.to_thread(self._census.scan, [], answers)
        pids = {one.pid for one in processes}
        plan = make_plan(rows, answers, (), 0.0)
        return tuple(row for row in plan if row.worker.pid in pids)

    def cleaning(self, plan: Sequence[PlanRow], **more: Any) -> Cleaning:
        values = {
            "patience_s": 30.0,
            "force": False,
            "audit": self.audit,
            "control": self.control,
            "broker": self.server.url,
            "nodes": [row.worker.node for row in plan],
            **more,
        }
        return Cleaning(plan, **values)


def changed(row: PlanRow, **worker: Any) -> PlanRow:
    """The same row about another worker."""
    return msgspec.structs.replace(row, worker=msgspec.structs.replace(row.worker, **worker))


@pytest.fixture
def yard(server: Server, tmp_path: Path) -> Iterator[Yard]:
    folder = tmp_path / "yard"
    folder.mkdir()
    opened = Yard(folder, server)
    yield opened
    opened.left.end()
