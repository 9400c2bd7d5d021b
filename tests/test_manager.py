"""The Python API of the guide, from a plain script."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from desktop import CeleryManager
from desktop.engine.commands import Existing
from desktop.engine.errors import UsageError
from desktop.engine.states import Owner, PlanAction
from tests.cli.conftest import theirs  # noqa: F401 - a fixture
from tests.live.conftest import Stack, stack, until  # noqa: F401 - a fixture


@pytest.fixture
def manager(stack: Stack) -> CeleryManager:  # noqa: F811
    return CeleryManager(stack.folder, stack.home.root)


def test_importing_it_loads_no_qt_and_no_argument_parser() -> None:
    script = (
        "import sys; from desktop import CeleryManager; "
        "print([m for m in sys.modules if m.split('.')[0] in {'PySide6', 'qasync', 'click'}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_workers_are_started_listed_and_stopped(manager: CeleryManager, stack: Stack) -> None:  # noqa: F811
    assert dict(manager.workers) == {}
    assert (
        "download_worker"
        in manager.start_worker("download_worker", concurrency=1, queues=("download_queue",)).ready
    )
    (worker,) = manager.workers.values()
    assert (worker.name, worker.owner, worker.concurrency) == ("download_worker", Owner.OURS, 1)
    assert worker.pid == stack.service("download_worker").pid
    assert worker.node.startswith("download_worker@")
    assert worker.stop().stopped == ("download_worker",)
    assert list(manager.workers) == []


def test_workers_started_elsewhere_are_found_and_stopped(
    manager: CeleryManager,
    theirs: subprocess.Popen[bytes],  # noqa: F811
) -> None:
    until(lambda: "theirs" in manager.workers)
    (row,) = manager.discover_existing_workers()
    assert row.pid == theirs.pid
    found = manager.workers["theirs"]
    assert (found.pid, found.owner) != (None, Owner.OURS)
    with pytest.raises(UsageError):
        found.stop(force=True)

    assert [one.pid for one in manager.start_worker().existing] == [theirs.pid]
    assert "worker1" in manager.start_worker(existing=Existing.KEEP).ready
    assert set(manager.workers) == {"worker1", "theirs"}

    plan = {row.worker.pid: row for row in manager.plan_cleanup().rows}
    assert plan[theirs.pid].action is PlanAction.STOP and not plan[theirs.pid].selected
    assert manager.cleanup().stopped == ()
    with pytest.raises(UsageError):
        manager.cleanup([os.getpid()])
    assert manager.stop_all_existing_workers().stopped == (str(theirs.pid),)
    assert set(manager.workers) == {"worker1"}
