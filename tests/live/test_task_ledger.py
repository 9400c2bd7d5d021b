"""The history of real tasks of every fate equals the ledger that the tasks and the sender keep."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import until
from tests.live.fates import Fates

FATES = 12
"""Of each kind: some hundred tasks."""


@pytest.fixture
def fates(tmp_path: Path) -> Iterator[Fates]:
    made = Fates(tmp_path)
    made.start("redis", "forks", "threads")
    yield made
    made.end()


def test_what_became_of_tasks_of_every_fate_is_recorded(fates: Fates) -> None:
    fates.terminate(2)
    fates.send_every_fate(FATES)
    until(lambda: not (fates.wrong()), 60)
    _compare(fates)


def _compare(fates: Fates) -> None:
    began = Counter(fates.began())
    for one, task in fates.tasks().items():
        assert task.starts == began[one], (one, task)
        assert not task.doubt
        assert task.name or task.state == "REVOKED"
        if task.name == "fates.again":
            assert len(task.attempts) == task.retries == 2
            assert [str(run.state) for run in task.attempts] == ["RETRY", "RETRY"], task
            # Where two runs overlap no event tells which of them a reason is of: one in 10,000.
            reasons = " ".join(run.exception for run in task.attempts)
            assert "try 0" in reasons and "try 1" in reasons, task
        if task.state == "REVOKED" and task.starts:
            assert task.revoked_why == "terminated"
    assert fates.kept() == len(fates.expected)


def test_a_broker_that_restarts_in_the_middle_and_an_engine_that_is_killed_lose_nothing(
    fates: Fates,
) -> None:
    for number in range(40):
        fates.send("ok", number, kwargs={"seconds": 0.1})
    before_the_restart = set(fates.expected)
    until(lambda: len(set(fates.began())) >= 10)
    fates.restart("redis")
    until(lambda: not fates.wrong(), 60)
    # Tasks that begin and end while no engine is there, and some that only end then.
    for number in range(30):
        fates.send("ok", number, kwargs={"seconds": 0.2})
    until(lambda: len(set(fates.began())) >= 44)
    engine = fates.engine_pid()
    os.kill(engine, signal.SIGKILL)
    unheard = fates.send("ok", 99)
    until(lambda: len([x for x in fates.book.read_text().splitlines() if "ended" in x]) >= 71)
    assert unheard in set(fates.began())
    fates.status()  # starts the next engine
    assert fates.engine_pid() != engine
    until(lambda: not fates.wrong(), 60)
    assert fates.kept() == len(fates.expected)
    times = Counter(fates.began())
    # What the pool begins in the moment of the worker's warm stop may not be acknowledged any more:
    # Celery itself then puts it back ("Restoring … unacknowledged"). Nothing else may run twice,
    # the engine's death least of all, and whatever did is told so.
    twice = {task_id for task_id, count in times.items() if count > 1}
    assert twice <= before_the_restart and len(twice) <= fates.service("forks").processes
    told = fates.tasks()
    assert {(times[task_id], told[task_id].starts) for task_id in twice} <= {(2, 2)}


def test_the_tasks_of_a_worker_that_is_killed_are_told_as_they_are(fates: Fates) -> None:
    late = fates.send("late", str(fates.gate))
    lost = fates.send("hang", state="STARTED")
    until(lambda: {late, lost} <= set(fates.began()))
    until(lambda: {str(task.state) for task in fates.tasks().values()} == {"STARTED"})
    worker = fates.service("forks")
    assert worker.pid
    os.kill(worker.pid, signal.SIGKILL)
    until(lambda: Counter(fates.began())[late] == 2, 60)  # the engine put it back
    fates.gate.touch()
    until(lambda: not fates.wrong(), 60)
    told = fates.tasks()
    assert (told[late].starts, told[late].retries, len(told[late].attempts)) == (2, 0, 1)
    until(lambda: fates.tasks()[lost].doubt in {"worker-gone", "not-running"})


@pytest.mark.soak
def test_fifty_thousand_tasks_of_every_fate(fates: Fates) -> None:
    fates.terminate(20)
    for _ in range(10):
        fates.send_every_fate(500)
        until(lambda: len(fates.wrong()) < 500, 600)
    until(lambda: not fates.wrong(), 600)
    _compare(fates)
