"""Asks a Redis whether it can be used, and says why not.

Only reads: ``PING``, ``INFO`` and two of its settings, in one round trip.
"""

from __future__ import annotations

import asyncio
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from desktop.engine import (
    redis_errors,
    redis_info,
    redis_refusals,
    redis_sentinel,
    redis_stranger,
    redis_url,
)
from desktop.engine.model import Problem
from desktop.engine.redis_refusals import Refusal
from desktop.words import Text, text, verbatim

TIMEOUT_S = 3.0
FIRST_LOOK_SHARE = 0.6
"""Of the time, for the answer itself; the rest is for finding out who is silent there."""
LOADING_PAUSE_S = 0.2
CONNECT_TIMEOUT_S = 0.2
"""On this machine a connection takes microseconds; a full backlog would take for ever."""
LOADING_MAX_S = 60.0
"""A worker's start waits for it no longer; Redis reads some hundred megabytes a second."""


class RedisCheck(msgspec.Struct, frozen=True):
    """What a look at the address gave."""

    answers: bool
    startable: bool = False
    """Nothing is there at all, so a server may be started in its place."""
    problem: Problem | None = None
    """Why it can't be used; or where it answers, what a person should know about it."""
    detail: Text = Text("")
    lasting: bool = False
    """Asking again is no use until a person has changed something."""

    @property
    def loading(self) -> bool:
        """It is there, and will answer by itself."""
        return (
            not self.answers
            and self.problem is not None
            and self.problem.code == redis_refusals.LOADING.code
        )


async def check(url: str, *, master_name: str = "", timeout_s: float = TIMEOUT_S) -> RedisCheck:
    """Ask once; returns within ``timeout_s`` and never raises.

    ``master_name`` is the app's transport option of that name, for ``sentinel://`` addresses.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _check(url, master_name, timeout_s)
    except TimeoutError:
        return refused(redis_refusals.REMOTE_SILENT.about(url))


async def loaded(url: str, *, master_name: str = "", for_s: float = LOADING_MAX_S) -> RedisCheck:
    """:func:`check`, asked again while the server loads its data from disk, at most ``for_s``."""
    until = time.monotonic() + for_s
    while True:
        found = await check(url, master_name=master_name)
        if not found.loading or time.monotonic() >= until:
            return found
        await asyncio.sleep(LOADING_PAUSE_S)


def refused(refusal: Refusal) -> RedisCheck:
    return RedisCheck(
        False, startable=refusal.absent, problem=refusal.problem, lasting=refusal.lasting
    )


async def _check(url: str, master_name: str, timeout_s: float) -> RedisCheck:
    unusable = _unusable(url)
    if unusable:
        return refused(unusable)
    absent = await _absent(url)
    if absent:
        return refused(absent)
    import redis

    if url.startswith("sentinel:"):
        return await _check_master(url, master_name, timeout_s)
    try:
        async with asyncio.timeout(timeout_s * FIRST_LOOK_SHARE):
            return await _ask(url)
    except (ValueError, TypeError) as error:
        return refused(redis_refusals.bad_address(url, str(error)))
    except (redis.RedisError, OSError, LookupError, AttributeError) as error:
        return refused(
            redis_errors.said(url, error)
            or redis_errors.not_reached(url, error)
            or await redis_stranger.recognise(url, error)
        )


async def _absent(url: str) -> Refusal | None:
    """That nobody listens there, on this machine. Told without the library: its import takes
    longer than a server's start, and a stack that starts would wait for it."""
    # Options are the library's to judge.
    if not redis_url.is_local(url) or redis_url.socket_path(url) or "?" in url:
        return None
    host, port, _ = redis_url.address(url)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError as error:
        return redis_errors.not_reached(url, error)
    except (OSError, TimeoutError):
        return None
    writer.transport.abort()
    return None


def _unusable(url: str) -> Refusal | None:
    """What the address itself tells, before anybody is asked."""
    try:
        path = redis_url.socket_path(url)
        redis_url.address(url.split(";", maxsplit=1)[0])
    except ValueError as error:
        return redis_refusals.bad_address(url, str(error))
    if url.startswith("unix:"):
        return redis_refusals.UNIX_SCHEME.about(url)
    if path:
        return _unusable_socket(url, Path(path))
    return None


def _unusable_socket(url: str, path: Path) -> Refusal | None:
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return redis_refusals.NOT_A_SOCKET.about(url)
    except FileNotFoundError:
        if not path.parent.is_dir():
            return redis_refusals.SOCKET_FOLDER.about(url)
    except OSError as error:
        return redis_errors.not_reached(url, error)
    return None


async def _ask(url: str) -> RedisCheck:
    import redis.asyncio as client
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    connection = client.Redis.from_url(
        redis_url.client_url(url),
        protocol=2,  # HELLO is no command of a server that is too old, which is then not told
        retry=Retry(NoBackoff(), 0),
        single_connection_client=True,
    )
    try:
        pipe = connection.pipeline(transaction=False)
        pipe.ping()
        pipe.info()
        pipe.config_get("save")
        pipe.config_get("stop-writes-on-bgsave-error")
        ping, info, *config = await pipe.execute(raise_on_error=False)
    finally:
        with suppress(OSError, client.RedisError):
            await connection.aclose()
    settings = {key: value for one in config if isinstance(one, dict) for key, value in one.items()}
    return _judged(url, ping, info if isinstance(info, dict) else {}, settings)


def _judged(url: str, ping: object, info: dict[str, Any], config: dict[str, Any]) -> RedisCheck:
    judgement = redis_info.judge(url, info, _texts(config))
    refusal = judgement.refusal
    warning = judgement.warning
    if refusal is None and isinstance(ping, Exception):
        refusal = redis_errors.said(url, ping)
        if refusal and refusal.problem.code == redis_refusals.DISK.code:
            refusal, warning = None, refusal
    if refusal:
        return refused(refusal)
    place = " · ".join(filter(None, (redis_url.place(url), judgement.version)))
    return RedisCheck(True, problem=warning.problem if warning else None, detail=verbatim(place))


def _texts(settings: dict[Any, Any]) -> dict[str, str]:
    def words(value: object) -> str:
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)

    return {words(key): words(value) for key, value in settings.items()}


async def _check_master(url: str, master_name: str, timeout_s: float) -> RedisCheck:
    found = await redis_sentinel.master(url, master_name, timeout_s * FIRST_LOOK_SHARE)
    if isinstance(found, Refusal):
        return refused(found)
    if found.url:
        answer = await _check(found.url, "", timeout_s)
        if not answer.answers:
            return answer
        detail = text("{name} · {detail}", name=found.name, detail=answer.detail)
        return msgspec.structs.replace(answer, detail=detail)
    return RedisCheck(True, detail=verbatim(found.name))
