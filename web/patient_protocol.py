"""HTTP for uvicorn, with an end to its patience: who drips a request is cut off.

uvicorn waits for ever for the end of a request's head, for what is left of a body that nobody
reads, and for a client that has stopped reading. The guard sees to bodies that are read; this sees
to the rest. Both web servers speak it.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_TIMEOUT_S = 10.0
"""From the connection, or the answer before, to the end of the request's head."""
STALL_S = 60.0
"""A client that takes nothing for so long has stopped reading."""
CONNECTIONS_MAX = 500
"""More than any browser opens; who opens them all is told so with 503."""


class PatientProtocol(H11Protocol):
    """``http=PatientProtocol`` in uvicorn's configuration."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._head_came()
        elif self.conn.their_state is h11.IDLE and self._head_timer is None:
            self._await_head()

    def on_response_complete(self) -> None:
        before = self.cycle
        super().on_response_complete()
        if self.cycle is before:  # the next head, and what is left of a body before it
            self._await_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall_timer = self.loop.call_later(STALL_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _await_head(self) -> None:
        self._head_came()
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._cut_off)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _cut_off(self) -> None:
        self._head_timer = None
        answered = self.cycle is None or self.cycle.response_complete
        if answered and self.conn.their_state in {h11.IDLE, h11.SEND_BODY}:
            self.transport.close()
