"""Is a service ready? An answer, never a fixed sleep."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from urllib.parse import SplitResult, urlsplit

import msgspec

from desktop.engine import process
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
from desktop.words import Text, verbatim

TIMEOUT_S = 2.0
PING_TIMEOUT_S = 0.5


class ProbeAnswer(msgspec.Struct, frozen=True):
    ok: bool
    problem: Problem | None = None
    """Why not; or where it is ready, what a person should know about it all the same."""
    retry: bool = True
    """False: waiting longer is no use."""
    detail: Text = Text("")
    node_pid: int = 0
    """The process that a Celery node says it is; 0: not known."""


async def ready(
    probe: Probe, *, alive_for_s: float, control: Control | None, pid: int | None = None
) -> ProbeAnswer:
    """Ask once. Takes a few seconds at most and never raises. With ``pid``, no node of the same
    name answers in place of that process or of one that it has started."""
    if isinstance(probe, RedisPing):
        found = await check(probe.url, master_name=probe.master_name)
        return ProbeAnswer(found.answers, found.problem, not found.lasting, found.detail)
    if isinstance(probe, CeleryPing):
        return await _node(probe, control, pid)
    if isinstance(probe, HttpOk):
        return ProbeAnswer(await _http(probe.url))
    if isinstance(probe, TcpOpen):
        return ProbeAnswer(await _tcp(probe.host, probe.port))
    assert isinstance(probe, StaysAlive)  # noqa: S101
    return ProbeAnswer(alive_for_s >= probe.for_s)


async def _node(probe: CeleryPing, control: Control | None, pid: int | None) -> ProbeAnswer:
    if control is None:
        return ProbeAnswer(False)
    if pid is None:
        answered = await asyncio.to_thread(control.ping, probe.node, PING_TIMEOUT_S)
        return ProbeAnswer(answered, detail=verbatim(probe.node))
    said = await asyncio.to_thread(
        control.answers_as, probe.node, PING_TIMEOUT_S, lambda one: process.descends(one, pid)
    )
    return ProbeAnswer(said is not None, detail=verbatim(probe.node), node_pid=said or 0)


async def greets(url: str) -> bool:
    """Whether the Redis that we have just started says PONG, for those who wait to be started.

    All else about it is asked for when it is up: the library for that takes longer to import
    than the server to start. False also where a PING alone says nothing (TLS, a password).
    """
    parts = urlsplit(url)
    if parts.scheme != "redis":
        return False
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(b"PING\r\n")
                return await reader.readline() == b"+PONG\r\n"
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError, ValueError):
        return False


async def _tcp(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError, ValueError):
        return False
    writer.close()
    return True


async def _http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        context = _tls(parts.hostname or "") if parts.scheme == "https" else None
        port = parts.port or (443 if context else 80)
        async with asyncio.timeout(TIMEOUT_S):
            return await _get(parts, port, context)
    # ValueError: a port or a name that is none, or an answer without an end of line.
    except (OSError, TimeoutError, ValueError):
        return False


async def _get(parts: SplitResult, port: int, context: ssl.SSLContext | None) -> bool:
    reader, writer = await asyncio.open_connection(parts.hostname or "127.0.0.1", port, ssl=context)
    try:
        writer.write(_request(parts))
        words = (await reader.readline()).split()
    finally:
        # Its goodbye is not waited for: a server may keep the encrypted kind waiting for long.
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    # A redirect is the answer of a server that works, be it to a page for logging in.
    return (
        len(words) > 1
        and words[0].startswith(b"HTTP/")
        and words[1].isdigit()
        and 200 <= int(words[1]) < 400
    )


def _request(parts: SplitResult) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    return request.encode(errors="replace")


def _tls(host: str) -> ssl.SSLContext:
    """On this machine a certificate made at home will do: nobody is between us and the port."""
    context = ssl.create_default_context()
    if _is_loopback(host):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
