"""The answer of a worker in a container here is joined with its process where that is proven."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import pytest

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.containers import at_home, inner_pid
from desktop.engine.cleanup_model import HeldTask
from desktop.engine.model import Keeper, WorkerRow
from desktop.engine.states import Owner, Role

NOW = 1_000.0
INSIDE = {4001: 1, 4002: 8, 4003: 9, 5001: 1, 5002: 8}
ANSWER = NodeAnswer(
    "w1@3fc1d0", 1, (8, 9), ("mail",), 98.0, (HeldTask("t", "mail.send", pid=9),), (), ()
)


def row(pid: int = 4001, **more: Any) -> WorkerRow:
    values = {
        "create_time": 900.0,
        "role": Role.WORKER,
        "owner": Owner.EXTERNAL,
        "node": "w1@this-machine",
        "children": (4002, 4003),
        "keeper": Keeper("container", "3fc1d0"),
        **more,
    }
    return WorkerRow(pid, **values)


def joined(*rows: WorkerRow, **answers: NodeAnswer) -> dict[str, NodeAnswer]:
    return at_home(answers or {"a": ANSWER}, rows, NOW, INSIDE.get)


def test_numbers_inside_become_those_of_this_machine() -> None:
    found = joined(row())["a"]
    assert (found.pid, found.pool_pids) == (4001, (4002, 4003))
    assert found.tasks and found.tasks[0].pid == 4003
    assert found.node == ANSWER.node and found.queues == ANSWER.queues


@pytest.mark.parametrize(
    "other",
    [
        {"keeper": None},
        {"keeper": Keeper("systemd", "shop.service")},
        {"node": "w2@this-machine"},
        {"create_time": 990.0},
        {"create_time": 700.0},
        {"children": ()},
        {"role": Role.BEAT},
        {"owner": Owner.REMOTE},
    ],
    ids=str,
)
def test_what_does_not_fit_is_left_as_it_was(other: dict[str, Any]) -> None:
    assert joined(row(**other)) == {"a": ANSWER}


def test_two_of_one_image_that_could_both_have_said_it_are_not_guessed_between() -> None:
    twin = row(5001, children=(5002,))
    assert joined(row(), twin) == {"a": ANSWER}
    same = msgspec.structs.replace(ANSWER, node="w1@other")
    assert joined(row(), a=ANSWER, b=same) == {"a": ANSWER, "b": same}
    older = msgspec.structs.replace(twin, create_time=100.0)
    assert joined(row(), older)["a"].pid == 4001, "its age tells them apart"


def test_a_process_in_no_other_namespace_has_one_number() -> None:
    assert inner_pid(os.getpid()) is None
    assert inner_pid(2**22 + 1) is None
