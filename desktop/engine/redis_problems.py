"""Asks a Redis whether it can be used, and says why not."""

from __future__ import annotations

import asyncio

import msgspec

from desktop.engine.model import Problem
from desktop.engine.redis_url import address, is_local, mask
from desktop.words import Text, text, verbatim

TIMEOUT_S = 3.0


class RedisCheck(msgspec.Struct, frozen=True):
    """What a look at the address gave."""

    answers: bool
    startable: bool = False
    """Nothing is there at all, so a server may be started in its place."""
    problem: Problem | None = None
    detail: Text = Text("")


async def check(url: str) -> RedisCheck:
    """Ask once."""
    return await asyncio.to_thread(_check, url)


def _check(url: str) -> RedisCheck:
    import redis

    client = redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S)
    try:
        client.ping()
        version = str(client.info("server").get("redis_version", ""))
        host, port, _ = address(url)
        return RedisCheck(True, detail=verbatim(f"{host}:{port} · {version}"))
    except (redis.RedisError, OSError, ValueError) as error:
        refused = "refused" in str(error) or "No such file" in str(error)
        return RedisCheck(False, startable=refused and is_local(url), problem=_words(url, error))
    finally:
        client.close()


def _words(url: str, error: Exception) -> Problem:
    return Problem(
        code="redis-unreachable",
        title=text("Redis can't be used at {url}.", url=mask(url)),
        message=verbatim(mask(str(error))),
        next_step=text("Check the address under [redis] url and that the server runs."),
    )
