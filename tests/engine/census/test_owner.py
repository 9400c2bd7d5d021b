"""Whose a real worker is: an orphan's, ours by a record, somebody else's."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop.engine.census.census import Census
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner
from tests.engine.census.kinds import PLAIN
from tests.engine.census.test_zoo import answers_of

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


def test_a_job_whose_launcher_and_shell_are_gone_is_an_orphan(
    zoo: Any, wait_until: Callable[..., None]
) -> None:
    (zoo.folder / "launch.py").write_text(LAUNCHER)
    plain = " ".join([CELERY, *WORKER, "-P", "solo", "-n", "orphan@%h"])
    # Job control gives the launcher a group of its own, as a shell in a terminal does.
    shell = zoo.shell("orphan", f"set -m; {PYTHON} launch.py {plain} & wait")
    wait_until(lambda: zoo.is_ready(f"orphan@{HOST}"))
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


def test_what_a_recorded_process_started_is_ours(zoo: Any, wait_until: Callable[..., None]) -> None:
    plain = " ".join([CELERY, *WORKER, "-c", "1"])
    wrapper = zoo.shell("ours", f"{plain} -n ours@%h; true")
    zoo.start("other", CELERY, *WORKER, "-c", "1", "-n", "other@%h")
    wait_until(lambda: zoo.is_ready(f"ours@{HOST}") and zoo.is_ready(f"other@{HOST}"))
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


def test_of_two_jobs_of_a_closed_terminal_the_one_under_nohup_is_nobodys_orphan(
    zoo: Any, wait_until: Callable[..., None]
) -> None:
    holder, terminal = pty.openpty()
    code = (
        "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        "os.execvp('bash', ['bash', '--norc', '-i'])"
    )
    shell = subprocess.Popen(
        [PYTHON, "-c", code],
        **dict.fromkeys(("stdin", "stdout", "stderr"), terminal),
        cwd=zoo.folder,
        env={**os.environ, **zoo.environ("terminal")},
        start_new_session=True,
    )
    os.close(terminal)
    kept, left = f"kept@{HOST}", f"left@{HOST}"
    os.write(holder, f"nohup {PLAIN} -n {kept} > kept.log 2>&1 &\n".encode())
    os.write(holder, f"{PLAIN} -n {left} > left.log 2>&1 & disown\n".encode())
    wait_until(lambda: zoo.is_ready(kept) and zoo.is_ready(left))
    rows = told(Census().scan([]), zoo.folder).values()
    assert {row.started_by for row in rows} == {"terminal"}

    os.close(holder)
    shell.wait(10)

    def owners() -> dict[str, Owner]:
        # Afresh each time: a new engine has not seen the shell end.
        return {row.node: row.owner for row in told(Census().scan([]), zoo.folder).values()}

    wait_until(lambda: owners() == {kept: Owner.EXTERNAL, left: Owner.ORPHAN}, 10)


def test_another_users_worker_is_told_as_such(zoo: Any, wait_until: Callable[..., None]) -> None:
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if os.getuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root may start another user's process")
    if subprocess.run([*become, PYTHON, "-c", "import celery"], check=False, cwd="/").returncode:
        pytest.skip("another user can't run this interpreter")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        (place / "theirs.py").write_text("from celery import Celery\napp = Celery()\n")
        words = f"{CELERY} -A theirs -b {zoo.broker} worker -P solo -n theirs@%h"
        child = zoo.start("theirs", *become, *words.split(), cwd=place)
        census = Census()

        def row() -> WorkerRow | None:
            return next((row for row in census.scan([]) if row.pid == child.pid), None)

        wait_until(lambda: (found := row()) and found.username)
        found = row()
        child.kill()
        child.wait()
    assert found
    assert found.username == "nobody"
    assert (found.owner, found.node) == (Owner.EXTERNAL, f"theirs@{HOST}")
    assert "It belongs to the user nobody." in [str(why) for why in found.why]


def test_a_worker_that_was_told_to_restart_in_place_has_loaded_its_code_then(
    zoo: Any, wait_until: Callable[..., None]
) -> None:
    child = zoo.start("again", *PLAIN.split(), "-n", "again@%h")
    ready = zoo.pids / f"again@{HOST}.ready"
    wait_until(ready.exists)
    census = Census()
    [row] = told(census.scan([], answers_of(zoo.broker, {f"again@{HOST}"})), zoo.folder).values()
    # Its age decides what a restart is: one within the first seconds is taken for the start.
    wait_until(lambda: time.time() - ready.stat().st_mtime > 4, 10)
    ready.unlink()
    told_at = time.time()
    os.kill(child.pid, signal.SIGHUP)
    wait_until(ready.exists)
    [after] = told(census.scan([], answers_of(zoo.broker, {f"again@{HOST}"})), zoo.folder).values()
    assert (after.pid, after.create_time) == (row.pid, row.create_time)
    assert row.create_time <= row.loaded_at < told_at - 2 < after.loaded_at
    [silent] = told(census.scan([]), zoo.folder).values()
    assert silent.loaded_at == after.loaded_at, "what it once said is remembered"
