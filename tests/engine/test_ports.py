"""Who holds a port, from real listeners."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from desktop.engine import ports
from desktop.engine.ports import PortHolder
from tests.engine.conftest import wait_until
from tests.ports import free_port


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_free_port() -> None:
    port = free_port()
    assert ports.is_free(port) and ports.holder(port) is None


def test_a_port_that_is_held_names_its_holder(listener: int) -> None:
    assert not ports.is_free(listener)
    found = ports.holder(listener)
    assert found and found.pid == os.getpid() and "py" in found.command
    words = str(ports.problem(listener, "web", found).message)
    assert f"(pid {os.getpid()})" in words and "web" in words


def test_a_listener_on_all_addresses_holds_it_too() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_the_sixth_version_of_addresses() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port, "::1") and ports.is_free(port)
        found = ports.holder(port)
        assert found and found.pid == os.getpid()


def test_credentials_of_the_holder_are_not_shown() -> None:
    port = free_port()
    script = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script, "redis://:geheim@h/0"])
    try:
        wait_until(lambda: not ports.is_free(port))
        found = ports.holder(port)
    finally:
        process.kill()
        process.wait(10)
    assert found and found.pid == process.pid
    assert "geheim" not in found.command and len(found.command) <= ports.COMMAND_MAX_CHARS


def test_where_the_system_hides_the_whole_own_processes_are_looked_through(
    listener: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    found = ports.holder(listener)
    assert found and found.pid == os.getpid()
    assert ports.holder(free_port()) == PortHolder(None)


@pytest.mark.parametrize("found", [None, PortHolder(None)])
def test_a_holder_that_is_not_told(found: PortHolder | None) -> None:
    assert "another program" in str(ports.problem(80, "web", found).message)


def test_a_port_that_only_the_system_may_use_is_not_called_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert ports.is_free(80)
