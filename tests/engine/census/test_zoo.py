"""Real processes of every kind, each with its truth: all are named rightly, and no decoy is."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop.engine.census.answers import NodeAnswer, answer_of
from desktop.engine.census.census import Census
from desktop.engine.control import Control
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role

PYTHON = sys.executable
CELERY = str(Path(PYTHON).parent / "celery")
HOST = socket.gethostname()
WORKER = ("-A", "proj", "worker", "--without-mingle", "--without-gossip", "-l", "INFO")
Started = dict[str, dict[str, Any]]

WORKER_MAIN = """
import sys
from proj import app
app.worker_main(["worker", "-P", "solo", "-n", sys.argv[1], "--without-mingle"])
"""
MANAGE = """
import sys
from proj import app
app.start(sys.argv[2:])
"""
HOLD = "import time\nfrom pathlib import Path\nPath(f'{__file__}.up').touch()\ntime.sleep(300)\n"


def start_animals(zoo: Any) -> Started:
    """Start every kind. The truth: what the row of each must say."""
    folder: Path = zoo.folder
    (folder / "start_worker.py").write_text(WORKER_MAIN)
    (folder / "manage.py").write_text(MANAGE)
    (folder / "elsewhere").mkdir()
    solo = ("-P", "solo")
    truth: Started = {}

    def add(key: str, *argv: str, expect: dict[str, Any], **how: Any) -> None:
        zoo.start(key, *argv, **how)
        truth[key] = {"role": Role.WORKER, "app": "proj", "started_by": "script", **expect}

    def node(name: str) -> dict[str, Any]:
        return {"node": f"{name}@{HOST}"}

    add(
        "prefork",
        CELERY,
        *WORKER,
        "-c",
        "2",
        "-n",
        "prefork@%h",
        "-Q",
        "a,b",
        expect={
            **node("prefork"),
            "pool": "prefork",
            "concurrency": 2,
            "queues": ("a", "b"),
            "children": 2,
        },
    )
    add("solo", CELERY, *WORKER, *solo, "-n", "solo@%h", expect={**node("solo"), "pool": "solo"})
    add(
        "threads",
        CELERY,
        *WORKER,
        "--pool=threads",
        "-c3",
        "-n",
        "threads@%h",
        expect={**node("threads"), "pool": "threads", "concurrency": 3, "children": 0},
    )
    add(
        "module",
        PYTHON,
        "-P",
        "-m",
        "celery",
        *WORKER,
        *solo,
        "-n",
        "module@%h",
        expect=node("module"),
    )
    add(
        "titled",
        CELERY,
        *WORKER,
        "-c",
        "2",
        "-n",
        "titled@%h",
        titled=True,
        expect={**node("titled"), "pool": "prefork", "concurrency": 2, "children": 2},
    )
    add(
        "titled-env",
        CELERY,
        *WORKER[2:],
        *solo,
        "-n",
        "titled-env@%h",
        titled=True,
        env={"CELERY_APP": "proj"},
        expect=node("titled-env"),
    )
    add(
        "with-beat",
        CELERY,
        *WORKER,
        "-c",
        "1",
        "-B",
        "-n",
        "with-beat@%h",
        expect={**node("with-beat"), "children": 2},
    )
    add(
        "titled-beat",
        CELERY,
        *WORKER,
        "-Bc1",
        "-n",
        "titled-beat@%h",
        titled=True,
        expect={**node("titled-beat"), "children": 2},
    )
    add("beat", CELERY, "-A", "proj", "beat", expect={"role": Role.BEAT})
    add(
        "beat-titled",
        CELERY,
        "-A",
        "proj",
        "beat",
        titled=True,
        expect={"role": Role.BEAT},
    )
    add(
        "flower",
        CELERY,
        "-A",
        "proj",
        "flower",
        "--address=127.0.0.1",
        "--port=0",
        expect={"role": Role.FLOWER},
    )
    add("events", CELERY, "-A", "proj", "events", "--dump", expect={"role": Role.EVENTS})
    add(
        "events-titled",
        CELERY,
        "-A",
        "proj",
        "events",
        "--dump",
        titled=True,
        expect={"role": Role.EVENTS},
    )
    plain = " ".join([CELERY, *WORKER, *solo])
    add("bash", "bash", "-c", f"{plain} -n bash@%h; true", expect=node("bash"))
    add(
        "nohup",
        "bash",
        "-c",
        f"nohup {plain} -n nohup@%h & sleep 300",
        expect=node("nohup"),
    )
    add(
        "setsid",
        "bash",
        "-c",
        f"setsid {plain} -n setsid@%h & exit 0",
        expect={**node("setsid"), "started_by": "unknown", "owner": Owner.EXTERNAL},
    )
    add(
        "multi",
        CELERY,
        "multi",
        "start",
        f"m1@{HOST}",
        "--pidfile=%n.pid",
        "--logfile=%n.out",
        *WORKER[:2],
        *WORKER[3:],
        "-P",
        "solo",
        expect={**node("m1"), "started_by": "multi", "owner": Owner.EXTERNAL},
    )
    add(
        "detached",
        CELERY,
        *WORKER,
        *solo,
        "--detach",
        "-n",
        "detached@%h",
        "-f",
        "d.out",
        expect={**node("detached"), "started_by": "unknown", "owner": Owner.EXTERNAL},
    )
    add(
        "watchfiles",
        str(Path(CELERY).with_name("watchfiles")),
        f"{plain} -n watched@%h",
        str(folder / "elsewhere"),
        expect=node("watched"),
    )
    (folder / "Procfile").write_text(f"w: {plain} -n honcho@%h\n")
    add("honcho", PYTHON, "-m", "honcho", "start", expect=node("honcho"))
    add(
        "app-in-environment",
        CELERY,
        *WORKER[2:],
        *solo,
        "-n",
        "env@%h",
        env={"CELERY_APP": "proj"},
        expect=node("env"),
    )
    add(
        "workdir",
        CELERY,
        "--workdir",
        str(folder),
        *WORKER,
        *solo,
        "-n",
        "workdir@%h",
        cwd=folder / "elsewhere",
        expect={**node("workdir"), "cwd": str(folder)},
    )
    add(
        "short-name",
        CELERY,
        *WORKER,
        *solo,
        "-n",
        "%%n-%n@%h",
        expect=node(f"%n-{HOST.partition('.')[0]}"),
    )
    add(
        "broker",
        CELERY,
        "-b",
        zoo.broker.replace("://", "://:secret@")[:-1] + "1",
        "-A",
        "proj",
        "events",
        "--dump",
        expect={"role": Role.EVENTS, "broker": zoo.broker.replace("://", "://***@")[:-1] + "1"},
    )
    add(
        "debugged",
        PYTHON,
        "-m",
        "pdb",
        "-c",
        "continue",
        "-m",
        "celery",
        *WORKER,
        *solo,
        "-n",
        "debugged@%h",
        expect=node("debugged"),
    )
    add(
        "script",
        PYTHON,
        "start_worker.py",
        "inscript@%h",
        expect={**node("inscript"), "app": "", "pool": "solo", "by_broker": True},
    )
    add(
        "script-titled",
        PYTHON,
        "start_worker.py",
        "titled-script@%h",
        titled=True,
        expect={**node("titled-script"), "app": ""},
    )
    add(
        "manage",
        PYTHON,
        "manage.py",
        "celery",
        "worker",
        *solo,
        "-n",
        "manage@%h",
        "--without-mingle",
        expect={**node("manage"), "app": "", "by_broker": True},
    )
    add(
        "manage-titled",
        PYTHON,
        "manage.py",
        "celery",
        "worker",
        "-P",
        "solo",
        "-n",
        "managed-title@%h",
        titled=True,
        expect={**node("managed-title"), "app": ""},
    )
    return truth


def start_decoys(zoo: Any) -> dict[str, Callable[[], bool]]:
    """Start what only looks like Celery. For each: whether it is up."""
    folder: Path = zoo.folder
    up: dict[str, Callable[[], bool]] = {}
    lookalikes = folder / "bin"
    lookalikes.mkdir()
    (lookalikes / "vi").symlink_to(os.path.realpath(PYTHON))
    (lookalikes / "celery").symlink_to(shutil.which("sleep") or "")
    (folder / "shells").mkdir()
    shutil.copy(os.path.realpath(shutil.which("bash") or ""), folder / "shells" / "celery")
    (folder / "worker").write_text("sleep 300; true\n")
    for script in ("worker.py", "celery.py", "edit.py", "test_hold.py"):
        (folder / "decoys" / script).parent.mkdir(exist_ok=True)
        (folder / "decoys" / script).write_text(HOLD)
    (folder / "celery-worker.log").write_text("celery worker\n")
    hold = "import time; time.sleep(300)"

    def add(key: str, *argv: str, marks: str = "", **how: Any) -> None:
        child = zoo.start(f"decoy-{key}", *argv, **how)
        file = folder / "decoys" / f"{marks}.up"
        up[key] = lambda: child.poll() is None and (not marks or file.exists())

    decoys = str(folder / "decoys")
    add("vi", str(lookalikes / "vi"), f"{decoys}/edit.py", "celery", *WORKER, marks="edit.py")
    add("grep", "grep", "celery worker", stdin=subprocess.PIPE)
    add("grep-words", "grep", "celery", "-", "worker", stdin=subprocess.PIPE)
    add("tail", "tail", "-f", "celery-worker.log")
    add(
        "pytest",
        PYTHON,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-k",
        "celery or worker",
        f"{decoys}/test_hold.py",
        marks="test_hold.py",
    )
    add("inspect", CELERY, "-A", "proj", "inspect", "--timeout", "300", "ping")
    add("shell", CELERY, "-A", "proj", "shell", "--python", stdin=subprocess.PIPE)
    add("control", CELERY, "-A", "proj", "control", "--timeout", "300", "heartbeat", "worker")
    add("worker.py", PYTHON, f"{decoys}/worker.py", "-A", "proj", "worker", marks="worker.py")
    add("celery.py", PYTHON, f"{decoys}/celery.py", *WORKER, marks="celery.py")
    add("sleep", str(lookalikes / "celery"), "300")
    add("bash-named-celery", str(folder / "shells" / "celery"), "worker")
    add("code", PYTHON, "-c", hold, CELERY, *WORKER)
    add("in-a-string", "bash", "-c", f"sleep 300; : {CELERY} {' '.join(WORKER)}")
    add("renamed", "bash", "-c", f'exec -a "celery" sleep 300 # {CELERY} worker')
    add(
        "false-title",
        "bash",
        "-c",
        f"exec -a '[celeryd: x@{HOST}:MainProcess] -active- (-A proj worker)' sleep 300",
    )
    return up


def answers_of(broker: str) -> dict[str, NodeAnswer]:
    stats = Control(broker).stats(1.0)
    found = {node: answer_of(node, reply) for node, reply in stats.items()}
    return {node: answer for node, answer in found.items() if answer}


def told(rows: tuple[WorkerRow, ...], folder: Path) -> dict[int, WorkerRow]:
    """The rows of the zoo: others on this machine may run Celery too."""
    return {row.pid: row for row in rows if row.cwd and Path(row.cwd).is_relative_to(folder)}


def is_up(zoo: Any, key: str, expect: dict[str, Any]) -> bool:
    if expect["role"] is not Role.WORKER:
        return zoo.pid(key) is not None
    return zoo.is_ready(expect["node"]) and zoo.pid(key) is not None


def differences(row: WorkerRow, expect: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What the row says otherwise than the truth."""
    said = {
        name: len(row.children) if name == "children" else getattr(row, name)
        for name in expect
        if name != "by_broker"
    }
    return {name: (said[name], expect[name]) for name in said if said[name] != expect[name]}


@pytest.mark.timeout(100)
def test_every_kind_is_named_rightly_and_no_decoy_is(
    zoo: Any, wait_until: Callable[..., None]
) -> None:
    truth = start_animals(zoo)
    up = start_decoys(zoo)
    assert len(truth) >= 25
    assert len(up) >= 12
    census = Census()
    census.scan([])
    wait_until(lambda: all(is_up(zoo, key, one) for key, one in truth.items()), 60)
    wait_until(lambda: all(is_there() for is_there in up.values()), 30)

    by_table = told(census.scan([]), zoo.folder)
    answers = answers_of(zoo.broker)
    by_both = told(census.scan([], answers), zoo.folder)
    afresh = told(Census().scan([], answers), zoo.folder)

    pids = {key: zoo.pid(key) for key in truth}
    hidden = {pids[key] for key, one in truth.items() if one.get("by_broker")}
    assert set(by_both) == set(pids.values())
    assert set(by_table) == set(pids.values()) - hidden
    assert set(afresh) == set(by_both)
    wrong = {
        key: found
        for key, one in truth.items()
        if (found := differences(by_both[pids[key] or 0], one))
    }
    assert wrong == {}
    assert {row.owner for row in by_both.values()} == {Owner.EXTERNAL}
    assert all(row.why and all(str(why) for why in row.why) for row in by_both.values())
    assert all("secret" not in str(row) for row in by_both.values())
    assert all(row.rss_bytes and row.rss_bytes > 1_000_000 for row in by_both.values())
