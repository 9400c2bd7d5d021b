"""The socket side of the engine process: faces come, ask, watch and go.

A slow or dead face delays nobody. Each face has its own sender, which works out what changed
since the last thing *this* face was sent; while it is stuck, changes pile up as one delta.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from desktop import __version__
from desktop.engine import wire
from desktop.engine.commands import QUESTIONS, Answer, Command, Done, Leave, Refused, Watch
from desktop.engine.engine import Engine
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem
from desktop.engine.snapshot import Snapshot, difference
from desktop.words import text, verbatim

log = logging.getLogger(__name__)

FRAME_INTERVAL_S = 0.1
"""At most ten frames a second and face: quicker than an eye, slow enough to cost nothing."""
FRAME_MAX_S = 5.0
STUCK_S = 30.0
"""A face that takes nothing for this long is dead."""


class Server:
    """Listens for faces on behalf of one engine."""

    def __init__(self, engine: Engine, on_leave: Callable[[], None]) -> None:
        self._engine = engine
        self._on_leave = on_leave
        self._faces: set[Face] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self.idle_since: float | None = time.monotonic()
        """Monotonic instant since when no face stays or awaits an answer; None while one does."""

    async def listen(self, path: Path) -> None:
        """Begin to accept faces. The caller holds the engine's lock, so what stands there
        already is left over from a killed engine."""
        path.unlink(missing_ok=True)
        old = os.umask(0o177)
        try:
            self._listener = await asyncio.start_unix_server(self._accept, path)
        finally:
            os.umask(old)

    async def close(self) -> None:
        if self._listener:
            self._listener.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        face = Face(self._engine, reader, writer, self._on_leave)
        self._faces.add(face)
        try:
            await face.run(self._count)
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass
        except (msgspec.MsgspecError, ValueError) as error:
            log.warning("a face was cut off: %s", error)
        finally:
            self._faces.discard(face)
            self._engine.watch(id(face), 0.0)
            self._count()
            writer.close()

    def _count(self) -> None:
        if any(face.stays or face.waits for face in self._faces):
            self.idle_since = None
        elif self.idle_since is None or self._faces:
            self.idle_since = time.monotonic()


class Face:
    """One client of the engine."""

    def __init__(
        self,
        engine: Engine,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_leave: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._reader = reader
        self._writer = writer
        self._on_leave = on_leave
        self._tasks: set[asyncio.Task[None]] = set()
        self._questions: dict[int, asyncio.Task[None]] = {}
        self._subscribed = False
        self._frame_s = FRAME_INTERVAL_S
        self._may_write = asyncio.Lock()
        self._changed: Callable[[], None] = lambda: None
        self.stays = False
        self.waits = 0
        """How much it has asked for and was not answered yet."""

    async def run(self, changed: Callable[[], None]) -> None:
        """Serve it until it goes; ``changed`` is called when it stays or waits, or no longer."""
        if not _same_user(self._writer):
            return
        hello = await self._read()
        if not isinstance(hello, wire.Hello):
            raise TypeError("a face must say hello first") from None
        await self._send(wire.Welcome(wire.PROTOCOL, __version__, os.getpid()))
        self.stays = hello.stays
        self._changed = changed
        changed()
        try:
            while True:
                message = await self._read()
                if isinstance(message, wire.Request):
                    command = wire.command_of(message)
                    task = self._start(self._answer(message.id, command))
                    if isinstance(command, QUESTIONS):
                        self._questions[message.id] = task
                        task.add_done_callback(partial(self._answered, message.id))
                elif isinstance(message, wire.Cancel):
                    question = self._questions.get(message.id)
                    if question:
                        question.cancel()
                elif isinstance(message, wire.Subscribe) and not self._subscribed:
                    self._subscribed = True
                    self._start(self._watch())
        finally:
            for task in tuple(self._tasks):
                task.cancel()

    def _answered(self, request_id: int, _task: asyncio.Task[None]) -> None:
        self._questions.pop(request_id, None)

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _read(self) -> wire.FromFace:
        head = await self._reader.readexactly(wire.HEAD_BYTES)
        body = await self._reader.readexactly(wire.body_length(head))
        message: wire.FromFace = wire.decode_from_face(body)
        return message

    async def _send(self, message: wire.FromEngine) -> None:
        async with self._may_write, asyncio.timeout(STUCK_S):
            self._writer.write(wire.frame(message))
            await self._writer.drain()

    @contextlib.contextmanager
    def _awaited(self) -> Iterator[None]:
        self.waits += 1
        self._changed()
        try:
            yield
        finally:
            self.waits -= 1
            self._changed()

    async def _answer(self, number: int, command: Command) -> None:
        with self._awaited():
            answer = await self._answer_to(command)
            with contextlib.suppress(ConnectionError, TimeoutError):
                await self._send(wire.reply(number, answer))

    async def _answer_to(self, command: Command) -> Answer:
        try:
            if isinstance(command, Leave):
                self._on_leave()
                return Done()
            if isinstance(command, Watch):
                self._engine.watch(id(self), command.interval_s)
                self._frame_s = min(max(command.frame_s, FRAME_INTERVAL_S), FRAME_MAX_S)
                return Done()
            return await self._engine.submit(command)
        except TrayError as error:
            return Refused(error.problem, error.exit_code)
        except Exception as error:
            log.exception("the command %r broke", type(command).__name__)
            return Refused(_unexpected(error))

    async def _watch(self) -> None:
        with self._engine.changes() as changed:
            try:
                with self._awaited():
                    await self._engine.refresh()
                    sent: Snapshot = self._engine.snapshot()
                    await self._send(wire.Full(sent))
                while True:
                    await changed.wait()
                    changed.clear()
                    now = self._engine.snapshot()
                    delta = difference(sent, now)
                    if delta:
                        await self._send(wire.Change(delta))
                        sent = now
                        await asyncio.sleep(self._frame_s)
            except (ConnectionError, TimeoutError):
                self._writer.close()


def _same_user(writer: asyncio.StreamWriter) -> bool:
    """The socket is 0600 already; where the kernel tells the peer's user, it is checked too."""
    peer = writer.get_extra_info("socket")
    option = getattr(socket, "SO_PEERCRED", None)
    if peer is None or option is None:
        return True
    credentials = peer.getsockopt(socket.SOL_SOCKET, option, 12)
    return int.from_bytes(credentials[4:8], "little" if _LITTLE else "big") == os.getuid()


_LITTLE = memoryview((1).to_bytes(4, "little")).cast("I")[0] == 1


def _unexpected(error: Exception) -> Problem:
    return Problem(
        code="unexpected",
        title=text("Something in Celery Tray itself went wrong."),
        message=verbatim(f"{type(error).__name__}: {error}"),
        next_step=text("The details are in engine.log in the state folder."),
    )
