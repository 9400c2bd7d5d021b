"""A worker in a container on this machine is seen twice: its process, and its answer, which names
the number that the process has inside. Linux tells both numbers, so the two are joined.

Only where that is proven: number, age, name and pool processes fit, and no other process or answer
does. Workers of one image are otherwise alike to the last pid.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import msgspec

from desktop.engine.census.answers import IMPORT_MAX_S, UPTIME_MARGIN_S, NodeAnswer
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role


def inner_pid(pid: int) -> int | None:
    """The number that a process has in its own namespace; None when that is not told."""
    try:
        with Path(f"/proc/{pid}/status").open(encoding="utf-8", errors="replace") as lines:
            numbers = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])
    except OSError:
        return None
    # Only one number: it is in ours, and has no other.
    return int(numbers[-1]) if len(numbers) > 1 else None


class _Inside(msgspec.Struct, frozen=True):
    """One worker process of a container here, by its numbers inside."""

    row: WorkerRow
    pid: int
    pool: Mapping[int, int]
    """Number inside -> number here, of what runs below it."""


def at_home(
    answers: Mapping[str, NodeAnswer],
    rows: Collection[WorkerRow],
    now: float,
    inner: Callable[[int], int | None] = inner_pid,
) -> dict[str, NodeAnswer]:
    """``answers`` with the numbers of this machine, where they come from a container on it."""
    inside = [
        _Inside(row, number, {n: pid for pid in row.children if (n := inner(pid)) is not None})
        for row in rows
        if row.role is Role.WORKER
        and row.owner is not Owner.REMOTE
        and row.keeper is not None
        and row.keeper.kind == "container"
        and (number := inner(row.pid)) is not None
    ]
    pairs = [
        (key, one) for key, answer in answers.items() for one in inside if _fits(answer, one, now)
    ]
    known = dict(answers)
    for key, one in pairs:
        alone = sum(key == other for other, _ in pairs) == 1
        if alone and sum(one is other for _, other in pairs) == 1:
            known[key] = _translated(answers[key], one)
    return known


def _fits(answer: NodeAnswer, one: _Inside, now: float) -> bool:
    if answer.pid != one.pid or answer.uptime_s is None:
        return False
    later_s = now - one.row.create_time - answer.uptime_s
    if not -UPTIME_MARGIN_S <= later_s < IMPORT_MAX_S:
        return False
    # The host part is the container's own name, which a command line with %h does not tell.
    name = one.row.node.partition("@")[0]
    if name and name != answer.node.partition("@")[0]:
        return False
    pool = set(answer.pool_pids) - {answer.pid}
    return not pool or bool(pool & one.pool.keys())


def _translated(answer: NodeAnswer, one: _Inside) -> NodeAnswer:
    numbers = {**one.pool, one.pid: one.row.pid}
    return msgspec.structs.replace(
        answer,
        pid=one.row.pid,
        pool_pids=tuple(numbers[pid] for pid in answer.pool_pids if pid in numbers),
        tasks=None
        if answer.tasks is None
        else tuple(
            msgspec.structs.replace(task, pid=numbers.get(task.pid, 0)) for task in answer.tasks
        ),
    )
