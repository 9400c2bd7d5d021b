"""Files on their way to clients that mean it ill."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from tests.web.monitor.conftest import wait_until
from web.downloads import protocol

SIZE = 32 * 1024 * 1024
"""More than the buffers of a connection hold."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[uvicorn.Server]:
    """Serves a file, while every thread that sends is busy."""
    path = tmp_path / "file"
    path.write_bytes(os.urandom(1024) * (SIZE // 1024))
    monkeypatch.setattr(protocol._senders, "free", lambda: False)
    monkeypatch.setattr(protocol, "STALL_S", 0.5)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        length = [(b"content-length", str(SIZE).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        with path.open("rb") as file:
            await send({"type": protocol.ZERO_COPY, "file": file, "offset": 0, "count": SIZE})

    config = uvicorn.Config(
        app,
        http=protocol.DownloadsProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_level="error",
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        wait_until(lambda: server.started)
        yield server
        server.should_exit = True
        thread.join()


def test_a_file_comes_whole_when_every_thread_is_busy(
    server: uvicorn.Server, tmp_path: Path
) -> None:
    with httpx.Client(trust_env=False) as http:
        for _ in range(2):  # on the same connection
            answer = http.get(f"http://127.0.0.1:{place(server)[1]}/")
            assert answer.content == (tmp_path / "file").read_bytes()


def test_who_stops_reading_a_file_is_cut_off(
    server: uvicorn.Server, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(place(server))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(1)
        assert server.server_state.connections
        wait_until(lambda: not server.server_state.connections, 10)
    assert not caplog.records


def place(server: uvicorn.Server) -> tuple[str, int]:
    found: tuple[str, int] = server.servers[0].sockets[0].getsockname()
    return found
