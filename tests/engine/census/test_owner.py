"""Whose a real worker is: an orphan's, ours by a record, somebody else's; and its warm stop."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop.engine.census.census import Census
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner

PYTHON = sys.executable
CELERY = str(Path(PYTHON).parent / "celery")
HOST = socket.gethostname()
WORKER = ("-A", "proj", "worker", "--without-mingle", "--without-gossip", "-l", "INFO")
LAUNCHER = """
import subprocess, sys
subprocess.run(sys.argv[1:])
"""


def told(rows: tuple[WorkerRow, ...], folder: Path) -> dict[int, WorkerRow]:
    """The rows of the zoo: others on this machine may run Celery too."""
    return {row.pid: row for row in rows if row.cwd and Path(row.cwd).is_relative_to(folder)}


@pytest.mark.timeout(100)
def test_a_job_whose_launcher_and_shell_are_gone_is_an_orphan(
    zoo: Any, wait_until: Callable[..., None]
) -> None:
    (zoo.folder / "launch.py").write_text(LAUNCHER)
    plain = " ".join([CELERY, *WORKER, "-P", "solo", "-n", "orphan@%h"])
    # Job control gives the launcher a group of its own, as a shell in a terminal does.
    shell = zoo.shell("orphan", f"set -m; {PYTHON} launch.py {plain} & wait")
    wait_until(lambda: zoo.is_ready(f"orphan@{HOST}"), 30)
    census = Census()
    [row] = told(census.scan([]), zoo.folder).values()
    assert (row.owner, row.started_by) == (Owner.EXTERNAL, "script")
    assert "launch.py" in str(row.why[0])

    launcher = next(p for p in zoo.running().values() if "launch.py" in p.cmdline()[:2])
    launcher.kill()
    shell.wait(10)

    [row] = told(census.scan([]), zoo.folder).values()
    assert row.owner is Owner.ORPHAN
    assert [str(why) for why in row.why] == [
        "The program that started it is gone, and it has no terminal.",
        f"It was started in {zoo.folder}.",
    ]


@pytest.mark.timeout(100)
def test_what_a_recorded_process_started_is_ours_and_stops_warmly(
    zoo: Any, wait_until: Callable[..., None]
) -> None:
    plain = " ".join([CELERY, *WORKER, "-c", "1"])
    wrapper = zoo.shell("ours", f"{plain} -n ours@%h; true")
    zoo.start("other", CELERY, *WORKER, "-c", "1", "-n", "other@%h")
    wait_until(lambda: zoo.is_ready(f"ours@{HOST}") and zoo.is_ready(f"other@{HOST}"), 30)
    started_at = zoo.running()[wrapper.pid].create_time()
    census = Census()

    rows = {
        row.node: row
        for row in told(census.scan([(wrapper.pid, started_at + 1.0)]), zoo.folder).values()
    }

    assert {node: row.owner for node, row in rows.items()} == {
        f"ours@{HOST}": Owner.OURS,
        f"other@{HOST}": Owner.EXTERNAL,
    }
