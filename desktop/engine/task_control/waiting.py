"""Looks for messages of certain tasks: in the queues, and among what is unacknowledged.

Blocks, and only reads. Raises :class:`desktop.engine.errors.ServiceError` when the broker can't be
asked. Only Redis can be looked into; elsewhere nothing is found.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from desktop.engine import redis_url
from desktop.engine.broker import connected
from desktop.engine.queues.reading import Routes
from desktop.engine.rescue import unacked
from desktop.engine.rescue.keys import Keys
from desktop.engine.task_control.message import Sent, id_of, sent, sent_unacked

SEARCH_MAX = 50_000
"""Messages of one list that are looked at, those that are consumed next first."""
_CHUNK = 1_000


class Waiting(msgspec.Struct, frozen=True):
    """A message that was found."""

    sent: Sent
    queue: str
    """"" where exchange and routing key do not tell it."""
    unacked: bool = False
    """Delivered to a worker, which has not acknowledged it."""


def find(
    url: str, keys: Keys, queues: Collection[str], ids: Collection[str], routes: Routes
) -> dict[str, Waiting]:
    """The messages of these tasks, by id; those that are nowhere are not in it."""
    if not ids or not redis_url.is_redis(url):
        return {}
    wanted = frozenset(ids)
    found = _unacked(url, keys, wanted, routes)
    with connected(url) as client:
        for queue in dict.fromkeys(queues):
            for key in keys.lists_of(queue):
                if len(found) == len(wanted):
                    return found
                _search(client, key, queue, wanted, found)
    return found


def _search(
    client: Any, key: str, queue: str, wanted: frozenset[str], found: dict[str, Waiting]
) -> None:
    """Workers take from the right end of the list."""
    for start in range(0, SEARCH_MAX, _CHUNK):
        values = client.lrange(key, -start - _CHUNK, -start - 1)
        for value in values:
            task_id = id_of(value)
            if task_id in wanted and task_id not in found and (read := sent(value)):
                found[task_id] = Waiting(read, queue)
        if len(values) < _CHUNK or len(found) == len(wanted):
            return


def _unacked(url: str, keys: Keys, wanted: frozenset[str], routes: Routes) -> dict[str, Waiting]:
    found: dict[str, Waiting] = {}
    for one in unacked.read(url, keys):
        if one.id in wanted and (read := sent_unacked(one.value)):
            queue = routes.queue(one.exchange, one.routing_key)
            found[one.id] = Waiting(read, queue, unacked=True)
    return found
