"""The guard on real processes: a main that forks a pool, and dies in every way."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from desktop.system import parent_guard

POOL = """
import os, subprocess, sys, time
pids = []
for _ in range(2):
    pid = os.fork()
    if pid == 0:
        task = subprocess.Popen(["sleep", "60"])
        os.write(1, f"{os.getpid()} {task.pid}\\n".encode())
        time.sleep(60)
        os._exit(0)
    pids.append(pid)
os.write(1, b"ready\\n")
if sys.stdin.readline() == "end\\n":
    for pid in pids:
        os.kill(pid, 15)
        os.waitpid(pid, 0)
"""


def until(ask: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not ask():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Pool:
    """A main process with two pool processes, each with a program that its task started."""

    def __init__(self) -> None:
        self.main = subprocess.Popen(
            [sys.executable, "-c", POOL],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.create_time = psutil.Process(self.main.pid).create_time()
        assert self.main.stdout
        said = [self.main.stdout.readline().split() for _ in range(3)]
        self.children = [int(line[0]) for line in said if len(line) == 2]
        self.tasks = [int(line[1]) for line in said if len(line) == 2]

    def guarded(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(parent_guard.command(self.main.pid, self.create_time), cwd="/")

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.main.pid, signal.SIGKILL)
        self.main.communicate()


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def waits(guard: subprocess.Popen[bytes]) -> bool:
    """It has found the process and sleeps; its imports take a while."""
    return any("pidfd" in link for link in _links(guard.pid))


def _links(pid: int) -> list[str]:
    links = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            links.append(str(path.readlink()))
    return links


@pytest.fixture
def pool() -> Iterator[Pool]:
    one = Pool()
    yield one
    one.end()


def test_the_pool_of_a_killed_main_is_ended(pool: Pool) -> None:
    guard = pool.guarded()
    until(lambda: waits(guard))
    assert all(map(runs, pool.children))
    pool.main.kill()
    pool.main.wait()
    until(lambda: not any(map(runs, pool.children)))
    assert guard.wait(10) == 0
    assert all(map(runs, pool.tasks)), "what a task has started is another program"


def test_a_main_that_is_nobody_s_to_reap_yet_has_ended_too(pool: Pool) -> None:
    guard = pool.guarded()
    until(lambda: waits(guard))
    pool.main.kill()
    until(lambda: not any(map(runs, pool.children)))
    assert guard.wait(10) == 0


def test_a_main_that_ends_its_pool_itself_leaves_nothing_to_do(pool: Pool) -> None:
    guard = pool.guarded()
    until(lambda: waits(guard))
    pool.main.communicate("end\n")
    assert guard.wait(10) == 0


def test_another_process_with_that_number_is_not_guarded(pool: Pool) -> None:
    assert parent_guard.guard(pool.main.pid, pool.create_time - 100) == ()
    assert all(map(runs, pool.children))


def test_a_process_that_leads_no_group_is_not_guarded(pool: Pool) -> None:
    child = pool.children[0]
    assert parent_guard.guard(child, psutil.Process(child).create_time()) == ()
    assert runs(child)


def test_a_process_that_is_gone_is_not_guarded() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert parent_guard.guard(gone.pid, time.time()) == ()


def test_the_guard_stays_when_its_starter_s_terminal_goes(pool: Pool) -> None:
    guard = pool.guarded()
    until(lambda: waits(guard))
    guard.send_signal(signal.SIGHUP)
    pool.main.kill()
    until(lambda: not any(map(runs, pool.children)))
    assert guard.wait(10) == 0


def test_where_the_kernel_does_it_no_guard_is_started(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **_: started.append(words))
    monkeypatch.setattr(sys, "platform", "linux")
    parent_guard.start(1, 2.0)
    assert not started
    monkeypatch.setattr(sys, "platform", "darwin")
    parent_guard.start(1, 2.0)
    assert started == [(parent_guard.command(1, 2.0),)]
