"""Asks Redis Sentinels which Redis is the master."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote

from desktop.engine import redis_errors, redis_refusals, redis_url
from desktop.engine.redis_refusals import Refusal, Words
from desktop.words import text

SILENT = Words(
    "redis-sentinel-silent",
    text("No Redis Sentinel answers."),
    text("Asked at {places}. The last one: {why}"),
    text("See that the sentinels run, and correct the address. They are never started from here."),
    lasting=False,
)
NOT_SENTINEL = Words(
    "redis-not-sentinel",
    text("What answers at {places} is no Redis Sentinel."),
    text("The address begins with sentinel://, which asks a Sentinel where the Redis is."),
    text("Write redis:// for a Redis, or the port of a Sentinel (26379 unless told otherwise)."),
)
NO_SUCH_MASTER = Words(
    "redis-sentinel-master",
    text('The Redis Sentinel knows no master called "{name}".'),
    text("It knows: {known}"),
    text("Correct master_name in broker_transport_options of the app."),
)
NO_MASTERS = Words(
    "redis-sentinel-master",
    text("The Redis Sentinel watches no master."),
    text("Asked at {places}."),
    text("Tell it with: SENTINEL MONITOR name host port quorum"),
)
MASTER_DOWN = Words(
    "redis-sentinel-master-down",
    text('The master "{name}" is down.'),
    text("The Redis Sentinel says so of {master}."),
    text("Start that Redis, or wait until the sentinels have chosen another."),
    lasting=False,
)


class Master(NamedTuple):
    name: str
    """Several with commas, when the app alone knows which it uses."""
    url: str
    """Of the Redis itself; "" for several."""


async def master(url: str, name: str, timeout_s: float) -> Master | Refusal:
    """The master that the sentinels of ``url`` name, or why there is none.

    ``name`` is the app's ``master_name``; with "" the only master is taken. All sentinels
    together get ``timeout_s``.
    """
    import redis

    places = redis_url.sentinels(url)
    listed = ", ".join(f"{host}:{port}" for host, port in places)
    refusal = SILENT.about(url, places=listed)
    for host, port in places:
        try:
            async with asyncio.timeout(timeout_s / len(places)):
                masters = await _masters(host, port)
        except (redis.RedisError, OSError, LookupError, AttributeError, ValueError) as error:
            refusal = _refusal(f"redis://{host}:{port}/0", error, listed)
            continue
        return _choose(url, name, masters, listed)
    return refusal


async def _masters(host: str, port: int) -> Mapping[str, Mapping[str, Any]]:
    import redis.asyncio as client
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    connection = client.Redis(
        host=host, port=port, protocol=2, retry=Retry(NoBackoff(), 0), decode_responses=True
    )
    try:
        found = await connection.sentinel_masters()
    finally:
        with suppress(OSError, client.RedisError):
            await connection.aclose()
    states = found.values() if isinstance(found, dict) else found
    return {str(state["name"]): state for state in states}


def _refusal(place: str, error: Exception, listed: str) -> Refusal:
    if "unknown command" in str(error):
        return NOT_SENTINEL.about(place, places=listed)
    why = redis_errors.said(place, error) or redis_errors.not_reached(place, error)
    title = why.problem.title if why else redis_refusals.REMOTE_SILENT.about(place).problem.title
    return SILENT.about(place, places=listed, why=title)


def _choose(
    url: str, name: str, masters: Mapping[str, Mapping[str, Any]], listed: str
) -> Master | Refusal:
    if not masters:
        return NO_MASTERS.about(url, places=listed)
    if name and name not in masters:
        return NO_SUCH_MASTER.about(url, name=name, known=", ".join(masters))
    if not name and len(masters) > 1:
        return Master(", ".join(masters), "")
    chosen = name or next(iter(masters))
    host, port = str(masters[chosen].get("ip", "")), int(masters[chosen].get("port", 0))
    if "down" in str(masters[chosen].get("flags", "")):
        return MASTER_DOWN.about(url, name=chosen, master=f"{host}:{port}")
    return Master(chosen, _redis_url(url, host, port))


def _redis_url(url: str, host: str, port: int) -> str:
    user, password = redis_url.login(url)
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user or password else ""
    at = f"[{host}]" if ":" in host else host
    return f"redis://{login}{at}:{port}/{redis_url.address(url)[2]}"
