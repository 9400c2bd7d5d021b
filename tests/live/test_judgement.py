"""What a real engine says of its stack's workers, by itself and when asked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from desktop.engine.commands import Census, CensusReport, Open, Watch
from desktop.engine.model import Finding, WorkerRow
from desktop.engine.states import Owner, WorkerFinding
from tests.live.conftest import Stack, until

HOST = socket.gethostname()
WORKERS = "[worker.worker1]\nconcurrency = {n}\n"


def finding(stack: Stack, which: str) -> Finding | None:
    return next((one for one in stack.status().findings if one.id == which), None)


def rows(stack: Stack) -> dict[int, WorkerRow]:
    with stack.client() as client:
        report = client.submit(Census(stack.project))
    assert isinstance(report, CensusReport)
    return {row.pid: row for row in report.workers if row.this_app}


def reload(stack: Stack, more: str) -> None:
    stack.configure(more)
    with stack.client() as client:
        client.submit(Open(stack.project))


def test_a_configuration_that_changes_and_a_duplicate_from_elsewhere(stack: Stack) -> None:
    """Nobody asks for a look: what is wrong is told all the same."""
    extra = '[worker.bulk]\nqueues = ["bulk"]\npool = "solo"\n'
    stack.configure(WORKERS.format(n=1) + extra)
    assert not stack.start("worker1", "bulk").failed
    pids = {name: stack.service(name).pid for name in ("worker1", "bulk")}
    assert not {row.pid: row.verdicts for row in rows(stack).values() if row.verdicts}

    reload(stack, WORKERS.format(n=2))
    found = {row.pid: row.findings for row in rows(stack).values() if row.findings}
    assert found == {
        pids["worker1"]: (WorkerFinding.OLD_CONFIGURATION,),
        pids["bulk"]: (WorkerFinding.SURPLUS,),
    }
    told = finding(stack, "surplus-workers")
    assert told is not None
    assert told.pids == (pids["bulk"],)
    old = finding(stack, "old-configuration")
    assert old is not None
    assert "-c 1" in str(old.detail)
    assert "-c 2" in str(old.detail)

    elsewhere = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "-A", "web.celery_app", "worker"),
            *("-P", "solo", "-n", f"worker1@{HOST}", "--without-mingle"),
        ],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "CELERY_BROKER_URL": stack.redis_url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with stack.client() as client:
            client.submit(Watch(1.0))
            until(lambda: finding(stack, "duplicate-workers"))
        duplicate = finding(stack, "duplicate-workers")
        assert duplicate is not None
        assert duplicate.pids == (elsewhere.pid,)
    finally:
        elsewhere.send_signal(signal.SIGTERM)
        elsewhere.wait(30)


def test_a_worker_of_a_dead_engine_whose_record_is_gone(stack: Stack) -> None:
    assert not stack.start("worker1").failed
    worker = stack.service("worker1")
    os.kill(stack.engine_pid(), signal.SIGKILL)
    for record in stack.home.root.glob("stacks/*/records/worker1.json"):
        record.unlink()
    assert worker.pid
    with stack.client() as client:
        client.submit(Open(stack.project))
    row = until(
        lambda: next((r for r in rows(stack).values() if r.pid == worker.pid and r.findings), None)
    )
    assert row.findings == (WorkerFinding.SURPLUS,)
    assert row.owner is not Owner.OURS
    os.kill(worker.pid, signal.SIGTERM)
    until(lambda: not psutil.pid_exists(worker.pid or 0), 30)
