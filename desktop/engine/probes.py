"""Is a service ready? An answer, never a fixed sleep."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

import msgspec

from desktop.engine.control import Control
from desktop.engine.model import (
    CeleryPing,
    HttpOk,
    Probe,
    Problem,
    RedisPing,
    StaysAlive,
    TcpOpen,
)
from desktop.engine.redis_problems import check
from desktop.words import Text, text

TIMEOUT_S = 2.0
PING_TIMEOUT_S = 0.2


class ProbeAnswer(msgspec.Struct, frozen=True):
    ok: bool
    problem: Problem | None = None
    retry: bool = True
    detail: Text = Text("")


async def ready(probe: Probe, *, alive_for_s: float, control: Control | None) -> ProbeAnswer:
    """Ask once. ``retry`` False: waiting longer is no use."""
    if isinstance(probe, RedisPing):
        found = await check(probe.url)
        return ProbeAnswer(found.answers, found.problem, detail=found.detail)
    if isinstance(probe, CeleryPing):
        answered = control is not None and await asyncio.to_thread(
            control.ping, probe.node, PING_TIMEOUT_S
        )
        return ProbeAnswer(answered, detail=text("{node}", node=probe.node))
    if isinstance(probe, HttpOk):
        return ProbeAnswer(await _http(probe.url))
    if isinstance(probe, TcpOpen):
        return ProbeAnswer(await _tcp(probe.host, probe.port))
    assert isinstance(probe, StaysAlive)  # noqa: S101
    return ProbeAnswer(alive_for_s >= probe.for_s)


async def _tcp(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _http(url: str) -> bool:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    request = (
        f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(request.encode())
                line = await reader.readline()
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
    words = line.split()
    return len(words) > 1 and words[1].isdigit() and int(words[1]) < 400
