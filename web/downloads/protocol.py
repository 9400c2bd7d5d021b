"""HTTP for uvicorn, with what the downloads app needs more: files without a copy.

A file goes from the page cache to the socket inside the kernel (``sendfile``): the application
sends the ASGI message ``http.response.zerocopysend``.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, cast

import h11
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from web.patient_protocol import STALL_S, PatientProtocol

ZERO_COPY = "http.response.zerocopysend"
SENDERS = 16
THREAD_BYTES = 1024 * 1024
"""Files below this size are gone before a thread would have begun."""
CALL_BYTES = 64 * 1024 * 1024
_STALL = struct.pack("ll", int(STALL_S), 0)


class DownloadsProtocol(PatientProtocol):
    """``http=DownloadsProtocol`` in uvicorn's configuration."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[ZERO_COPY] = {}
            await cast(Any, inner)(scope, receive, _with_files(self, send))

        self.app = cast(Any, app)


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
    transport, file, offset = protocol.transport, message["file"], int(message["offset"])
    if cycle.disconnected or transport.is_closing():
        return
    # The bookkeeping of HTTP's framing sees a body of this length go by.
    protocol.conn.send_with_data_passthrough(h11.Data(data=cast(bytes, _Length(count))))
    try:
        if count >= THREAD_BYTES and hasattr(os, "sendfile") and _senders.free():
            # First the head, and nothing else may touch the socket until the thread is done.
            await protocol.loop.sendfile(transport, file, offset, THREAD_BYTES // 2)
            done = THREAD_BYTES // 2
            await _senders.send(transport, file, offset + done, count - done)
        else:
            await _send_on_the_loop(protocol, file, offset, count)
    except (OSError, RuntimeError):  # the client left, or stopped reading; nobody can be told
        cycle.disconnected = True
        transport.abort()


async def _send_on_the_loop(protocol: H11Protocol, file: BinaryIO, offset: int, count: int) -> None:
    """Raises TimeoutError when the client has stopped reading."""
    while count:
        piece = min(count, THREAD_BYTES)
        async with asyncio.timeout(STALL_S):
            await protocol.loop.sendfile(protocol.transport, file, offset, piece, fallback=True)
        offset, count = offset + piece, count - piece


class _Senders:
    """Threads in which the kernel sends a large file in few calls; the loop would be woken for
    every buffer. Who finds none free is served by the loop."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, "sendfile")
        self._count, self._busy = count, 0

    def free(self) -> bool:
        return self._busy < self._count

    async def send(
        self, transport: asyncio.Transport, file: BinaryIO, offset: int, count: int
    ) -> None:
        loop = asyncio.get_running_loop()
        # Its own descriptor: the number of the other may be given away while the thread still runs.
        own = socket.fromfd(
            transport.get_extra_info("socket").fileno(), socket.AF_INET, socket.SOCK_STREAM
        )
        self._busy += 1
        transport.pause_reading()
        try:
            own.setblocking(True)
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _STALL)
            await loop.run_in_executor(self._pool, _send, own, file.fileno(), offset, count)
        finally:
            self._busy -= 1
            own.setblocking(False)
            own.close()
            if not transport.is_closing():
                transport.resume_reading()


def _send(own: socket.socket, file: int, offset: int, count: int) -> None:
    while count:
        sent = os.sendfile(own.fileno(), file, offset, min(count, CALL_BYTES))
        if not sent:
            raise OSError("the file became shorter while it was sent")
        offset, count = offset + sent, count - sent


_senders = _Senders(SENDERS)


class _Length:
    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count
