"""Tasks that wait for their time: an ETA, a countdown, the pause before a retry.

They lie in workers, which have taken them and hold them back; or still in their queue, while no
worker has room. Blocks for as long as workers are given to answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from desktop.engine.control import TEXT_MAX, Control
from desktop.engine.queues import message, messages
from desktop.engine.queues.message import instant
from desktop.engine.rescue import unacked
from desktop.engine.rescue.witnesses import Broker
from desktop.engine.task_model import QueuedMessage, WaitingTask

ANSWER_TIMEOUT_S = 0.5
LOOKED_AT_MAX = 200
"""Messages of each queue that are looked at."""
TOLD_MAX = 2_000
_NO_ETA = b'"eta": null'


def waiting(broker: Broker, queues: Sequence[str]) -> tuple[WaitingTask, ...]:
    """Those that are known, the next first. Raises
    :class:`desktop.engine.errors.ServiceError` when the broker can't be asked."""
    now = time.time()
    held = dict(_held(broker.control))
    found = {one.id: one for one in _delivered(broker)}
    tasks = {task_id: _joined(one, found.get(task_id)) for task_id, one in held.items()}
    for one in found.values():
        # Whoever has it did not say so: its message is out for delivery all the same.
        tasks.setdefault(one.id, _of_message(one))
    for queue in queues:
        for one in messages.peek(broker.url, broker.keys, queue, 0, LOOKED_AT_MAX)[0]:
            if one.id and one.eta is not None and one.eta > now:
                tasks.setdefault(one.id, _of_message(one))
    return tuple(sorted(tasks.values(), key=lambda one: (one.at, one.id)))[:TOLD_MAX]


def held_back(replies: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, WaitingTask]]:
    """What nodes answered to ``scheduled``. Not to be trusted in shape."""
    for node, reply in replies:
        for entry in reply if isinstance(reply, list) else ():
            request = entry.get("request") if isinstance(entry, dict) else None
            at = instant(entry.get("eta")) if isinstance(request, dict) else None
            if isinstance(request, dict) and at is not None and request.get("id"):
                one = _of_request(node, request, at)
                yield one.id, one


def _held(control: Control) -> Iterator[tuple[str, WaitingTask]]:
    return held_back(control.replies("scheduled", ANSWER_TIMEOUT_S))


def _of_request(node: str, request: Mapping[str, Any], at: float) -> WaitingTask:
    return WaitingTask(
        str(request["id"])[:TEXT_MAX],
        str(request.get("type") or request.get("name") or "")[:TEXT_MAX],
        node,
        at,
        _words(request.get("args")),
        _words(request.get("kwargs")),
    )


def _words(value: Any) -> str:
    return "" if value in (None, [], {}, "") else str(value)[:TEXT_MAX]


def _joined(task: WaitingTask, sent: QueuedMessage | None) -> WaitingTask:
    """Workers do not tell whether it is a retry; the message does."""
    return msgspec.structs.replace(task, retry=True) if sent and sent.retries else task


def _of_message(one: QueuedMessage) -> WaitingTask:
    return WaitingTask(one.id, one.name, "", one.eta or 0.0, one.args, one.kwargs, one.retries > 0)


def _delivered(broker: Broker) -> Iterator[QueuedMessage]:
    for one in unacked.read(broker.url, broker.keys):
        if one.id and _NO_ETA not in one.value:
            told = message.of_unacked(one.value)
            if told is not None and told.eta is not None and told.eta > time.time():
                yield told
