"""What nodes answer on the broker, joined to the processes that said it."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from desktop.engine.census.answers import Here, NodeAnswer, answer_of, speaks_here
from desktop.engine.census.census import Census
from desktop.engine.census.facts import ProcessFacts
from desktop.engine.cleanup_model import HeldTask
from desktop.engine.states import Owner

NOW = 10_000.0
PROCESS = ProcessFacts(pid=10, create_time=NOW - 500, ppid=1)


def here(node: str = "", children: tuple[int, ...] = ()) -> Here:
    return Here(node, frozenset(children), "box")


@pytest.mark.parametrize(
    ("answer", "known", "same"),
    [
        (NodeAnswer("w1@box", 10), here(), True),
        (NodeAnswer("w1@far", 10), here(), False),
        (NodeAnswer("w1@far", 10), here("w1@far"), True),
        (NodeAnswer("w1@far", 10, uptime_s=498.0), here(), True),
        (NodeAnswer("w1@far", 10, uptime_s=90.0), here(), False),
        # It runs longer than the process: another machine's, whatever it is called.
        (NodeAnswer("w1@box", 10, uptime_s=600.0), here("w1@box"), False),
        # HUP: the process is old, its node young.
        (NodeAnswer("w1@box", 10, uptime_s=1.0), here("w1@box"), True),
        (NodeAnswer("w1@far", 10, pool_pids=(11, 12)), here("", (12, 13)), True),
        (NodeAnswer("w1@box", 10, pool_pids=(11, 12)), here("w1@box", (13,)), False),
        (NodeAnswer("w1@box", 10, pool_pids=(10,)), here("w1@box"), True),
        (NodeAnswer("w1@any", 10, hostname="box"), here(), True),
        (NodeAnswer("w1@box", 10, hostname="far"), here(), False),
    ],
)
def test_a_pid_alone_does_not_say_who_answered(answer: NodeAnswer, known: Here, same: bool) -> None:
    assert speaks_here(answer, PROCESS, known, NOW) is same


def test_an_answer_is_read_from_celerys_stats() -> None:
    stats = {
        "pid": 10,
        "uptime": 7,
        "pool": {
            "implementation": "celery.concurrency.prefork:TaskPool",
            "max-concurrency": 2,
            "processes": [11, 12],
        },
        "broker": {
            "hostname": "127.0.0.1",
            "port": 6390,
            "transport": "redis",
            "virtual_host": "3",
            "password": "secret",
        },
    }
    answer = answer_of(
        "w1@box",
        stats,
        queues=("a",),
        tasks=[(HeldTask("t1", "app.work"), 12)],
        reserved_ids=("t2", "t3"),
        scheduled_ids=("t4",),
        registered=["app.slow [rate_limit=1/m]", "app.work"],
    )
    assert answer == NodeAnswer(
        node="w1@box",
        pid=10,
        pool_pids=(11, 12),
        queues=("a",),
        uptime_s=7.0,
        tasks=(HeldTask("t1", "app.work"),),
        reserved_ids=("t2", "t3"),
        scheduled_ids=("t4",),
        registered=("app.slow", "app.work"),
        rate_limited=("app.slow",),
        pool="prefork",
        concurrency=2,
        broker="redis://127.0.0.1:6390/3",
    )
    assert (answer.active, answer.reserved) == (1, 2)
    assert answer.holds == {"t1", "t2", "t3", "t4"}


def test_what_was_not_answered_is_not_taken_for_nothing() -> None:
    answer = NodeAnswer("w1@box", 10, tasks=(), reserved_ids=())
    assert (answer.active, answer.reserved, answer.holds) == (0, 0, None)


def test_of_two_nodes_with_one_name_each_runs_what_its_own_pool_runs() -> None:
    tasks = [(HeldTask("mine", "app.work"), 11), (HeldTask("other", "app.work"), 99)]
    stats = {"pid": 10, "pool": {"processes": [11]}}
    answer = answer_of("w@box", stats, tasks=tasks, shares_its_name=True)
    assert answer
    assert answer.tasks == (HeldTask("mine", "app.work"),)


@pytest.mark.parametrize(
    "stats",
    [
        {"pid": 10},
        {"pid": 10, "pool": None, "broker": 3, "uptime": "long"},
        {"pid": 10, "pool": {"processes": "11", "max-concurrency": None}, "broker": {}},
        {"pid": 10, "pool": {"processes": [None, "x", True]}, "broker": {"hostname": 5}},
    ],
)
def test_an_answer_of_a_strange_shape_is_read_as_far_as_it_goes(stats: dict[str, Any]) -> None:
    assert answer_of("w1@box", stats) == NodeAnswer("w1@box", 10)


@pytest.mark.parametrize("stats", [{}, {"pid": None}, {"pid": "10"}, {"pid": 0}, {"pid": True}])
def test_an_answer_without_a_pid_is_none(stats: dict[str, Any]) -> None:
    assert answer_of("w1@box", stats) is None


def test_threads_have_celerys_name_for_them() -> None:
    stats = {"pid": 1, "pool": {"implementation": "celery.concurrency.thread:TaskPool"}}
    answer = answer_of("w@box", stats)
    assert answer
    assert answer.pool == "threads"


def test_an_answer_without_a_process_is_remote() -> None:
    answer = NodeAnswer(
        "w1@far",
        2**22 + 5,
        queues=("a",),
        uptime_s=60.0,
        tasks=tuple(HeldTask(str(n), "app.work") for n in range(3)),
        reserved_ids=("r",),
        broker="redis://:secret@h/0",
    )
    [row] = [one for one in Census().scan([], {"w1@far": answer}) if one.node == "w1@far"]
    assert (row.owner, row.pid, row.queues) == (Owner.REMOTE, 2**22 + 5, ("a",))
    assert (row.active, row.reserved, row.broker) == (3, 1, "redis://***@h/0")
    assert abs(row.create_time - (time.time() - 60)) < 30
    assert row.why


def test_a_process_that_only_the_broker_knows_is_listed_with_the_reason() -> None:
    node = f"hidden@{socket.gethostname()}"
    census = Census()
    assert os.getpid() not in {row.pid for row in census.scan([])}
    rows = census.scan([], {node: NodeAnswer(node, os.getpid(), uptime_s=0.0)})
    [row] = [one for one in rows if one.pid == os.getpid()]
    assert (row.node, row.cwd) == (node, str(Path.cwd()))
    assert row.python.startswith("/")
    assert row.owner is not Owner.REMOTE
    assert any(node in str(why) for why in row.why)
    assert sys.executable.rpartition("/")[2][:6] in row.python
