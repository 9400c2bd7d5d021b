"""When the engine's process may leave: not while anybody waits for its answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desktop.engine.client import Client
from desktop.engine.commands import Answer, Command, Done, Stop
from desktop.engine.errors import EngineError
from desktop.engine.server import Server
from desktop.paths import Home


class SlowEngine:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def submit(self, command: Command) -> Answer:
        self.asked.set()
        await self.may_answer.wait()
        return Done()

    def watch(self, face: int, interval_s: float) -> None:
        pass


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    return home


@pytest.fixture
async def engine() -> SlowEngine:
    return SlowEngine()


@pytest.fixture
async def server(engine: SlowEngine, home: Home) -> AsyncIterator[Server]:
    server = Server(engine, lambda: None)  # type: ignore[arg-type]
    await server.listen(home.socket)
    yield server
    await server.close()


async def test_it_is_not_idle_while_a_command_is_carried_out(
    engine: SlowEngine, server: Server, home: Home
) -> None:
    begun = server.idle_since
    assert begun is not None
    client = await asyncio.to_thread(Client.connect, home, "cli", start=False)
    with client:
        answer = asyncio.create_task(asyncio.to_thread(client.submit, Stop("")))
        await engine.asked.wait()
        assert server.idle_since is None, "the one who asked does not stay, but waits"
        engine.may_answer.set()
        assert await answer == Done()
        async with asyncio.timeout(10):
            while server.idle_since is None:
                await asyncio.sleep(0.01)
        assert server.idle_since > begun


async def test_who_gave_up_waiting_keeps_it_no_longer(
    engine: SlowEngine, server: Server, home: Home
) -> None:
    client = await asyncio.to_thread(Client.connect, home, "cli", start=False)
    answer = asyncio.create_task(asyncio.to_thread(client.submit, Stop("")))
    await engine.asked.wait()
    assert server.idle_since is None
    client._socket.shutdown(socket.SHUT_RDWR)
    async with asyncio.timeout(10):
        while server.idle_since is None:
            await asyncio.sleep(0.01)
    with pytest.raises(EngineError):
        await answer
