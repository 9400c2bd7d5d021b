"""Asks everybody who may hold messages: the nodes, the process table, the broker's connections.

Blocks, except where it says ``async``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from desktop.engine import redis_url
from desktop.engine.census import inquiry, peers
from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.census import Census
from desktop.engine.control import Control
from desktop.engine.model import WorkerRow
from desktop.engine.rescue import unacked
from desktop.engine.rescue.claims import Node, Silent
from desktop.engine.rescue.keys import Keys
from desktop.engine.states import Owner, Role
from desktop.words import Text, text

SETTLED_S = 5
"""A broker that has just come up knows no consumers yet: they are still on their way back."""
_AGAIN_TIMEOUT_S = 1.0


class Broker(msgspec.Struct, frozen=True):
    """The broker of one stack."""

    url: str
    """With credentials: never shown."""
    keys: Keys
    database: int
    control: Control


class Witnesses(msgspec.Struct, frozen=True):
    """What they said, in the terms of :class:`desktop.engine.rescue.claims.Scene`."""

    answers: tuple[NodeAnswer, ...] = ()
    nodes: tuple[Node, ...] = ()
    claimed: frozenset[str] = frozenset()
    silent: tuple[Silent, ...] = ()
    strangers: int = 0
    blocked: Text | None = None


async def ask(
    broker: Broker, census: Census, ours: Collection[tuple[int, float]], now: float
) -> Witnesses:
    """Ask all. Raises :class:`desktop.engine.errors.ServiceError`: the broker can't be asked."""
    answers = await inquiry.ask(broker.control)
    held = await asyncio.to_thread(
        held_in_order, broker.control, [a.node for a in answers.values()]
    )
    rows = await asyncio.to_thread(census.scan, ours, answers)
    seen = await asyncio.to_thread(unacked.consumers, broker.url, broker.keys, broker.database)
    return await asyncio.to_thread(_joined, broker, answers, held, rows, seen, now)


def held_in_order(control: Control, names: list[str]) -> frozenset[str] | None:
    """Ids of all tasks that these nodes have, asked along a task's way: from waiting for its time,
    to waiting for a process, to running. One that moves on meanwhile is met further on; asked all
    at once, it may slip through. None when one of the nodes did not answer each question."""
    found: set[str] = set()
    for question in ("scheduled", "reserved", "active"):
        if not names:
            break
        replies = control.replies(question, _AGAIN_TIMEOUT_S, names)
        if len(replies) < len(names):
            return None
        for _, reply in replies:
            found.update(_ids(reply))
    return frozenset(found)


def _ids(reply: Any) -> Iterable[str]:
    for entry in reply if isinstance(reply, list) else ():
        if isinstance(entry, dict):
            request = entry.get("request", entry)
            if isinstance(request, dict):
                yield str(request.get("id"))


def _joined(
    broker: Broker,
    answers: Mapping[str, NodeAnswer],
    held: frozenset[str] | None,
    rows: tuple[WorkerRow, ...],
    seen: unacked.Consumers,
    now: float,
) -> Witnesses:
    if held is None:
        return Witnesses(
            tuple(answers.values()),
            blocked=text("A worker answered only half of the questions about its tasks."),
        )
    if seen.uptime_s < SETTLED_S:
        return Witnesses(
            tuple(answers.values()),
            blocked=text("The broker has just started; workers are still on their way back to it."),
        )
    full = [one for one in answers.values() if one.holds is not None]
    elsewhere = {(row.node, row.pid) for row in rows if row.owner is Owner.REMOTE}
    names_elsewhere = {node for node, _ in elsewhere}
    answered_here = {one.pid for one in full if (one.node, one.pid) not in elsewhere}
    here = [row for row in rows if row.owner is not Owner.REMOTE]
    ends = _ends(broker.url, [row.pid for row in here])
    silent = [
        row
        for row in here
        if row.role is Role.WORKER
        and row.pid not in answered_here
        # In a container of this machine: its answer has the pid that it has in there.
        and not (row.node in names_elsewhere and not ends.get(row.pid))
        and _may_consume(row, broker.url, ends.get(row.pid), seen.takers)
    ]
    return Witnesses(
        answers=tuple(answers.values()),
        nodes=tuple(
            Node(
                one.node,
                one.pid,
                0.0 if one.uptime_s is None else now - one.uptime_s,
                one.queues,
                one.rate_limited,
            )
            for one in full
        ),
        claimed=held.union(*(one.holds or frozenset() for one in full)),
        silent=tuple(
            Silent(row.pid, row.create_time, row.node or row.app or row.command[:60])
            for row in silent
        ),
        strangers=_strangers(seen, full, answered_here, silent, ends),
    )


def _strangers(
    seen: unacked.Consumers,
    full: Collection[NodeAnswer],
    answered_here: Collection[int],
    silent: Iterable[WorkerRow],
    ends: Mapping[int, frozenset[str] | None],
) -> int:
    """Consumers that the broker sees beyond those that answered, or that are known by their
    process."""
    connected = [row for row in silent if ends.get(row.pid)]
    listeners = seen.listeners - len(full) - len(connected)
    known = frozenset().union(*(found for found in ends.values() if found))
    takers = [address for address in seen.takers if address not in known]
    # Those that answered, but whose connections the system does not tell.
    untold = len(full) - sum(bool(ends.get(pid)) for pid in answered_here)
    return max(0, listeners, len(takers) - untold)


def _ends(url: str, pids: Iterable[int]) -> dict[int, frozenset[str] | None]:
    if redis_url.socket_path(url):
        return dict.fromkeys(pids)
    try:
        port = redis_url.address(url)[1]
    except ValueError:
        return dict.fromkeys(pids)
    return peers.sockets((*pids, os.getpid()), port)


def _may_consume(
    row: WorkerRow, url: str, ends: frozenset[str] | None, takers: Collection[str]
) -> bool:
    """Whether a worker that did not answer may hold messages of this broker's database."""
    if row.broker:
        try:
            return redis_url.is_redis(row.broker) and (
                redis_url.socket_path(row.broker) == redis_url.socket_path(url)
                and redis_url.address(row.broker)[1:] == redis_url.address(url)[1:]
            )
        except ValueError:
            return True
    return ends is None or not ends.isdisjoint(takers)
