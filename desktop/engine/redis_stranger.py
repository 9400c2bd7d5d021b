"""Who is it that takes the connection, but does not answer as the Redis that was expected?

A second look, with other means: a Redis that encrypts where a plain one was expected or the other
way round, a Redis that is busy, or another program altogether.
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from desktop.engine import ports, redis_errors, redis_refusals, redis_url
from desktop.engine.redis_refusals import Refusal
from desktop.words import text

REDIS_NAMES = ("redis", "valkey", "keydb", "dragonfly")
_TIMEOUT_S = 0.35
_GREETING_MAX_BYTES = 1000


async def recognise(url: str, error: Exception) -> Refusal:
    """The words for it; ``error`` is what came instead of an answer. Takes a second at most."""
    import redis

    silent = isinstance(error, TimeoutError | redis.TimeoutError)
    if redis_url.socket_path(url):
        return redis_refusals.BUSY.about(url, who=text("Its program"))
    host, port, _ = redis_url.address(url)
    if url.startswith("rediss:") and await _speaks_plainly(host, port):
        return redis_refusals.TLS_NOT_SPOKEN.about(url)
    greeting = "" if silent else await _greeting(host, port)
    if greeting.startswith("-"):
        refusal = redis_errors.said(url, redis.ResponseError(greeting[1:]))
        if refusal:
            return refusal
    if await _speaks_tls(host, port):
        encrypted = url.startswith("rediss:")
        wanted = redis_refusals.CERTIFICATE_WANTED if encrypted else redis_refusals.TLS_NEEDED
        return wanted.about(url)
    if redis_url.is_local(url):
        found = await asyncio.to_thread(ports.holder, port)
        is_redis = _is_redis(found.command if found else "")
        words = redis_refusals.BUSY if is_redis else redis_refusals.FOREIGN
        return words.about(url, who=ports.who(found))
    if not silent:
        return redis_refusals.REMOTE_FOREIGN.about(url)
    if await _connects(host, port):
        return redis_refusals.BUSY.about(url, who=text("A program"))
    return redis_refusals.REMOTE_SILENT.about(url)


def _is_redis(command: str) -> bool:
    program = Path(command.split(" ", maxsplit=1)[0]).name
    return program.startswith(REDIS_NAMES)


async def _speaks_tls(host: str, port: int) -> bool:
    """Does it complete an encrypted handshake, whatever its certificate?"""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


async def _speaks_plainly(host: str, port: int) -> bool:
    """Does it answer an unencrypted PING as a Redis does, be it by an error?"""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"PING\r\n")
                return (await reader.read(1)) in {b"+", b"-"}
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return False


async def _greeting(host: str, port: int) -> str:
    """What it says unasked: a Redis in protected mode refuses that way, and closes at once."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                return (await reader.read(_GREETING_MAX_BYTES)).decode(errors="replace").strip()
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return ""


async def _connects(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True
