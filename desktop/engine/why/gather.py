"""Finds out all that can be known of one task: events, queues, workers, results, other brokers.

All is asked side by side; a source that does not answer leaves its part empty, and ``looked`` says
so. Only when nothing here knows the task other places are looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import msgspec

from desktop.engine import redis_url
from desktop.engine.census import inquiry
from desktop.engine.control import Control
from desktop.engine.errors import TrayError
from desktop.engine.history_commands import TaskFigures
from desktop.engine.queue_commands import WhyReport, WhyTask
from desktop.engine.queues import message, messages
from desktop.engine.queues.reading import Routes
from desktop.engine.rescue import unacked
from desktop.engine.rescue.message import Message
from desktop.engine.rescue.witnesses import Broker
from desktop.engine.schedule.waiting import ANSWER_TIMEOUT_S, held_back
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.engine.urls import masked
from desktop.engine.why import other_places, results
from desktop.engine.why.evidence import Delivered, Elsewhere, Evidence, Looked, Result
from desktop.engine.why.judge import judged

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

LOOKED_S = 15.0
"""How old the last look at the processes may be."""
USUAL_SPAN_S = 7 * 86400.0


async def why(stack: LiveStack, command: WhyTask) -> WhyReport:
    """Why this task does not run. Never raises for what is down: that is the answer then."""
    return judged(await evidence(stack, command.id.strip()))


async def evidence(stack: LiveStack, task_id: str) -> Evidence:
    """All that is known now."""
    task = await _told(stack, task_id)
    if task is not None:
        task_id = task.id  # its beginning was enough to find it
    lost = next((one for one in stack.rescuer.lost if one.id == task_id), None)
    seen = Evidence(
        task_id,
        time.time(),
        masked(stack.broker_url),
        task=task,
        lost=lost,
        stranded=stack.rescuer.stranded,
        looked=Looked(history=True),
    )
    broker, other = await _broker(stack), _other(stack)
    result, asked = await _result(stack, task_id)
    seen = _with(seen, result=result)
    seen = _looked(seen, results=asked)
    try:
        if broker is not None:
            seen = await _here(stack, broker, seen)
        elif other is not None:
            seen = await _closed(stack, other, seen)
            return _with(seen, usual_s=await _usual(stack, seen.name), now=time.time())
        else:
            return _with(seen, broker_up=False)
    except TrayError:
        return _with(seen, broker_up=False)
    if not (seen.alive or seen.task or seen.result or seen.lost):
        seen = await _elsewhere(stack, broker, seen)
    return _with(seen, usual_s=await _usual(stack, seen.name), now=time.time())


async def _broker(stack: LiveStack) -> Broker | None:
    with contextlib.suppress(TrayError):
        return await stack.rescuer.broker()
    return None


def _other(stack: LiveStack) -> Control | None:
    """How its nodes are asked, where the broker is none that can be looked into."""
    url = stack.broker_url
    found = stack.broker() if url and not redis_url.is_redis(url) else None
    return found.control if found else None


async def _closed(stack: LiveStack, control: Control, seen: Evidence) -> Evidence:
    """What nodes tell, and how much waits."""
    seen = await _asked(stack, control, seen)
    queues = await stack.queues.details()
    return _looked(_with(seen, closed=True, queues=queues), queues=len(queues))


async def _asked(stack: LiveStack, control: Control, seen: Evidence) -> Evidence:
    """What the nodes and the process table tell."""

    async def said(question: str) -> Any:
        return await asyncio.to_thread(control.replies, question, ANSWER_TIMEOUT_S)

    answers, scheduled, revoked, rows = await asyncio.gather(
        inquiry.ask(control), said("scheduled"), said("revoked"), stack.found.fresh(LOOKED_S)
    )
    return _looked(
        _with(
            seen,
            nodes=tuple(answers.values()),
            rows=tuple(rows),
            held_back=dict(held_back(scheduled)).get(seen.id),
            revoked_by=tuple(
                node for node, ids in revoked if isinstance(ids, list) and seen.id in ids
            ),
        ),
        nodes=len(answers),
    )


async def _here(stack: LiveStack, broker: Broker, seen: Evidence) -> Evidence:
    seen, out = await asyncio.gather(
        _asked(stack, broker.control, seen),
        asyncio.to_thread(unacked.read, broker.url, broker.keys),
    )
    # The queues last: what a worker gives back meanwhile is met there.
    queues = await stack.queues.details()
    names = tuple(queue.name for queue in queues)
    waits = await asyncio.to_thread(messages.find, broker.url, broker.keys, names, seen.id)
    return _looked(
        _with(
            seen,
            delivered=_delivered(stack, out, seen, names),
            earlier=_earlier(out, seen.id),
            queues=queues,
            waits=waits,
        ),
        queues=len(queues),
        messages=sum(queue.depth for queue in queues),
        unacked=len(out),
    )


def _delivered(
    stack: LiveStack, out: tuple[Message, ...], seen: Evidence, names: tuple[str, ...]
) -> Delivered | None:
    one = next((one for one in out if one.id == seen.id), None)
    told = message.of_unacked(one.value) if one else None
    if one is None or told is None:
        return None
    queue = Routes(stack.queues.bound, names).queue(one.exchange, one.routing_key)
    again_at = one.delivered_at + stack.queues.visibility_timeout_s
    return Delivered(one.delivered_at, queue, told, max(again_at - time.time(), 0.0))


def _earlier(out: tuple[Message, ...], task_id: str) -> frozenset[str]:
    at = next((one.delivered_at for one in out if one.id == task_id), 0.0)
    return frozenset(one.id for one in out if one.delivered_at < at)


async def _elsewhere(stack: LiveStack, broker: Broker, seen: Evidence) -> Evidence:
    others = tuple(one.url for one in stack.all_stacks.brokers())
    places = await asyncio.to_thread(other_places.places, broker.url, others)
    found: list[Elsewhere | None] = []
    for place in places:
        found.append(await asyncio.to_thread(other_places.find, place, seen.id))
        if found[-1]:
            break
    there = next((one for one in found if one), None)
    return _looked(_with(seen, elsewhere=there), others=len(places))


async def _result(stack: LiveStack, task_id: str) -> tuple[Result | None, bool]:
    info = stack.app.info
    if not results.readable(info.result_backend):
        return None, False
    try:
        return await asyncio.to_thread(
            results.read, info.result_backend, task_id, info.result_key_prefix
        ), True
    except TrayError:
        return None, False


# --- what other parts of the engine know -------------------------------------------------------


async def _told(stack: LiveStack, task_id: str) -> Task | None:
    """What history and events tell. Not the whole of its details: log and results cost."""
    with contextlib.suppress(TrayError):
        return (await stack.tasks.history.detail(task_id)).task
    active = next((one for one in stack.tasks.active if one.id == task_id), None)
    if active is None:
        return None
    return Task(
        active.id,
        active.name,
        active.state,
        active.worker,
        active.worker_pid,
        args=active.args,
        kwargs=active.kwargs,
        received_at=active.received_at,
        started_at=active.started_at if active.state is TaskState.STARTED else None,
    )


async def _usual(stack: LiveStack, name: str) -> float | None:
    if not name:
        return None
    since = time.time() - USUAL_SPAN_S
    asked = TaskFigures(stack.project, since, name=name, points=1)
    with contextlib.suppress(TrayError):
        names = (await stack.tasks.history.figures(asked)).names
        return next((one.runtime_p50_s for one in names if one.name == name), None)
    return None


def _with(seen: Evidence, **changes: Any) -> Evidence:
    return msgspec.structs.replace(seen, **changes)


def _looked(seen: Evidence, **changes: Any) -> Evidence:
    return _with(seen, looked=msgspec.structs.replace(seen.looked, **changes))
