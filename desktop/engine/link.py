"""The asyncio client for faces that stay (tray, monitor): it keeps itself connected.

When the engine dies, the link starts the next one, which adopts what still runs; the face sees
``None`` and then the truth again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from desktop import __version__
from desktop.engine import wire
from desktop.engine.client import (
    START_TIMEOUT_S,
    did_not_start,
    gone,
    newer_engine,
    refusal,
    start_engine,
)
from desktop.engine.commands import Answer, Command, Leave, Refused
from desktop.engine.errors import EngineError, TrayError
from desktop.engine.snapshot import Snapshot, apply
from desktop.paths import Home

_POLL_S = 0.02
_PAUSE_FIRST_S = 0.2
_PAUSE_MAX_S = 10.0


class Link:
    """Keeps one face connected to the engine of ``home``."""

    def __init__(
        self,
        home: Home,
        face: str,
        on_snapshot: Callable[[Snapshot | None], None],
        *,
        on_error: Callable[[TrayError], None] | None = None,
    ) -> None:
        """``on_snapshot`` gets each new state, and None while no engine can be reached;
        ``on_error`` is told why one can't be started."""
        self._home = home
        self._face = face
        self._on_snapshot = on_snapshot
        self._on_error = on_error
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._next_id = 1
        self._connected = asyncio.Event()
        self.snapshot: Snapshot | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        pause_s = _PAUSE_FIRST_S
        while True:
            try:
                reader = await self._connect()
                pause_s = _PAUSE_FIRST_S
                await self._listen(reader)
            except TrayError as error:
                if self._on_error:
                    self._on_error(error)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                self._disconnected()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _PAUSE_MAX_S)

    async def submit(self, command: Command) -> Answer:
        """Send a command and await its answer; waits for the next engine when none is there.

        Raises :class:`TrayError` when it is refused, :class:`EngineError` when the engine goes
        away before it answered.
        """
        async with asyncio.timeout(START_TIMEOUT_S) as limit:
            try:
                await self._connected.wait()
            except asyncio.CancelledError:
                if limit.expired():
                    raise did_not_start(self._home) from None
                raise
            limit.reschedule(None)
            return await self._ask(command)

    async def _ask(self, command: Command) -> Answer:
        assert self._writer is not None  # noqa: S101 - connected means that there is a writer
        request_id, self._next_id = self._next_id, self._next_id + 1
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = answer
        try:
            self._writer.write(wire.frame(wire.request(request_id, command)))
            return await answer
        except asyncio.CancelledError:
            if self._writer is not None:
                self._writer.write(wire.frame(wire.Cancel(request_id)))
            raise
        finally:
            self._waiting.pop(request_id, None)

    async def _connect(self) -> asyncio.StreamReader:
        attempt = await self._try()
        if attempt is None:
            process = start_engine(self._home)
            async with asyncio.timeout(START_TIMEOUT_S) as limit:
                while (attempt := await self._try()) is None:
                    if process.poll() not in (None, 0):
                        raise did_not_start(self._home)
                    try:
                        await asyncio.sleep(_POLL_S)
                    except asyncio.CancelledError:
                        if limit.expired():
                            raise did_not_start(self._home) from None
                        raise
        reader, writer, welcome = attempt
        self._writer = writer
        if welcome.version != __version__:
            await self._hand_over(reader, welcome)
        writer.write(wire.frame(wire.Subscribe()))
        self._connected.set()
        return reader

    async def _try(
        self,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, wire.Welcome] | None:
        try:
            reader, writer = await asyncio.open_unix_connection(self._home.socket)
        except OSError:
            return None
        hello = wire.Hello(wire.PROTOCOL, __version__, self._face, stays=True)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(wire.frame(hello))
            welcome = await _read(reader)
            if isinstance(welcome, wire.Welcome):
                return reader, writer, welcome
        writer.close()
        return None

    async def _hand_over(self, reader: asyncio.StreamReader, welcome: wire.Welcome) -> None:
        """An older engine is asked to leave (the run loop then starts ours); a newer one stays."""
        ours, theirs = _numbers(__version__), _numbers(welcome.version)
        if theirs > ours:
            raise newer_engine(welcome.version)
        assert self._writer is not None  # noqa: S101 - just connected
        self._writer.write(wire.frame(wire.request(0, Leave())))
        while True:
            await _read(reader)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            message = await _read(reader)
            if isinstance(message, wire.Full):
                self.snapshot = message.snapshot
                self._on_snapshot(self.snapshot)
            elif isinstance(message, wire.Change) and self.snapshot:
                self.snapshot = apply(self.snapshot, message.delta)
                self._on_snapshot(self.snapshot)
            elif isinstance(message, wire.Reply):
                self._resolve(message)

    def _resolve(self, reply: wire.Reply) -> None:
        waiting = self._waiting.pop(reply.id, None)
        if waiting is None or waiting.done():
            return
        answer = wire.answer_of(reply)
        if isinstance(answer, Refused):
            waiting.set_exception(refusal(answer))
        else:
            waiting.set_result(answer)

    def _disconnected(self) -> None:
        self._connected.clear()
        if self._writer:
            self._writer.close()
            self._writer = None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(gone())
        self._waiting.clear()
        if self.snapshot is not None:
            self.snapshot = None
            self._on_snapshot(None)


async def _read(reader: asyncio.StreamReader) -> wire.FromEngine:
    head = await reader.readexactly(wire.HEAD_BYTES)
    body = await reader.readexactly(wire.body_length(head))
    message: wire.FromEngine = wire.decode_from_engine(body)
    return message


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


__all__ = ["EngineError", "Link"]
