"""Who gets the signal, and who does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from desktop.engine.census.warm_stop import warm_stop
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role

DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print(flush=True); time.sleep(300)"
)
WILLING = "import time; print(flush=True); time.sleep(300)"


@pytest.fixture
def start() -> Iterator[Any]:
    children: list[subprocess.Popen[bytes]] = []

    def begin(code: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        children.append(child)
        assert child.stdout
        child.stdout.readline()
        return child

    yield begin
    for child in children:
        child.kill()
        child.communicate()


def row(child: subprocess.Popen[bytes], older_s: float = 0.0, **more: Any) -> WorkerRow:
    started_at = psutil.Process(child.pid).create_time() - older_s
    values = {"role": Role.WORKER, "owner": Owner.EXTERNAL, **more}
    return WorkerRow(pid=child.pid, create_time=started_at, **values)


def test_those_that_end_are_told_and_those_that_take_longer_are_left(start: Any) -> None:
    willing, deaf = start(WILLING), start(DEAF)
    assert warm_stop([row(willing), row(deaf)], patience_s=0.3) == {willing.pid}
    assert deaf.poll() is None


def test_a_pid_that_is_another_process_by_now_gets_no_signal(start: Any) -> None:
    other = start(WILLING)
    assert warm_stop([row(other, older_s=60.0)], patience_s=0.1) == {other.pid}
    assert other.poll() is None


def test_another_machines_pid_gets_no_signal(start: Any) -> None:
    here = start(WILLING)
    assert warm_stop([row(here, owner=Owner.REMOTE)], patience_s=0.1) == frozenset()
    assert here.poll() is None


def test_one_that_is_gone_already_has_ended(start: Any) -> None:
    child = start(WILLING)
    gone = row(child)
    child.kill()
    child.wait()
    assert warm_stop([gone]) == {child.pid}


def test_one_that_may_not_be_signalled_is_left(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    child = start(WILLING)

    def denied(pid: int, number: int) -> None:
        raise PermissionError(pid)

    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", denied)
        assert warm_stop([row(child)], patience_s=0.1) == frozenset()
    assert child.poll() is None


def test_one_that_its_parent_has_not_reaped_has_ended(start: Any) -> None:
    child = start(WILLING)
    assert warm_stop([row(child)], patience_s=20) == {child.pid}
    assert child.poll() is not None
