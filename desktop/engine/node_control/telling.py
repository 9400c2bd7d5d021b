"""Tells one worker to change while it runs, and asks back what came of it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from desktop.engine.errors import UsageError
from desktop.engine.node_commands import NodeReport, NodeVerb, TellNode
from desktop.engine.node_control import stopping
from desktop.engine.node_control.target import Target, check_one, find, refused
from desktop.words import Text, text, textn, verbatim

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

REPLY_S = 3.0
"""A pool that grows forks before it answers."""
ASK_BACK_S = 8.0
"""A process that is taken from a pool is counted until it has ended."""
_PAUSE_S = 0.05
PROCESSES_MAX = 1_000
_RESIZABLE = frozenset({"prefork", "gevent", "eventlet"})
_RATE = re.compile(r"\d+(\.\d+)?(/[smh])?")
"""``celery.utils.time.rate``."""

_SAID = {
    "autoscale not enabled": text("It was started without --autoscale."),
    "pool restarts not enabled": text("It was started without worker_pool_restarts."),
    "unknown task": text("It has no task of this name."),
    "all processes busy": text("All its processes are busy. Try again when some are idle."),
    "not supported with autoscale": text("It scales itself (--autoscale)."),
    "event dispatcher unavailable": text("It has no event dispatcher now."),
    "invalid rate limit": text("It does not understand that rate."),
}
"""Celery's own words (worker/control.py, 5.7), in ours."""


async def tell(stack: LiveStack, command: TellNode) -> NodeReport:
    """Raises UsageError for what can't be meant, ServiceError with the worker's refusal."""
    _check(command)
    target = await find(stack, command.node, command.pid)
    if command.verb is NodeVerb.WARM_STOP:
        return NodeReport(await stopping.warm_stop(stack, target, command))
    check_one(target, command.pid)
    _possible(target, command)
    name, arguments = _CELERY[command.verb](command)
    reply = await _ask(target, name, arguments)
    if reply is None:
        raise refused(target.node, text("It did not answer this time."))
    if isinstance(reply, dict) and "error" in reply:
        raise refused(target.node, translated(str(reply["error"])))
    words = await _DONE[command.verb](target, command)
    stack.found.stir()
    return NodeReport(words)


async def _ask(target: Target, name: str, arguments: Mapping[str, Any]) -> Any:
    replies = await asyncio.to_thread(
        target.place.control.replies, name, REPLY_S, [target.node], arguments=arguments
    )
    return replies[0][1] if replies else None


def translated(said: str) -> Text:
    """A worker's refusal in our words, or its own."""
    known = next((words for part, words in _SAID.items() if part in said.lower()), None)
    return known or verbatim(said[:300])


# --- what each verb is in Celery ---------------------------------------------------------------

_Ask = tuple[str, dict[str, Any]]

_CELERY: dict[NodeVerb, Callable[[TellNode], _Ask]] = {
    NodeVerb.GROW: lambda c: ("pool_grow", {"n": c.n}),
    NodeVerb.SHRINK: lambda c: ("pool_shrink", {"n": c.n}),
    NodeVerb.AUTOSCALE: lambda c: ("autoscale", {"max": c.n, "min": c.least}),
    NodeVerb.ADD_CONSUMER: lambda c: ("add_consumer", {"queue": c.queue}),
    NodeVerb.CANCEL_CONSUMER: lambda c: ("cancel_consumer", {"queue": c.queue}),
    NodeVerb.RATE_LIMIT: lambda c: (
        "rate_limit",
        {"task_name": c.task, "rate_limit": c.rate or 0},
    ),
    NodeVerb.TIME_LIMIT: lambda c: (
        "time_limit",
        {"task_name": c.task, "soft": c.soft_s, "hard": c.hard_s},
    ),
    NodeVerb.RESTART_POOL: lambda _: ("pool_restart", {}),
    NodeVerb.ENABLE_EVENTS: lambda _: ("enable_events", {}),
    NodeVerb.DISABLE_EVENTS: lambda _: ("disable_events", {}),
}


def _check(command: TellNode) -> None:
    """Raises UsageError for values that can't be meant."""
    verb = command.verb
    if not command.node:
        raise _unusable(text("Name the worker."))
    if verb in {NodeVerb.GROW, NodeVerb.SHRINK} and not 1 <= command.n <= PROCESSES_MAX:
        raise _unusable(text("Give a number from 1 to {most}.", most=PROCESSES_MAX))
    if verb is NodeVerb.AUTOSCALE and not 0 <= command.least <= command.n <= PROCESSES_MAX:
        raise _unusable(text("The least must not be more than the most."))
    if verb is NodeVerb.AUTOSCALE and not command.n:
        raise _unusable(text("The most must be 1 or more."))
    if verb in {NodeVerb.ADD_CONSUMER, NodeVerb.CANCEL_CONSUMER} and not command.queue.strip():
        raise _unusable(text("Name the queue."))
    if verb in {NodeVerb.RATE_LIMIT, NodeVerb.TIME_LIMIT} and not command.task:
        raise _unusable(text("Name the task."))
    if verb is NodeVerb.RATE_LIMIT and command.rate and not _RATE.fullmatch(command.rate):
        raise _unusable(text("A rate is written like 10/s, 10/m or 10/h."))
    if verb is NodeVerb.TIME_LIMIT:
        soft, hard = command.soft_s, command.hard_s
        if any(limit is not None and not 0 < limit < 1e9 for limit in (soft, hard)):
            raise _unusable(text("A time limit is more than 0 s."))
        if soft is not None and hard is not None and soft >= hard:
            raise _unusable(text("The soft limit must be shorter than the hard one."))


def _unusable(why: Text) -> UsageError:
    return UsageError("bad-value", text("The worker was not told."), why, Text(""))


def _possible(target: Target, command: TellNode) -> None:
    """What Celery would refuse, or do without a word where it has no effect."""
    pool = target.answer.pool if target.answer else ""
    verb, node = command.verb, target.node
    if verb in {NodeVerb.GROW, NodeVerb.SHRINK}:
        if target.autoscales:
            raise refused(
                node, _SAID["not supported with autoscale"], text("Change its bounds instead.")
            )
        if pool not in _RESIZABLE:
            raise refused(node, text("A pool {pool} has one size.", pool=verbatim(pool)))
        size = _size(target.stats)
        if verb is NodeVerb.SHRINK and size is not None and command.n >= size:
            raise refused(
                node,
                textn(
                    "It has {n} process, and one must stay.",
                    "It has {n} processes, and one must stay.",
                    size,
                ),
                text("To end it, stop the worker."),
            )
    if verb is NodeVerb.AUTOSCALE and not target.autoscales:
        raise refused(node, _SAID["autoscale not enabled"], text("Grow or shrink it instead."))
    if verb is NodeVerb.RESTART_POOL and pool != "prefork":
        raise refused(
            node,
            text("A pool {pool} can't be restarted by itself.", pool=verbatim(pool)),
            text("Restart the worker."),
        )


def _size(stats: Mapping[str, Any]) -> int | None:
    pool = stats.get("pool")
    if not isinstance(pool, dict):
        return None
    processes, limit = pool.get("processes"), pool.get("max-concurrency")
    if isinstance(processes, list):
        return len(processes)
    return limit if isinstance(limit, int) else None


# --- what came of it ---------------------------------------------------------------------------


async def _resized(target: Target, command: TellNode) -> Text:
    before = _size(target.stats) or 0
    wanted = before + (command.n if command.verb is NodeVerb.GROW else -command.n)
    size = before

    async def reached() -> bool:
        nonlocal size
        stats = await _ask(target, "stats", {})
        size = _size(stats if isinstance(stats, dict) else {}) or size
        return size == wanted

    if not await _until(reached):
        return text("It has {n} processes now, and should have {wanted}.", n=size, wanted=wanted)
    return textn("It has {n} process now.", "It has {n} processes now.", size)


async def _scaled(target: Target, command: TellNode) -> Text:
    return text("It keeps {least} to {most} processes now.", least=command.least, most=command.n)


async def _consuming(target: Target, command: TellNode) -> Text:
    wanted = command.verb is NodeVerb.ADD_CONSUMER
    queues: tuple[str, ...] = ()

    async def reached() -> bool:
        nonlocal queues
        queues = await consumed(target)
        return (command.queue in queues) is wanted

    if not await _until(reached):
        raise refused(target.node, text("It said yes, and its queues are still the same."))
    names = verbatim(", ".join(queues))
    if not queues:
        return text("It consumes no queue now, until it is restarted or told to.")
    return text("It consumes {queues} now, until it is restarted.", queues=names)


async def consumed(target: Target) -> tuple[str, ...]:
    """Names of the queues that it consumes now."""
    reply = await _ask(target, "active_queues", {})
    return tuple(
        str(one.get("name"))[:256]
        for one in (reply if isinstance(reply, list) else ())
        if isinstance(one, dict)
    )


async def _rated(_target: Target, command: TellNode) -> Text:
    task = verbatim(command.task)
    if not command.rate:
        return text("{task} has no rate limit on it now, until it is restarted.", task=task)
    return text(
        "{task} runs at most {rate} on it now, until it is restarted.", task=task, rate=command.rate
    )


async def _limited(target: Target, command: TellNode) -> Text:
    words = text(
        "{task} has its new time limits, until the worker is restarted.",
        task=verbatim(command.task),
    )
    pool = target.answer.pool if target.answer else ""
    if pool == "prefork":
        return words
    return text("{words} A pool {pool} does not enforce them.", words=words, pool=verbatim(pool))


async def _restarted(_target: Target, _command: TellNode) -> Text:
    return text("Each of its processes ends after its task and is replaced.")


async def _events_on(_target: Target, _command: TellNode) -> Text:
    return text("It sends task events now. To keep it so after a restart, start it with -E.")


async def _events_off(_target: Target, _command: TellNode) -> Text:
    return text("It sends no task events now.")


_DONE: dict[NodeVerb, Callable[[Target, TellNode], Awaitable[Text]]] = {
    NodeVerb.GROW: _resized,
    NodeVerb.SHRINK: _resized,
    NodeVerb.AUTOSCALE: _scaled,
    NodeVerb.ADD_CONSUMER: _consuming,
    NodeVerb.CANCEL_CONSUMER: _consuming,
    NodeVerb.RATE_LIMIT: _rated,
    NodeVerb.TIME_LIMIT: _limited,
    NodeVerb.RESTART_POOL: _restarted,
    NodeVerb.ENABLE_EVENTS: _events_on,
    NodeVerb.DISABLE_EVENTS: _events_off,
}


async def _until(reached: Callable[[], Awaitable[bool]]) -> bool:
    until = time.monotonic() + ASK_BACK_S
    while not await reached():
        if time.monotonic() >= until:
            return False
        await asyncio.sleep(_PAUSE_S)
    return True
