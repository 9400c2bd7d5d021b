"""One unacknowledged message of kombu's Redis transport: read, routed, made to wait again.

Follows ``Channel._do_restore_message``, ``_get_message_priority`` and the exchanges' ``lookup`` of
kombu, so that a message ends where kombu itself would put it. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from desktop.engine.broker import Binding
from desktop.engine.rescue.keys import PRIORITY_MAX, Keys

ID_MAX = 155
"""Longest task id: the width of Celery's own result tables."""
NAME_MAX = 1024


class Message(msgspec.Struct, frozen=True):
    """A message that some consumer got and has not acknowledged."""

    tag: str
    delivered_at: float
    """Wall clock of the consumer's machine."""
    value: bytes
    """What the broker holds, whole: it is compared before anything is moved."""
    id: str = ""
    """Of its task; "" when it is no task of Celery's."""
    name: str = ""
    exchange: str = ""
    routing_key: str = ""


def message(tag: str, delivered_at: float, value: bytes) -> Message:
    """What comes from the broker is not to be trusted in shape: what does not fit has no id."""
    try:
        body, exchange, routing_key = json.loads(value)
        headers = body["headers"]
        task_id, name = headers["id"], headers["task"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return Message(tag, delivered_at, value)
    if not (isinstance(task_id, str) and isinstance(name, str) and len(task_id) <= ID_MAX):
        return Message(tag, delivered_at, value)
    return Message(
        tag,
        delivered_at,
        value,
        task_id,
        name[:NAME_MAX],
        str(exchange or ""),
        str(routing_key or ""),
    )


def queues_of(
    exchange: str, routing_key: str, bindings: Iterable[Binding], names: Collection[str]
) -> tuple[str, ...]:
    """The queues that kombu would put it in; () when nobody knows.

    ``names`` are queues of the app: where a binding is gone, Celery's own way of naming (exchange,
    key and queue alike) still tells.
    """
    if not exchange:
        return (routing_key,) if routing_key else ()
    found = dict.fromkeys(
        b.queue for b in bindings if b.exchange == exchange and b.queue and _matches(b, routing_key)
    )
    if not found and exchange == routing_key and routing_key in names:
        return (routing_key,)
    return tuple(found)


def _matches(binding: Binding, routing_key: str) -> bool:
    if not binding.pattern:
        return binding.routing_key == routing_key
    try:
        return re.match(binding.pattern, routing_key) is not None
    except re.error:
        return False


def waiting_again(one: Message, queues: Iterable[str], keys: Keys) -> tuple[tuple[str, ...], str]:
    """The lists that it goes to, and its text as it waits there: marked as redelivered."""
    payload: Any = json.loads(one.value)[0]
    try:
        payload["headers"]["redelivered"] = True
        payload["properties"]["delivery_info"]["redelivered"] = True
    except (KeyError, TypeError):
        pass
    priority = _priority(payload)
    return tuple(keys.list_of(queue, priority) for queue in queues), json.dumps(payload)


def _priority(payload: Any) -> int:
    try:
        return max(min(int(payload["properties"]["priority"]), PRIORITY_MAX), 0)
    except (TypeError, ValueError, KeyError):
        return 0
