from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator

import psutil
import pytest

from desktop.engine.model import WorkerRow
from desktop.engine.rescue.deaths import Deaths, pool_lives
from desktop.engine.rescue.watched import Watched
from desktop.engine.states import Owner, Role


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "300"])
    yield process
    process.kill()
    process.wait(10)


class Ends(asyncio.Queue[Watched]):
    def __init__(self) -> None:
        super().__init__()
        self.deaths = Deaths(self.put_nowait)

    async def next(self) -> Watched:
        async with asyncio.timeout(15):
            return await self.get()


@pytest.fixture(params=["descriptor", "poll"])
async def ends(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Ends]:
    if request.param == "poll":
        monkeypatch.delattr("os.pidfd_open", raising=False)
    opened = Ends()
    yield opened
    opened.deaths.close()


def row(pid: int, node: str = "a@host", **more: object) -> WorkerRow:
    born = psutil.Process(pid).create_time()
    return WorkerRow(pid, born, Role.WORKER, Owner.EXTERNAL, node, **more)  # type: ignore[arg-type]


async def test_an_end_is_told_once_with_all_that_was_known(
    ends: Ends, sleeper: subprocess.Popen[bytes]
) -> None:
    ends.deaths.watch([row(sleeper.pid, queues=("mail",))])
    ends.deaths.watch([row(sleeper.pid, node="")])
    sleeper.kill()  # a zombie until it is reaped: ended all the same
    dead = await ends.next()
    assert (dead.pid, dead.node, dead.queues) == (sleeper.pid, "a@host", ("mail",))
    assert dead.died_at > dead.create_time
    assert ends.deaths.running == ()
    assert ends.empty()


async def test_a_look_at_the_machine_that_is_older_than_the_end_tells_it_no_second_time(
    ends: Ends, sleeper: subprocess.Popen[bytes]
) -> None:
    seen = row(sleeper.pid)
    ends.deaths.watch([seen])
    sleeper.kill()
    sleeper.wait(10)
    dead = await ends.next()
    ends.deaths.watch([seen])
    ends.deaths.watch([seen, row(os.getpid(), "b@host")])
    assert ends.empty() and [one.node for one in ends.deaths.running] == ["b@host"]
    # What nobody ever saw alive is told, once.
    ends.deaths.watch([])
    ends.deaths.watch([seen])
    assert (await ends.next()).identity == dead.identity


async def test_another_process_with_that_pid_is_not_taken_for_it(
    ends: Ends, sleeper: subprocess.Popen[bytes]
) -> None:
    of_old = WorkerRow(
        sleeper.pid,
        psutil.Process(sleeper.pid).create_time() - 100,
        Role.WORKER,
        Owner.EXTERNAL,
        "a@host",
    )
    ends.deaths.watch([of_old])
    assert (await ends.next()).pid == sleeper.pid
    assert sleeper.poll() is None


async def test_other_machines_and_other_programs_are_not_watched(ends: Ends) -> None:
    ends.deaths.watch(
        [
            WorkerRow(1, 0.0, Role.WORKER, Owner.REMOTE),
            WorkerRow(1, 0.0, Role.BEAT, Owner.EXTERNAL),
        ]
    )
    assert ends.deaths.running == ()


def test_a_pool_that_outlives_its_parent(sleeper: subprocess.Popen[bytes]) -> None:
    born = psutil.Process(sleeper.pid).create_time()
    assert pool_lives(Watched(1, 0.0, children=(sleeper.pid,), died_at=born + 1))
    # Born after the death: another process with the pid of the child.
    assert not pool_lives(Watched(1, 0.0, children=(sleeper.pid,), died_at=born - 1))
