"""Real workers are cleaned up: who ends, who does not, and what becomes of their tasks."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from desktop.engine.cleanup import cleaning as cleanings
from desktop.engine.cleanup import ladder
from desktop.engine.commands import Pick
from desktop.engine.model import Keeper
from desktop.engine.states import CleanupStep
from tests.engine.cleanup.conftest import Yard, changed

ONE = ("-c", "1", "--without-mingle", "--without-gossip", "-l", "INFO")


async def until(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not fact():
            await asyncio.sleep(0.02)


def runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


async def test_idle_workers_end_side_by_side_and_duplicates_are_told_by_pid(yard: Yard) -> None:
    kept, *gone = [*yard.left.orphans(["twin", "one"]), yard.left.external("other")]
    # Another of the same name that is not picked: nothing may go by the name.
    twin = yard.left.external("twin")
    plan = await yard.plan(kept, *gone)
    going = yard.cleaning(plan, nodes=[*(row.worker.node for row in plan), plan[0].worker.node])
    await going.run()
    assert set(going.stopped) == {kept.pid, *(one.pid for one in gone)}
    assert going.left == () and runs(twin)
    assert "Warm shutdown" in yard.left.log("other")
    assert {one.what for one in yard.audit.read(20)} == {"asked", "stopped"}


async def test_running_tasks_finish_first_and_waiting_ones_go_back(yard: Yard) -> None:
    worker = yard.left.external("w", *ONE)
    for key in ("a", "b", "c"):
        yard.send("early", key)
    await until(lambda: yard.told("began a"))
    await until(lambda: yard.server.client.hlen("unacked") == 1)
    (row,) = await yard.plan(worker)
    assert [(task.name, task.acknowledged) for task in row.tasks or ()] == [("early", True)]
    seen = []
    going = yard.cleaning([row], on_change=lambda: seen.append(going.progress().items[0]))
    run = asyncio.create_task(going.run())
    await until(lambda: seen and seen[-1].step is CleanupStep.FINISHING)
    assert [task.name for task in seen[-1].tasks] == ["early"] and str(seen[-1].note) == ""
    yard.go("a")
    await run
    assert going.stopped == (worker.pid,) and going.lost() == ()
    assert yard.told("ended a") and yard.waiting == 2
    assert seen[-1].step is CleanupStep.STOPPED


async def test_what_outlasts_the_patience_is_left_and_goes_on_by_itself(yard: Yard) -> None:
    worker = yard.left.external("w", *ONE)
    yard.send("early", "a")
    await until(lambda: yard.told("began a"))
    going = yard.cleaning(await yard.plan(worker), patience_s=0.3)
    await going.run()
    ((pid, words),) = [(one.pid, str(one.why)) for one in going.left]
    assert pid == worker.pid and "still finishes 1 task" in words
    assert runs(worker)
    yard.go("a")
    await until(lambda: not runs(worker))
    assert yard.told("ended a")


async def test_force_gives_back_late_tasks_and_lists_exactly_the_early_ones(yard: Yard) -> None:
    two = yard.left.external("w", "-c", "2", *ONE[2:])
    ids = {yard.send("early", "a"): "early", yard.send("late", "b"): "late"}
    await until(lambda: yard.told("began a") and yard.told("began b"))
    going = yard.cleaning(await yard.plan(two), force=True, patience_s=0.2)
    await going.run()
    assert going.stopped == (two.pid,)
    (lost,) = going.lost()
    assert (ids[lost.id], lost.payload) == ("early", '[["a"], {}]')
    # QUIT gave the late one back: at once, and not after the visibility timeout.
    assert yard.waiting == 1
    assert not yard.told("ended a") and not yard.told("ended b")
    assert "forced" in [one.what for one in yard.audit.read(20)]


async def test_a_pool_process_that_ended_has_finished_its_task(yard: Yard) -> None:
    two = yard.left.external("w", "-c", "2", *ONE[2:])
    for key in ("a", "b"):
        yard.send("early", key)
    await until(lambda: yard.told("began a") and yard.told("began b"))
    going = yard.cleaning(await yard.plan(two))
    run = asyncio.create_task(going.run())
    await until(lambda: going.progress().items[0].step is CleanupStep.FINISHING)
    yard.go("a")
    await until(lambda: yard.told("ended a"))
    await until(lambda: len(going.progress().items[0].tasks) == 1)
    assert going.force([Pick(two.pid, two.create_time())])
    await run
    assert [task.args for task in going.lost()] == ["['b']"]


async def test_a_reused_pid_and_another_program_get_no_signal(yard: Yard) -> None:
    first, second, third = yard.left.orphans(["first", "second", "third"])
    one, two, three = await yard.plan(first, second, third)
    reused = changed(one, create_time=one.worker.create_time - 60)
    became = changed(two, command="celery -A other worker -n else@%h", node="else@h", app="other")
    ended = three
    third.kill()
    await until(lambda: not runs(third))
    going = yard.cleaning([reused, became, ended])
    await going.run()
    assert runs(first) and runs(second)
    assert set(going.stopped) == {first.pid, third.pid}  # those that were meant are not there
    ((pid, words),) = [(left.pid, str(left.why)) for left in going.left]
    assert pid == second.pid and "another program" in words
    assert "refused" in [one.what for one in yard.audit.read(20)]


async def test_one_that_may_not_be_signalled_is_left(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = yard.left.orphans(["one"])
    plan = await yard.plan(one)

    def denied(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr("signal.pidfd_send_signal", denied)
        going = yard.cleaning(plan)
        await going.run()
    assert [left.pid for left in going.left] == [one.pid] and runs(one)


async def test_a_suspended_worker_is_told_and_can_be_forced(yard: Yard) -> None:
    (one,) = yard.left.orphans(["one"])
    plan = await yard.plan(one)
    one.suspend()
    going = yard.cleaning(plan)
    run = asyncio.create_task(going.run())
    await until(lambda: "suspended" in str(going.progress().items[0].note))
    assert runs(one)
    going.force([Pick(one.pid, one.create_time())])
    await run
    assert going.stopped == (one.pid,)


class Looked:
    """Looks after a worker as a supervisor does: the stop is its own to do."""

    def __init__(self, worker: psutil.Process) -> None:
        self._worker = worker
        self.calls: list[str] = []

    def run(self) -> None:
        self.calls.append("run")

    def stop(self) -> None:
        self.calls.append("stop")
        self._worker.terminate()

    def force(self) -> None:
        self.calls.append("force")


async def test_what_a_service_looks_after_is_stopped_by_the_service(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = yard.left.orphans(["one"])
    plan = await yard.plan(one)
    service = Looked(one)
    monkeypatch.setattr(cleanings, "_send", lambda *_: pytest.fail("it was signalled"))
    going = yard.cleaning(plan, service_of=lambda row: service if row.pid == one.pid else None)
    await going.run()
    assert going.stopped == (one.pid,) and service.calls == ["run", "stop"]


def keeper(process: subprocess.Popen[bytes], kind: str) -> Keeper:
    return Keeper(kind, kind, process.pid, psutil.Process(process.pid).create_time())


def kept(yard: Yard, argv: list[str]) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PROJ_BROKER": yard.server.url, "PYTHONPATH": str(yard.folder)}
    with (yard.folder / "kept.log").open("ab") as log:
        return subprocess.Popen(
            argv, cwd=yard.folder, env=env, stdout=log, stderr=log, start_new_session=True
        )


async def worker_of(yard: Yard, process: subprocess.Popen[bytes]) -> psutil.Process:
    await until(lambda: " ready." in yard.left.log("kept"))
    found = psutil.Process(process.pid).children(recursive=True)
    return next(one for one in found if "worker" in one.cmdline() and "celery" in one.cmdline())


async def test_a_shell_loop_ends_first_and_starts_no_other(yard: Yard) -> None:
    command = " ".join(yard.left.argv("looped"))
    loop = kept(yard, ["bash", "-c", f"while true; do {command}; sleep 0.1; done"])
    worker = await worker_of(yard, loop)
    (row,) = await yard.plan(worker)
    going = yard.cleaning([changed(row, keeper=keeper(loop, "shell-loop"))])
    await going.run()
    assert going.stopped == (worker.pid,)
    assert loop.wait(10) is not None
    assert list(yard.left.running()) == []
    assert "Warm shutdown" in yard.left.log("kept")


async def test_a_stranger_named_as_the_loop_gets_no_signal(yard: Yard) -> None:
    (one,) = yard.left.orphans(["one"])
    (row,) = await yard.plan(one)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        going = yard.cleaning([changed(row, keeper=keeper(stranger, "shell-loop"))])
        await going.run()
        assert stranger.poll() is None and runs(one)
        assert [left.pid for left in going.left] == [one.pid]
    finally:
        stranger.kill()
        stranger.wait()


async def test_watchfiles_ends_first_and_no_change_kills_its_worker_then(yard: Yard) -> None:
    watchfiles = shutil.which("watchfiles", path=str(Path(sys.executable).parent))
    assert watchfiles
    command = " ".join(yard.left.argv("watched", *ONE))
    wrapper = kept(yard, [watchfiles, "--filter", "python", command, str(yard.folder)])
    worker = await worker_of(yard, wrapper)
    yard.send("early", "a")
    await until(lambda: yard.told("began a"))
    (row,) = await yard.plan(worker)
    going = yard.cleaning([changed(row, keeper=keeper(wrapper, "watchfiles"))])
    run = asyncio.create_task(going.run())
    await until(lambda: "Warm shutdown" in yard.left.log("kept"))
    assert wrapper.wait(10) == -9
    # Alive, it would end its worker by force now, and start the next.
    (yard.folder / "changed.py").write_text("MORE = 1\n")
    yard.go("a")
    await run
    assert going.stopped == (worker.pid,) and yard.told("ended a")
    assert yard.left.log("kept").count(" ready.") == 1
    assert list(yard.left.running()) == []


async def test_a_deaf_one_is_ended_by_the_last_rung(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "FORCE_STEP_S", 0.3)
    (one,) = yard.left.orphans(["deaf"])
    (row,) = await yard.plan(one)
    deaf = (
        "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (15, 3)]; "
        "print(flush=True); time.sleep(99)"
    )
    child = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert child.stdout and child.stdout.readline()
    itself = psutil.Process(child.pid)
    monkeypatch.setattr(cleanings.verification, "is_still", lambda row: row.pid == child.pid)
    going = yard.cleaning(
        [changed(row, pid=child.pid, create_time=itself.create_time(), children=())],
        force=True,
        patience_s=0.1,
    )
    await going.run()
    assert going.stopped == (child.pid,)
    assert child.wait(10) == -9
    child.stdout.close()
    assert runs(one)
