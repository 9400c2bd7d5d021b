"""The way to a Redis broker: a connection, how deep queues are, what is bound, memory in use.

Key names are those of kombu's Redis transport (kombu/transport/redis.py): a queue is a list, its
messages with a priority lie in lists of their own (``name\\x06\\x163``), bindings are sets of
``routing key SEP pattern SEP queue``. Everything here only reads; more of queues is in
:mod:`desktop.engine.queues`.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from desktop.engine.errors import ServiceError
from desktop.engine.redis_url import client_url
from desktop.engine.urls import masked
from desktop.words import text, verbatim

if TYPE_CHECKING:
    from redis import Redis

_SEP = "\x06\x16"
_BINDING = "_kombu.binding."
_PRIORITIES = range(1, 10)
"""Celery allows 0 to 9; kombu uses the steps 0, 3, 6, 9 unless told otherwise. 0 is the plain
name."""
_TIMEOUT_S = 2.0
_SCANS_MAX = 500
_SCAN_COUNT = 1000
"""Together: bindings are looked for among the first half million keys, which takes about 0.1 s."""


class Memory(NamedTuple):
    used_bytes: int
    max_bytes: int | None
    """The server's ``maxmemory``; None when it has no limit."""


class Binding(NamedTuple):
    """Messages of this exchange with this key go to this queue."""

    exchange: str
    routing_key: str
    queue: str
    pattern: str = ""
    """Regular expression for the keys, of exchanges that know patterns."""


def depths(url: str, names: Sequence[str], *, key_prefix: str = "") -> dict[str, int]:
    """How many messages wait in each of ``names``. Blocks (a millisecond). Raises
    :class:`ServiceError` when the broker can't be asked."""
    with connected(url) as client:
        found = _depths(client, names, key_prefix)
        return {name: found[name] for name in names}


def memory(url: str) -> Memory:
    """Memory that the server uses and may use. Raises :class:`ServiceError`."""
    with connected(url) as client:
        info: dict[str, Any] = client.info("memory")
    return Memory(int(info.get("used_memory", 0)), int(info.get("maxmemory", 0)) or None)


@contextlib.contextmanager
def connected(url: str) -> Iterator[Redis]:
    """A client for ``url`` that is closed behind the block.

    Redis's own errors, from here and from the block, become :class:`ServiceError`.
    """
    import redis

    try:
        client = redis.Redis.from_url(
            client_url(url), socket_connect_timeout=_TIMEOUT_S, socket_timeout=_TIMEOUT_S
        )
        try:
            yield client
        finally:
            client.close()
    except (redis.RedisError, ValueError, OSError) as error:
        raise unreachable(url, error) from None


def unreachable(url: str, error: Exception) -> ServiceError:
    """The broker could not be asked, in words."""
    return ServiceError(
        "broker-unreachable",
        text("The broker can't be reached."),
        text("{url} says: {reason}", url=masked(url), reason=verbatim(masked(str(error)))),
        text("Check that Redis runs and that the address is right."),
    )


def bindings(
    client: Redis, key_prefix: str, *, exchanges: Iterable[str] | None = None, sep: str = _SEP
) -> Iterator[Binding]:
    """The bindings of these exchanges, or of all, in a steady order."""
    found = (
        _binding_keys(client, key_prefix)
        if exchanges is None
        else {f"{key_prefix}{_BINDING}{exchange}" for exchange in exchanges}
    )
    keys = sorted(found)
    pipe = client.pipeline(transaction=False)
    for key in keys:
        pipe.smembers(key)
    for key, members in zip(keys, pipe.execute(raise_on_error=False), strict=True):
        exchange = key.removeprefix(key_prefix + _BINDING)
        if isinstance(members, set):
            for member in sorted(members):
                routing_key, _, rest = member.decode(errors="replace").partition(sep)
                pattern, _, queue = rest.rpartition(sep)
                yield Binding(exchange, routing_key, queue, pattern)


def _binding_keys(client: Redis, key_prefix: str) -> set[str]:
    keys: set[str] = set()
    cursor = 0
    for _ in range(_SCANS_MAX):
        cursor, found = client.scan(
            cursor, glob_literal(key_prefix) + _BINDING + "*", count=_SCAN_COUNT, _type="set"
        )
        keys.update(key.decode(errors="replace") for key in found if isinstance(key, bytes))
        if not cursor:
            break
    return keys


def glob_literal(words: str) -> str:
    """``words`` as they match themselves in one of Redis's patterns."""
    return "".join("\\" + c if c in "*?[]^\\" else c for c in words)


def _depths(client: Redis, names: Sequence[str], key_prefix: str) -> Counter[str]:
    keys = [
        (name, key_prefix + key)
        for name in names
        for key in (name, *(f"{name}{_SEP}{priority}" for priority in _PRIORITIES))
    ]
    pipe = client.pipeline(transaction=False)
    for _, key in keys:
        pipe.llen(key)
    depths: Counter[str] = Counter()
    for (name, _), length in zip(keys, pipe.execute(raise_on_error=False), strict=True):
        if isinstance(length, int):
            depths[name] += length
    return depths
