"""Where tasks are now: with which node, in which queue, or ended; each asked, none guessed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec

from desktop.engine.census.answers import answer_of
from desktop.engine.control import as_json
from desktop.engine.errors import TrayError
from desktop.engine.queues.reading import Routes
from desktop.engine.states import TaskState
from desktop.engine.task_control import results, waiting
from desktop.engine.task_control.message import ARGUMENTS_MAX, Sent
from desktop.engine.task_control.place import Place
from desktop.engine.task_model import Task

ANSWER_TIMEOUT_S = 0.6
"""How long nodes are given; the questions take all of it."""
PATIENCE_S = 2.0
"""So long those are given, once, that were there a moment ago and did not answer: on a busy machine
they are late."""
AT_ONCE = 500
"""Ids in one question to the nodes."""
_PROCESSES = frozenset({"prefork"})
_GREENLETS = frozenset({"gevent", "eventlet"})
_OVER = frozenset({TaskState.SUCCESS, TaskState.FAILURE, TaskState.REJECTED})
_ENDED = _OVER | {TaskState.REVOKED}


class Where(Enum):
    """A task's place, in the order of its way."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    """Its message waits."""
    HELD = "held"
    """A node has it, and waits for a free process or for its time."""
    RUNS = "runs"
    ENDED = "ended"


class Node(msgspec.Struct, frozen=True):
    """A worker process that answered."""

    name: str
    pid: int
    pool: str = ""
    processes: tuple[int, ...] = ()
    """Of its pool, where that has any."""

    @property
    def can_terminate(self) -> bool:
        """Celery's ``terminate_job``: only a process can be signalled, and a greenlet ended."""
        return self.pool in _PROCESSES | _GREENLETS

    @property
    def has_greenlets(self) -> bool:
        """Its tasks are ended by GreenletExit, and by no signal."""
        return self.pool in _GREENLETS


class Whereabouts(msgspec.Struct, frozen=True):
    """Of one task."""

    task: Task
    where: Where = Where.UNKNOWN
    node: str = ""
    pid: int = 0
    """Process that runs it: one of the pool's, or the worker itself."""
    queue: str = ""
    state: TaskState | None = None
    """How it ended."""
    message: Sent | None = None
    """What its sender sent, while that is still in the broker."""
    args: str = ""
    """Its real arguments as its node or its result tells them: a JSON list, or ""."""
    kwargs: str = ""
    source: str = ""
    """Who told the arguments: "message", "node", "result" or ""."""


class Seen(msgspec.Struct, frozen=True):
    """All that was asked for, at one time."""

    nodes: tuple[Node, ...] = ()
    """Those that answered."""
    silent: tuple[str, ...] = ()
    """Names of nodes that were there a moment ago and did not answer: busy, or hung."""
    of: Mapping[str, Whereabouts] = {}

    def pool_of(self, node: str) -> Node | None:
        return next((one for one in self.nodes if one.name == node), None)


async def look(place: Place, tasks: Sequence[Task]) -> Seen:
    """Ask the nodes, the broker and the result backend about these tasks. A source that can't be
    asked tells nothing."""
    # What has run to its end is with nobody any more; what was revoked may still wait.
    open_ = [task for task in tasks if task.state not in _OVER]
    nodes, held, found, ended = await asyncio.gather(
        ask_nodes(place),
        _held(place, [task.id for task in open_]),
        asyncio.to_thread(_found, place, open_),
        asyncio.to_thread(_ended, place, [task.id for task in tasks]),
    )
    silent = _silent(place, nodes)
    unseen = [task.id for task in open_ if task.id not in held]
    if silent and unseen:
        late, more = await asyncio.gather(
            ask_nodes(place, silent, PATIENCE_S),
            holders(place, unseen[:AT_ONCE], silent, PATIENCE_S),
        )
        nodes, held = (*nodes, *late), held | more
        silent = _silent(place, nodes)
    return Seen(
        nodes,
        silent,
        {
            task.id: _whereabouts(
                task, held.get(task.id), found.get(task.id), ended.get(task.id), place.routes
            )
            for task in tasks
        },
    )


def _silent(place: Place, nodes: Sequence[Node]) -> tuple[str, ...]:
    names = [node.name for node in nodes]
    return tuple(one for one in dict.fromkeys(place.expected) if one not in names)


async def look_at_record(place: Place, task: Task) -> Whereabouts:
    """What its record tells of a task, and its result where that is kept: nobody is waited for."""
    ended = await asyncio.to_thread(_ended, place, [task.id])
    return _whereabouts(task, None, None, ended.get(task.id), place.routes)


async def ask_nodes(
    place: Place, names: Sequence[str] | None = None, timeout_s: float = ANSWER_TIMEOUT_S
) -> tuple[Node, ...]:
    """Who answers now. Two nodes of one name are two. With ``names`` these alone are asked."""
    said = await asyncio.to_thread(place.control.replies, "stats", timeout_s, names)
    answers = (answer_of(name, one if isinstance(one, dict) else {}) for name, one in said)
    return tuple(
        Node(one.node, one.pid, one.pool, tuple(p for p in one.pool_pids if p != one.pid))
        for one in answers
        if one
    )


async def ask_active(place: Place, node: str) -> list[dict[str, Any]]:
    """What a node runs, in its own words; [] when it does not answer."""
    replies = await asyncio.to_thread(place.control.replies, "active", ANSWER_TIMEOUT_S, [node])
    return [
        one
        for _, reply in replies
        for one in (reply if isinstance(reply, list) else ())
        if isinstance(one, dict)
    ]


class Held(msgspec.Struct, frozen=True):
    """What a node says of a task that it has (``inspect query_task``)."""

    node: str
    state: str
    """Celery's "active", "reserved", "scheduled" or "ready"."""
    info: Mapping[str, Any] = {}


async def _held(place: Place, ids: Sequence[str]) -> dict[str, Held]:
    found: dict[str, Held] = {}
    for start in range(0, len(ids), AT_ONCE):
        found |= await holders(place, ids[start : start + AT_ONCE])
    return found


async def holders(
    place: Place,
    ids: Sequence[str],
    nodes: Sequence[str] | None = None,
    timeout_s: float = ANSWER_TIMEOUT_S,
) -> dict[str, Held]:
    """Which node has each of these tasks now. With ``nodes`` these alone are asked, and it returns
    at the last answer."""
    replies = await asyncio.to_thread(
        place.control.replies,
        "query_task",
        timeout_s,
        nodes,
        arguments={"ids": list(ids)},
    )
    found: dict[str, Held] = {}
    for node, reply in replies:
        for task_id, held in _tasks(node, reply):
            # It runs in one process only; another may still have it from an earlier delivery.
            if task_id not in found or held.state == "active":
                found[task_id] = held
    return found


def _tasks(node: str, reply: Any) -> Iterator[tuple[str, Held]]:
    for task_id, told in reply.items() if isinstance(reply, dict) else ():
        if isinstance(told, list | tuple) and len(told) == 2 and isinstance(told[1], dict):
            yield str(task_id), Held(node, str(told[0]), told[1])


def _found(place: Place, tasks: Sequence[Task]) -> dict[str, waiting.Waiting]:
    queues = (*place.queues, *(task.queue for task in tasks if task.queue))
    with contextlib.suppress(TrayError):
        ids = [task.id for task in tasks]
        return waiting.find(place.redis_url, place.keys, queues, ids, place.routes)
    return {}


def _ended(place: Place, ids: Sequence[str]) -> dict[str, results.Result]:
    with contextlib.suppress(TrayError):
        return results.results(place.info.result_backend, ids, place.info.result_key_prefix)
    return {}


def _whereabouts(
    task: Task,
    held: Held | None,
    found: waiting.Waiting | None,
    result: results.Result | None,
    routes: Routes,
) -> Whereabouts:
    known = Whereabouts(task, queue=task.queue, message=found.sent if found else None)
    if found:
        known = msgspec.structs.replace(
            known,
            where=Where.HELD if found.unacked else Where.QUEUED,
            queue=found.queue or known.queue,
            args=found.sent.args,
            kwargs=found.sent.kwargs,
            source="message" if found.sent.args else "",
        )
    if held and held.state != "ready" and not _has_just_ended(held, result):
        known = msgspec.structs.replace(
            _with_arguments(known, *_real(held.info), "node"),
            where=Where.RUNS if held.state == "active" else Where.HELD,
            node=held.node,
            pid=_pid(held.info),
            queue=known.queue or _queue(held.info, routes),
        )
    if result:
        known = _with_arguments(known, result.args, result.kwargs, "result")
        queue = known.queue or routes.queue("", result.routing_key)
        known = msgspec.structs.replace(known, queue=queue)
    state = result.state if result and result.ended else None
    if state is None and result is None and task.state in _ENDED:
        state = task.state
    # A revoked task has its result at once, though its message still waits to be dropped.
    if state and known.where in {Where.UNKNOWN, Where.QUEUED, Where.HELD}:
        known = msgspec.structs.replace(known, where=Where.ENDED, state=state)
    if not known.task.name:
        name = (found.sent.name if found else "") or (result.name if result else "")
        name = name or (_words(held.info.get("type") or held.info.get("name")) if held else "")
        known = msgspec.structs.replace(known, task=msgspec.structs.replace(task, name=name))
    return known


def _has_just_ended(held: Held, result: results.Result | None) -> bool:
    """A node writes the result before it lets go of the task."""
    started = held.info.get("time_start")
    return bool(
        result
        and result.ended
        and result.ended_at is not None
        and isinstance(started, int | float)
        and result.ended_at >= started
    )


def _with_arguments(known: Whereabouts, args: str, kwargs: str, source: str) -> Whereabouts:
    if known.args or not args:
        return known
    return msgspec.structs.replace(known, args=args, kwargs=kwargs, source=source)


def _real(info: Mapping[str, Any]) -> tuple[str, str]:
    args, kwargs = info.get("args"), info.get("kwargs")
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        return "", ""
    words = as_json(args), as_json(kwargs)
    return words if all(words) and sum(map(len, words)) <= ARGUMENTS_MAX else ("", "")


def _pid(info: Mapping[str, Any]) -> int:
    pid = info.get("worker_pid")
    return pid if isinstance(pid, int) and not isinstance(pid, bool) else 0


def _queue(info: Mapping[str, Any], routes: Routes) -> str:
    delivery = info.get("delivery_info")
    if not isinstance(delivery, dict):
        return ""
    return routes.queue(_words(delivery.get("exchange")), _words(delivery.get("routing_key")))


def _words(said: Any) -> str:
    return said[:1024] if isinstance(said, str) else ""
