"""HTTP for uvicorn, with what the downloads app needs more: files without a copy, patience's end.

A file goes from the page cache to the socket inside the kernel (``sendfile``): the application
sends the ASGI message ``http.response.zerocopysend``. And a client that drips its request's head
is cut off.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

ZERO_COPY = "http.response.zerocopysend"
HEAD_TIMEOUT_S = 10.0
"""From the connection, or the answer before, to the end of the request's head."""


class DownloadsProtocol(H11Protocol):
    """``http=DownloadsProtocol`` in uvicorn's configuration."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[ZERO_COPY] = {}
            await cast(Any, inner)(scope, receive, _with_files(self, send))

        self.app = cast(Any, app)
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._head_came()
        elif self.conn.their_state is h11.IDLE and self._head_timer is None:
            self._await_head()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._cut_off)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _cut_off(self) -> None:
        self._head_timer = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()


def _with_files(protocol: H11Protocol, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == ZERO_COPY:
            await _send_file(protocol, message)
        else:
            await send(message)

    return sending


async def _send_file(protocol: H11Protocol, message: Message) -> None:
    """``count`` bytes of ``file`` from ``offset``, all that the answer has."""
    cycle, count = protocol.cycle, int(message["count"])
    if cycle.disconnected:
        return
    # The bookkeeping of HTTP's framing sees a body of this length go by.
    protocol.conn.send_with_data_passthrough(h11.Data(data=cast(bytes, _Length(count))))
    try:
        await protocol.loop.sendfile(
            protocol.transport, message["file"], message["offset"], count, fallback=True
        )
    except (ConnectionError, RuntimeError):  # the client left; nobody is there to be told
        protocol.transport.abort()


class _Length:
    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count
