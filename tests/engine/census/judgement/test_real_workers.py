"""Real workers with real faults, and what the look at them says."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop.engine.census.brokers import Broker
from desktop.engine.census.judgement.sight import OwnService
from desktop.engine.census.judgement.survey import Wanted
from desktop.engine.control import Control
from desktop.engine.found_workers import FoundWorkers
from desktop.engine.model import ServiceSpec, StaysAlive, Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, ServiceKind, WorkerFinding
from desktop.engine.telemetry import Telemetry

HOST = socket.gethostname()
CELERY = str(Path(sys.executable).parent / "celery")
QUIET = ("--without-mingle", "--without-gossip", "--without-heartbeat", "-l", "INFO")
SOLO = ("worker", "-P", "solo", *QUIET)
CERTAIN, LIKELY, UNKNOWN = Confidence.CERTAIN, Confidence.LIKELY, Confidence.UNKNOWN
Until = Callable[..., None]


class Project:
    """A project in the zoo's folder, its workers, and the look at them."""

    def __init__(self, zoo: Any, wait_until: Until) -> None:
        self.zoo = zoo
        self.folder: Path = zoo.folder
        self._wait_until = wait_until
        self.own: list[OwnService] = []
        self.more: dict[str, Any] = {}
        self.answering: set[str] = set()
        """Keys of the workers that are there and can answer."""
        self.found = FoundWorkers(self._wanted, lambda: None, self.folder / "sources.json")

    def _wanted(self) -> Wanted:
        ours = tuple((one.pid, one.create_time) for one in self.own)
        url = self.zoo.broker
        return Wanted(
            app="proj",
            project=str(self.folder),
            broker=url,
            brokers=(Broker(url, Control(url)),),
            ours=ours,
            mine=ours,
            services=tuple(self.own),
            **self.more,
        )

    def start(self, key: str, *words: str, cwd: Path | None = None) -> None:
        self.zoo.start(key, CELERY, "-A", "proj", *words, cwd=cwd)

    def ready(self, *keys: str) -> None:
        for key in keys:
            self._wait_until(lambda key=key: "ready." in self.zoo.log(key))
        self.answering.update(keys)

    def adopt(self, key: str) -> None:
        pid = self.zoo.pid(key)
        spec = ServiceSpec(key, ServiceKind.WORKER, (), "", StaysAlive())
        self.own.append(OwnService(pid, psutil.Process(pid).create_time(), spec))

    async def rows(self) -> dict[int, WorkerRow]:
        """Of the zoo alone: others on this machine may run Celery too. A busy machine may need
        more than one look until all have answered."""
        async with asyncio.timeout(60):
            rows = await self.found.look()
            while not self._all_have_answered():
                rows = await self.found.look()
        return {r.pid: r for r in rows if r.cwd and Path(r.cwd).is_relative_to(self.folder)}

    def _all_have_answered(self) -> bool:
        answers = {pid: answer for (pid, _), answer in self.found.answers.items()}
        said = (answers.get(self.zoo.pid(key)) for key in self.answering)
        return all(one and None not in (one.queues, one.registered, one.holds) for one in said)

    async def row(self, key: str) -> WorkerRow:
        return (await self.rows())[self.zoo.pid(key)]


@pytest.fixture
def project(zoo: Any, wait_until: Until) -> Project:
    return Project(zoo, wait_until)


def verdict(row: WorkerRow, finding: WorkerFinding) -> Verdict | None:
    return next((one for one in row.verdicts if one.finding is finding), None)


async def test_a_name_that_runs_twice_and_a_worker_too_many(project: Project) -> None:
    project.start("own", *SOLO, "-n", "twin@%h")
    project.start("twin", *SOLO, "-n", "twin@%h")
    project.start("beside", *SOLO, "-n", "beside@%h")
    project.start("apart", *SOLO, "-n", "apart@%h", "-Q", "elsewhere")
    project.ready("own", "twin", "beside", "apart")

    rows = await project.rows()
    pid = {key: project.zoo.pid(key) for key in ("own", "twin", "beside", "apart")}
    found = {key: verdict(rows[pid[key]], WorkerFinding.DUPLICATE) for key in pid}
    assert {key for key, one in found.items() if one} == {"own", "twin"}, "nobody is ours yet"

    project.adopt("own")
    rows = await project.rows()
    found = {key: verdict(rows[pid[key]], WorkerFinding.DUPLICATE) for key in pid}
    assert found["own"] is None
    assert found["apart"] is None
    assert rows[pid["own"]].owner is Owner.OURS
    assert {found["twin"].confidence, found["beside"].confidence} == {CERTAIN}  # type: ignore[union-attr]
    assert str(pid["own"]) in str(found["twin"].evidence)  # type: ignore[union-attr]
    assert "celery" in str(found["beside"].evidence)  # type: ignore[union-attr]
    assert all(rows[one].this_app for one in pid.values())
    assert {one.pid for one in project.found.rows} == set(pid.values())
    assert len(project.found.answers.keys() & {(p, rows[p].create_time) for p in pid.values()}) == 4


TASKS = """
from proj import app

@app.task
def add(x, y):
    return x + y
"""


async def test_code_that_changes_under_a_worker(project: Project, wait_until: Until) -> None:
    """A touch, a swap file and bytecode are no change; another content is, until it is back."""
    (project.folder / "proj" / "tasks.py").write_text(TASKS)
    tasks = project.folder / "proj" / "tasks.py"
    telemetry = Telemetry(project.zoo.broker, lambda counts, active: None)
    telemetry.start()
    wait_until(lambda: telemetry.connected)
    project.more = {"tasks_since": telemetry.started_since}
    project.start("old", *SOLO, "-n", "old@%h", "-I", "proj.tasks", "-E")
    project.ready("old")
    (project.folder / "proj" / "__init__.py").write_text(
        (project.folder / "proj" / "__init__.py").read_text()
        + 'app.conf.include = ["proj.tasks"]\n'
    )
    os.utime(project.folder / "proj" / "__init__.py", (1, 1))

    async def judged() -> Verdict | None:
        return verdict(await project.row("old"), WorkerFinding.STALE_CODE)

    assert await judged() is None
    loaded_at = time.time()
    wait_until(lambda: time.time() > loaded_at + 0.05)
    tasks.touch()
    (project.folder / "proj" / ".tasks.py.swp").write_bytes(b"swap")
    (project.folder / "proj" / "4913").touch()
    (project.folder / "proj" / "other.py").write_text("not_imported = 1")
    assert await judged() is None

    tasks.write_text(TASKS + "# more\n")
    found = await judged()
    assert found is not None
    assert found.confidence is CERTAIN
    assert str(Path("proj", "tasks.py")) in str(found.evidence)
    assert "old code" not in str(found.evidence)

    from celery import Celery

    with Celery(broker=project.zoo.broker, set_as_current=False) as sender:
        for _ in range(3):
            sender.send_task("proj.tasks.add", (1, 2))
    pid = project.zoo.pid("old")
    wait_until(lambda: telemetry.started_since(f"old@{HOST}", pid, loaded_at) == 3)
    assert "; 3 tasks ran on old code since" in str((await judged()).evidence)  # type: ignore[union-attr]

    # The next engine has no memory but what is on disk.
    project.found = FoundWorkers(project._wanted, lambda: None, project.folder / "sources.json")
    found = await judged()
    assert found is not None
    assert found.confidence is CERTAIN

    tasks.write_text(TASKS)
    assert await judged() is None
    tasks.unlink()
    found = await judged()
    assert found is not None
    assert "gone" in str(found.evidence)
    telemetry.stop()


OTHER = """
import os
from celery import Celery
from pathlib import Path

app = Celery("proj", broker=os.environ["ZOO_BROKER"])
(Path(os.environ["ZOO_PIDS"]) / os.environ["ZOO_KEY"]).write_text(str(os.getpid()))

@app.task
def {name}():
    pass
"""


async def test_two_projects_on_one_queue(project: Project) -> None:
    for name in ("shop", "blog"):
        (project.folder / name).mkdir()
        (project.folder / name / "proj.py").write_text(OTHER.format(name=name))
        project.start(name, *SOLO, "-n", f"{name}@%h", cwd=project.folder / name)
    project.start("same", *SOLO, "-n", "same@%h", cwd=project.folder / "shop")
    project.start("apart", *SOLO, "-n", "apart@%h", "-Q", "blog", cwd=project.folder / "blog")
    project.ready("shop", "blog", "same", "apart")

    rows = await project.rows()
    found = {
        key: verdict(rows[project.zoo.pid(key)], WorkerFinding.CROSSTALK)
        for key in ("shop", "blog", "same", "apart")
    }
    assert {key for key, one in found.items() if one} == {"shop", "blog", "same"}
    assert {one.confidence for one in found.values() if one} == {CERTAIN}
    words = str(found["shop"].evidence)  # type: ignore[union-attr]
    assert all(part in words for part in ("blog@", "celery", "proj.shop", "proj.blog"))


async def test_two_beats_of_one_app(project: Project, wait_until: Until) -> None:
    beat = ("beat", "--pidfile=", "-l", "INFO")
    project.start("alone", "-b", project.zoo.broker, *beat, "-s", "a.s")
    wait_until(lambda: "beat: Starting" in project.zoo.log("alone"))
    assert verdict(await project.row("alone"), WorkerFinding.TWO_BEATS) is None

    project.start("inside", *SOLO[:1], "-B", *QUIET, "-c", "1", "-n", "inside@%h", "-s", "b.s")
    project.ready("inside")
    rows = await project.rows()
    found = {
        key: verdict(rows[project.zoo.pid(key)], WorkerFinding.TWO_BEATS)
        for key in ("alone", "inside")
    }
    assert [one and one.confidence for one in found.values()] == [CERTAIN, CERTAIN]
    assert f"inside@{HOST}" in str(found["alone"].evidence)  # type: ignore[union-attr]
    project.adopt("inside")
    rows = await project.rows()
    assert verdict(rows[project.zoo.pid("inside")], WorkerFinding.TWO_BEATS) is None, "it is wanted"
    assert verdict(rows[project.zoo.pid("alone")], WorkerFinding.TWO_BEATS)


async def test_suspended_and_silent(project: Project) -> None:
    project.start("held", *SOLO, "-n", "held@%h")
    project.start("well", *SOLO, "-n", "well@%h")
    project.ready("held", "well")
    pid = project.zoo.pid("held")
    os.kill(pid, signal.SIGSTOP)
    project.answering.remove("held")
    rows = await project.rows()
    found = verdict(rows[pid], WorkerFinding.UNRESPONSIVE)
    assert found is not None
    assert (found.confidence, "SIGSTOP" in str(found.evidence)) == (CERTAIN, True)
    assert verdict(rows[project.zoo.pid("well")], WorkerFinding.UNRESPONSIVE) is None
    os.kill(pid, signal.SIGCONT)
    project.answering.add("held")
    assert verdict(await project.row("held"), WorkerFinding.UNRESPONSIVE) is None


async def test_a_worker_that_consumes_nothing(project: Project, wait_until: Until) -> None:
    project.start("idle", *SOLO, "-n", "idle@%h")
    project.ready("idle")
    assert verdict(await project.row("idle"), WorkerFinding.NOT_CONSUMING) is None
    told = {"queue": "celery"}
    control = Control(project.zoo.broker)
    assert control.replies("cancel_consumer", 5.0, [f"idle@{HOST}"], arguments=told)
    for _ in range(10):  # a machine under load answers half of a question
        found = verdict(await project.row("idle"), WorkerFinding.NOT_CONSUMING)
        if found is not None:
            break
    assert found is not None
    assert found.confidence is CERTAIN
