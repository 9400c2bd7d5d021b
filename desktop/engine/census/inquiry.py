"""Asks the nodes of a broker who they are, and what each runs, holds and consumes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from desktop.engine.census.answers import NodeAnswer, answer_of
from desktop.engine.cleanup_model import HeldTask
from desktop.engine.control import TEXT_MAX, Control, as_json

ANSWER_TIMEOUT_S = 0.5
"""How long nodes are given to say who they are; the question takes all of it (facts)."""
PAYLOAD_MAX = 256 * 1024
"""Larger arguments of a running task are not kept: it can't be run again from here."""

_QUESTIONS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("stats", {}),
    # Along a task's way: one that moves on between two answers is met further on.
    ("scheduled", {}),
    ("reserved", {}),
    ("active", {}),
    ("active_queues", {}),
    ("registered", {"taskinfoitems": ["rate_limit"]}),
)


async def ask(control: Control, timeout_s: float = ANSWER_TIMEOUT_S) -> dict[str, NodeAnswer]:
    """What each node says, under a key of its own: two nodes of one name are two answers.

    A node that is silent, or on another broker, is not in it. Of two nodes with one name nobody
    can tell which said what: both are taken to hold all that either holds, and each to run what
    its own pool runs.
    """
    said = await asyncio.to_thread(control.replies_to, _QUESTIONS, timeout_s)
    stats = said[0]
    scheduled, reserved, active, queues, registered = (_by_node(replies) for replies in said[1:])
    names = [node for node, _ in stats]
    answers = (
        answer_of(
            node,
            one if isinstance(one, dict) else {},
            queues=_names(queues.get(node)),
            tasks=_tasks(active.get(node)),
            reserved_ids=_ids(reserved.get(node)),
            scheduled_ids=_ids(scheduled.get(node)),
            registered=_words(registered.get(node)),
            shares_its_name=names.count(node) > 1,
        )
        for node, one in stats
    )
    return {f"{answer.node}\0{answer.pid}": answer for answer in answers if answer}


async def take_no_more(
    control: Control, queues: Mapping[str, Sequence[str]], timeout_s: float = ANSWER_TIMEOUT_S
) -> dict[str, tuple[HeldTask, ...]]:
    """Tell nodes (each with its queues) to consume no more; then what each of them runs.

    By name: only for nodes whose name is nobody else's. Those that are silent are not in it.
    """
    by_queue: dict[str, list[str]] = {}
    for node, names in queues.items():
        for queue in names:
            by_queue.setdefault(queue, []).append(node)
    await asyncio.gather(
        *(
            asyncio.to_thread(
                control.replies, "cancel_consumer", timeout_s, nodes, arguments={"queue": queue}
            )
            for queue, nodes in by_queue.items()
        )
    )
    said = await asyncio.to_thread(control.replies, "active", timeout_s, list(queues))
    tasks = {node: _tasks(reply) for node, reply in _by_node(said).items()}
    return {
        node: tuple(task for task, _ in held) for node, held in tasks.items() if held is not None
    }


def _by_node(replies: Iterable[tuple[str, Any]]) -> Mapping[str, list[Any]]:
    """All that came under a node's name, as one list; a node that did not answer is not in it."""
    found: dict[str, list[Any]] = {}
    for node, reply in replies:
        if isinstance(reply, list):
            found.setdefault(node, []).extend(reply)
    return found


def _tasks(reply: list[Any] | None) -> tuple[tuple[HeldTask, int], ...] | None:
    """The tasks that run, each with the pid of its pool process."""
    if reply is None:
        return None
    held = (_held(task) for task in reply if isinstance(task, dict))
    return tuple((task, task.pid) for task in held)


def _held(task: Mapping[str, Any]) -> HeldTask:
    delivery = task.get("delivery_info")
    started_at, acknowledged = task.get("time_start"), task.get("acknowledged")
    return HeldTask(
        id=_short(task.get("id")),
        name=_short(task.get("type") or task.get("name")),
        args=_short(task.get("args")),
        kwargs=_short(task.get("kwargs")),
        queue=_short(delivery.get("routing_key")) if isinstance(delivery, dict) else "",
        started_at=float(started_at) if isinstance(started_at, int | float) else None,
        acknowledged=acknowledged if isinstance(acknowledged, bool) else None,
        payload=_payload(task.get("args"), task.get("kwargs")),
        pid=_pid(task),
    )


def _payload(args: object, kwargs: object) -> str:
    # Where a node cuts them, arguments are a representation: not the real ones.
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        return ""
    whole = as_json([args, kwargs])
    return whole if len(whole) <= PAYLOAD_MAX else ""


def _pid(task: Mapping[str, Any]) -> int:
    pid = task.get("worker_pid")
    return pid if isinstance(pid, int) else 0


def _ids(reply: list[Any] | None) -> tuple[str, ...] | None:
    """Ids of tasks that wait; those that wait for their time stand in ``request``."""
    if reply is None:
        return None
    entries = [one for one in reply if isinstance(one, dict)]
    requests = [one.get("request") if "request" in one else one for one in entries]
    return tuple(_short(one.get("id")) for one in requests if isinstance(one, dict))


def _names(reply: list[Any] | None) -> tuple[str, ...] | None:
    if reply is None:
        return None
    return tuple(_short(one.get("name")) for one in reply if isinstance(one, dict))


def _words(reply: list[Any] | None) -> tuple[str, ...] | None:
    return None if reply is None else tuple(str(one) for one in reply)


def _short(value: object) -> str:
    return "" if value is None else str(value)[:TEXT_MAX]
