"""Whose is an unacknowledged message? The broker does not record it, so this is a rule of evidence.

Sufficient by itself: the last node that told of having received it was a process of this machine
that has verifiably ended since. Else a message is abandoned only by exclusion: it is older than a
grace, in two readings, every consumer that could hold it was asked in between, and none has it.
Whoever could not be asked may hold it: then it is left alone (fail closed). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from desktop.engine.rescue.message import Message
from desktop.engine.rescue.watched import Watched
from desktop.engine.telemetry.holders import Holding
from desktop.words import Text, text, textn, verbatim

CLOCK_MARGIN_S = 0.1
"""A node's event of a task is made after its delivery, by the same clock."""
START_MARGIN_S = 2.0
"""``uptime`` is in whole seconds, the create time up to one early (facts)."""
QUIET_S = 60.0
"""So long a message of a node that lives, answers and does not name it is left with that node: it
may keep it where no question finds it (bundles of tasks, a rate limit)."""


class Node(msgspec.Struct, frozen=True):
    """A node that answered all questions."""

    name: str
    pid: int
    started_at: float = 0.0
    """Its code's start, at the latest; 0.0: not known."""
    queues: tuple[str, ...] | None = None
    rate_limited: tuple[str, ...] = ()


class Silent(msgspec.Struct, frozen=True):
    """A worker process of this machine that did not answer all questions."""

    pid: int
    create_time: float
    name: str


class Scene(msgspec.Struct, frozen=True):
    """All that is known when it is decided."""

    now: float
    grace_s: float
    deaths: tuple[Watched, ...] = ()
    running: tuple[Watched, ...] = ()
    holders: Mapping[str, Holding] = {}
    gone: frozenset[tuple[str, int]] = frozenset()
    """(node, pid) of holders that name this machine, where no such process runs. A container may
    call itself like its machine: this speaks only where every consumer is known."""
    nodes: tuple[Node, ...] = ()
    claimed: frozenset[str] = frozenset()
    """Ids of all tasks that the nodes say they have."""
    silent: tuple[Silent, ...] = ()
    strangers: int = 0
    """Consumers that the broker sees and nobody knows."""
    blocked: Text | None = None
    """Why consumers could not be asked at all."""


class Ruling(msgspec.Struct, frozen=True):
    abandoned: tuple[Message, ...] = ()
    refused: tuple[tuple[Message, Text], ...] = ()
    """Held by nobody who was asked, but left alone, each with the reason. Most are in flight."""


def proven(messages: Iterable[Message], scene: Scene) -> tuple[Message, ...]:
    """Those whose holder is proven dead; nobody needs to be asked."""
    return tuple(
        one
        for one in messages
        if one.id and one.id not in scene.claimed and _holder_is_dead(one, scene)
    )


def judge(messages: Iterable[Message], scene: Scene) -> Ruling:
    """``messages`` are those that were in both readings, of the same delivery."""
    abandoned: list[Message] = []
    refused: list[tuple[Message, Text]] = []
    for one in messages:
        if not one.id or one.id in scene.claimed:
            continue
        if _holder_is_dead(one, scene):
            abandoned.append(one)
        elif scene.now - one.delivered_at < scene.grace_s or _holder_lives(one, scene):
            continue
        elif (why := _veto(one, scene)) is not None:
            refused.append((one, why))
        else:
            abandoned.append(one)
    return Ruling(tuple(abandoned), tuple(refused))


def left_by_the_dead(one: Message, deaths: Iterable[Watched]) -> bool:
    """Whether a worker that has died could have held it: else it is some live one's."""
    return any(
        dead.create_time - CLOCK_MARGIN_S <= one.delivered_at <= dead.died_at for dead in deaths
    )


def _delivery_of(one: Message, scene: Scene) -> Holding | None:
    """Who told of having received this very delivery."""
    holding = scene.holders.get(one.id)
    if holding is None or holding.at < one.delivered_at - CLOCK_MARGIN_S:
        return None
    return holding


def _holder_is_dead(one: Message, scene: Scene) -> bool:
    holding = _delivery_of(one, scene)
    return holding is not None and any(
        _is(holding, dead) and dead.create_time - CLOCK_MARGIN_S <= one.delivered_at <= dead.died_at
        for dead in scene.deaths
    )


def _is(holding: Holding, process: Watched) -> bool:
    return holding.pid == process.pid and holding.node == process.node


def _holder_lives(one: Message, scene: Scene) -> bool:
    holding = _delivery_of(one, scene)
    if holding is None:
        return False
    if any(node.pid == holding.pid and node.name == holding.node for node in scene.nodes):
        return scene.now - one.delivered_at < QUIET_S
    return any(
        _is(holding, process) and process.create_time <= one.delivered_at + CLOCK_MARGIN_S
        for process in scene.running
    )


def _veto(one: Message, scene: Scene) -> Text | None:
    """Why it can't be said that nobody has it."""
    if scene.blocked is not None:
        return scene.blocked
    silent = [
        one_silent
        for one_silent in scene.silent
        if one_silent.create_time <= one.delivered_at + CLOCK_MARGIN_S
    ]
    if silent:
        return text(
            "{who} did not answer and may still have them. They go back when it answers or ends.",
            who=verbatim(", ".join(f"{s.name} (pid {s.pid})" for s in silent[:3])),
        )
    if scene.strangers:
        return textn(
            "{n} consumer on the broker did not answer and may still have them.",
            "{n} consumers on the broker did not answer and may still have them.",
            scene.strangers,
        )
    holding = _delivery_of(one, scene)
    known = set(scene.gone)
    known.update((p.node, p.pid) for p in (*scene.deaths, *scene.running))
    known.update((node.name, node.pid) for node in scene.nodes)
    if holding is not None and holding.pid and (holding.node, holding.pid) not in known:
        return text(
            "{node} received them last and does not answer; whether it runs can't be seen here.",
            node=verbatim(holding.node),
        )
    for node in scene.nodes:
        if one.name in node.rate_limited and node.started_at - START_MARGIN_S <= one.delivered_at:
            return text(
                "{name} is rate limited on {node}, which may keep them back unseen.",
                name=verbatim(one.name),
                node=verbatim(node.name),
            )
    return None
