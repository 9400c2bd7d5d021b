"""The Redis side of a rescue: what is unacknowledged, who is connected, and the move back.

Everything blocks (milliseconds) and raises :class:`desktop.engine.errors.ServiceError` when the
broker can't be asked. ``unacked`` records no consumer: whose a message is, is decided in
:mod:`desktop.engine.rescue.claims`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from desktop.engine.broker import bindings, connected
from desktop.engine.rescue.keys import Keys
from desktop.engine.rescue.message import Message, message, queues_of, waiting_again

if TYPE_CHECKING:
    from redis import Redis

READ_MAX = 20_000
"""Messages looked at in one go, those delivered first."""
_CHUNK = 500
_SEARCH_MAX = 2_000
"""Messages at the end of a list where those that came back lie; the older part is not searched."""

_MOVE = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
local at = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not at or tonumber(at) ~= tonumber(ARGV[3]) then return 0 end
for i = 3, #KEYS do redis.call('RPUSH', KEYS[i], ARGV[4]) end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
"""
"""One message, only if it still is what was read, of the same delivery: an acknowledgement in
between wins, and no worker's pace can keep it from happening. The push comes first: when the server
refuses it (a key of a wrong type, no memory), nothing has been taken away."""


class Moved(msgspec.Struct, frozen=True):
    """What became of messages that were to go back."""

    back: tuple[tuple[Message, str], ...] = ()
    """Each with its queue."""
    homeless: tuple[Message, ...] = ()
    """Of a queue that nobody knows: left where they are."""


class Consumers(msgspec.Struct, frozen=True):
    """Who may hold messages, as the server sees it."""

    listeners: int
    """Nodes that hear remote control."""
    takers: tuple[str, ...]
    """Far ends (``ip:port``; a path for a socket) of the connections on which messages are waited
    for, or were last: a worker that finishes waits no more and still has what it runs. Each worker
    has one (measured, kombu 5.7: prefork, solo, threads, with and without mingle)."""
    uptime_s: int = 0
    """Of the server."""


def read(url: str, keys: Keys) -> tuple[Message, ...]:
    """All that is unacknowledged and has a time of delivery, the oldest first."""
    with connected(url) as client:
        index = _index(client, keys)
        found: list[Message] = []
        for start in range(0, len(index), _CHUNK):
            chunk = index[start : start + _CHUNK]
            values: Any = client.hmget(keys.unacked, [_bytes(tag) for tag, _ in chunk])
            found.extend(
                message(tag, at, value)
                for (tag, at), value in zip(chunk, values, strict=True)
                if value is not None
            )
    return tuple(found)


def deliveries(url: str, keys: Keys) -> Mapping[str, float]:
    """Tags of what is unacknowledged now, with their time of delivery."""
    with connected(url) as client:
        return dict(_index(client, keys))


def _index(client: Redis, keys: Keys) -> list[tuple[str, float]]:
    found: Any = client.zrange(keys.index, 0, READ_MAX - 1, withscores=True)
    return [(tag.decode(errors="surrogateescape"), float(score)) for tag, score in found]


def _bytes(tag: str) -> bytes:
    return tag.encode(errors="surrogateescape")


def consumers(url: str, keys: Keys, database: int) -> Consumers:
    """Who is connected. Workers subscribe to remote control by pattern, which the server counts
    for nobody; but a message tells how many it reached, and an empty one every worker ignores
    (``Channel._receive_one``)."""
    with connected(url) as client:
        listeners = client.publish(keys.pidbox, b"")
        clients = client.client_list()
        info = client.info("server")
    return Consumers(
        listeners=int(listeners),
        takers=tuple(
            str(one.get("addr", ""))
            for one in clients
            if one.get("cmd") == "brpop" and str(one.get("db")) == str(database)
        ),
        uptime_s=int(info.get("uptime_in_seconds", 0)),
    )


def put_back(
    url: str, keys: Keys, messages: Sequence[Message], names: Collection[str] = ()
) -> Moved:
    """Each message back to where it will be consumed next, if it is still unacknowledged.

    Those that were acknowledged, or delivered anew, meanwhile are in neither part of the answer.
    ``names`` are queues of the app.
    """
    if not messages:
        return Moved()
    back: list[tuple[Message, str]] = []
    homeless: list[Message] = []
    with connected(url) as client:
        exchanges = {one.exchange for one in messages if one.exchange}
        bound = tuple(bindings(client, keys.prefix, exchanges=exchanges, sep=keys.sep))
        moves = []
        for one in messages:
            queues = queues_of(one.exchange, one.routing_key, bound, names)
            if queues:
                moves.append((one, queues))
            else:
                homeless.append(one)
        script = client.script_load(_MOVE)
        for start in range(0, len(moves), _CHUNK):
            chunk = moves[start : start + _CHUNK]
            pipe = client.pipeline(transaction=False)
            for one, queues in chunk:
                lists, body = waiting_again(one, queues, keys)
                where = (keys.unacked, keys.index, *lists)
                pipe.evalsha(
                    script,
                    len(where),
                    *where,
                    _bytes(one.tag),
                    one.value,
                    repr(one.delivered_at),
                    body,
                )
            for (one, queues), moved in zip(chunk, pipe.execute(), strict=True):
                if moved:
                    back.append((one, queues[0]))
    return Moved(tuple(back), tuple(homeless))


def waiting(url: str, keys: Keys, queues: Collection[str], ids: frozenset[str]) -> frozenset[str]:
    """Those of ``ids`` that wait in one of the queues, near the end that is consumed next."""
    if not ids:
        return frozenset()
    found: set[str] = set()
    with connected(url) as client:
        for queue in queues:
            for key in keys.lists_of(queue):
                values: Any = client.lrange(key, -_SEARCH_MAX, -1)
                found.update(ids & {_id_of(value) for value in values})
    return frozenset(found)


def searchable(url: str, keys: Keys, queues: Collection[str]) -> bool:
    """Whether these queues are so short that :func:`waiting` looks at all of them."""
    with connected(url) as client:
        lists = (key for queue in queues for key in keys.lists_of(queue))
        return all(int(client.llen(key)) <= _SEARCH_MAX for key in lists)


def finished(url: str, ids: Sequence[str], key_prefix: str = "") -> frozenset[str]:
    """Those of ``ids`` whose result is in the Redis result backend at ``url``, which puts
    ``key_prefix`` before its keys."""
    if not ids:
        return frozenset()
    with connected(url) as client:
        values: Any = client.mget([f"{key_prefix}celery-task-meta-{one}" for one in ids])
    return frozenset(
        one for one, value in zip(ids, values, strict=True) if value and _is_end(value)
    )


_headers = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _id_of(value: bytes) -> str:
    try:
        return str(msgspec.json.decode(_headers(_headers(value)["headers"])["id"], type=str))
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):
        return ""


def _is_end(value: bytes) -> bool:
    try:
        status = msgspec.json.decode(_headers(value)["status"], type=str)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):
        return True  # a result that can't be read is a result
    return status not in {"PENDING", "RECEIVED", "STARTED", "RETRY"}
