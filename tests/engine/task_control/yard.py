"""One Redis, and real workers of one app on every kind of pool, for the tests of a module."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import psutil
from celery import Celery

from desktop.engine.app_info import AppInfo, AppTask
from desktop.engine.census.brokers import Broker
from desktop.engine.census.shown import shown
from desktop.engine.config import HistoryConfig
from desktop.engine.control import Control
from desktop.engine.history.history import History
from desktop.engine.model import WorkerRow
from desktop.engine.queues.reading import bound
from desktop.engine.rescue import Rescuer, RescueStack
from desktop.engine.rescue.keys import Keys
from desktop.engine.states import Owner, Role
from desktop.engine.telemetry.holders import Holders
from tests.engine.conftest import Server, wait_until

APP = """
import os, signal, time
from celery import Celery

app = Celery("yard", broker=os.environ["YARD_BROKER"], backend=os.environ["YARD_BROKER"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    result_extended=True,
    worker_pool_restarts=bool(os.environ.get("YARD_RESTARTS")),
    task_routes={"yard.note": {"queue": "notes"}},
    api_token="hush",
)

@app.task
def add(x, y=1):
    "Adds.\\n\\nNothing more."
    return x + y

@app.task
def note(path, words, *, more=""):
    with open(path, "a") as file:
        file.write(f"{words}{more}\\n")

@app.task
def hold(path):
    while not os.path.exists(path):
        time.sleep(0.02)
    return "held"

@app.task
def stubborn(path):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hold(path)

@app.task(bind=True)
def about(self):
    return [self.request.root_id, self.request.parent_id, list(self.request.timelimit),
            self.request.delivery_info.get("priority")]
"""

INFO = AppInfo(
    queues=("celery", "notes", "aside"),
    consumed=("celery",),
    tasks=("yard.about", "yard.add", "yard.hold", "yard.note", "yard.stubborn"),
    details=(
        AppTask("yard.about", "()"),
        AppTask("yard.add", "(x, y=1)", "Adds.", "celery"),
        AppTask("yard.hold", "(path)"),
        AppTask("yard.note", "(path, words, *, more='')", "", "notes"),
    ),
)


class Yard:
    """Starts workers, sends them tasks, and stands in for the stack that has them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.server = Server(folder)
        (folder / "yard.py").write_text(APP)
        self.history = History(folder)
        self.history.open(HistoryConfig())
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.app = Celery("sender", broker=self.server.url, set_as_current=False)
        self.app.conf.result_backend = self.server.url

    def start(self, node: str, *options: str, **env: str) -> int:
        """A worker; its pid, once it consumes."""
        log = self.log(node)
        argv = [sys.executable, "-m", "celery", "-A", "yard", "worker", "-n", node, "-l", "INFO"]
        with log.open("ab") as output:
            child = subprocess.Popen(
                [*argv, "--without-mingle", "--without-gossip", *options],
                env={**os.environ, "YARD_BROKER": self.server.url, **env},
                cwd=self.folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._children[node] = child
        wait_until(lambda: " ready." in log.read_text(errors="replace"))
        return child.pid

    def log(self, node: str) -> Path:
        return self.folder / f"{node}.log"

    def pid(self, node: str) -> int:
        return self._children[node].pid

    def born(self, node: str) -> float:
        return psutil.Process(self.pid(node)).create_time()

    def pool(self, node: str) -> list[int]:
        return [one.pid for one in psutil.Process(self.pid(node)).children()]

    def send(self, task: str, *args: object, **options: object) -> str:
        kwargs = options.pop("kwargs", {})
        with self.app.connection_for_write() as connection:
            sent = self.app.send_task(
                f"yard.{task}", args, kwargs, connection=connection, **options
            )
        return str(sent.id)

    def result(self, task_id: str) -> object:
        return self.app.AsyncResult(task_id).get(timeout=15)

    def control(self) -> Control:
        return Control(self.server.url)

    def stack(
        self,
        info: AppInfo = INFO,
        rows: tuple[WorkerRow, ...] = (),
    ) -> SimpleNamespace:
        """What actions need to know of a stack."""
        url, control = self.server.url, self.control()
        known = AppInfo(
            **{name: getattr(info, name) for name in info.__struct_fields__}
            | {"broker_url": url, "result_backend": url}
        )
        place = RescueStack(url=url, info=known, control=control)
        return SimpleNamespace(
            broker=lambda: Broker(url, control),
            rescuer=Rescuer(lambda: place, self.folder, lambda: None),
            app=SimpleNamespace(info=known, config=None),
            found=SimpleNamespace(rows=rows, stir=lambda: None),
            tasks=SimpleNamespace(
                holders=Holders(), history=self.history, sends_events=lambda _node, _pid: None
            ),
            queues=SimpleNamespace(bound=bound(url, Keys()), names=lambda: ()),
            supervisors={},
        )

    def row(self, node: str, owner: Owner = Owner.EXTERNAL) -> WorkerRow:
        """As the census has it."""
        process = psutil.Process(self.pid(node))
        return WorkerRow(
            process.pid,
            process.create_time(),
            Role.WORKER,
            owner,
            node,
            children=tuple(self.pool(node)),
            command=shown(tuple(process.cmdline())),
            this_app=True,
        )

    def end(self) -> None:
        for child in self._children.values():
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(10)
        with ThreadPoolExecutor(1) as thread:
            # A test may have a loop of its own.
            thread.submit(lambda: asyncio.run(self.history.close())).result()
        self.server.stop()
