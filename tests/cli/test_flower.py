"""``flower`` where Flower is not installed: asked, told, installed, run; and opened, signed in."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from pathlib import Path

import httpx
import pytest

from desktop.engine.flower import signing_in
from tests.cli.conftest import Cli
from tests.live.conftest import Stack, until
from tests.ports import free_port
from tests.without_flower import PackageIndex, make_environment


@pytest.fixture
def bare(stack: Stack, tmp_path: Path) -> Cli:
    """The command in an environment without Flower."""
    python = make_environment(tmp_path / "bare")
    return Cli(stack.home.root, stack.folder, (str(python), "-P", "-m", "desktop"))


@pytest.fixture
def opener(tmp_path: Path) -> Path:
    """A desktop whose browser writes down what it is told to open."""
    folder = tmp_path / "opener"
    folder.mkdir()
    program = folder / "xdg-open"
    program.write_text(f'#!/bin/sh\necho "$1" >> {folder}/opened\n')
    program.chmod(0o755)
    return folder


def test_on_a_pipe_nothing_is_installed_and_the_command_is_told(
    bare: Cli, index: PackageIndex
) -> None:
    for verb in (("flower",), ("start", "flower")):
        done = bare(*verb)
        assert done.code == 5, done.err
        assert "Flower is not installed." in done.err
        assert f"celery-tray {' '.join(verb)} --install" in done.err
    assert not index.asked
    assert bare("flower", "--install", "--install-into-project").code == 2


def test_the_service_is_installed_when_it_is_said(
    bare: Cli, index: PackageIndex, stack: Stack
) -> None:
    stack.configure(f"[flower]\nport = {free_port()}\n")
    done = bare("start", "flower", "--install")
    assert done.code == 0, done.err
    told = done.err.splitlines()
    assert any("installs Flower: puts in" in line for line in told), told
    flower = stack.service("flower")
    assert flower.state == "running" and httpx.get(flower.url).status_code == 401
    assert "Successfully installed" in stack.log("flower")


def test_an_installation_that_fails_is_told_and_flower_has_failed(
    bare: Cli, index: PackageIndex, stack: Stack, tmp_path: Path
) -> None:
    index.wheels = tmp_path
    done = bare("start", "flower", "--install")
    assert done.code == 4, done.err
    assert "The package index has no flower" in done.err and "→" in done.err
    assert "not installed" in bare("start", "flower").err


def test_a_person_is_asked_on_a_terminal(bare: Cli, index: PackageIndex, stack: Stack) -> None:
    stack.start("redis")
    port = free_port()
    terminal = bare.terminal("flower", "--port", str(port))
    terminal.until("[c] cancel")
    terminal.type("c\r")
    assert terminal.end() == 5
    assert not index.asked

    again = bare.terminal("flower", "--port", str(port))
    again.until("[c] cancel")
    again.type("i\r")
    assert "downloads flower" in again.until(f"Flower: http://127.0.0.1:{port}/")
    until(lambda: _status(f"http://127.0.0.1:{port}/") == 401)
    again.type("\x03")
    again.end()


def test_a_running_flower_is_opened_by_a_link_without_the_password(
    on_stack: Cli, stack: Stack, opener: Path
) -> None:
    port = free_port()
    stack.configure(f"[flower]\nport = {port}\n")
    stack.start("flower")
    login = on_stack("password", "--json").document
    path = f"{opener}{os.pathsep}{os.environ['PATH']}"
    done = on_stack("flower", "--open", PATH=path, DISPLAY=":0")
    assert done.code == 0, done.err
    (url,) = (opener / "opened").read_text().split()
    assert url.startswith(f"http://127.0.0.1:{port}{signing_in.PATH}?link=")
    assert login["password"] not in url + done.out + done.err
    assert stat.S_IMODE((stack.home.root / "flower.json").stat().st_mode) == 0o600

    renewed = on_stack("password", "--renew", "--json").document
    assert renewed["password"] != login["password"]
    refused = on_stack("flower", "--open", PATH=path)
    assert refused.code == 1 and "celery-tray restart flower" in refused.err


def test_flower_in_the_foreground_opens_when_it_is_ready(
    on_stack: Cli, stack: Stack, opener: Path
) -> None:
    stack.start("redis")
    port = free_port()
    path = f"{opener}{os.pathsep}{os.environ['PATH']}"
    server = on_stack.open("flower", "--port", str(port), "--open", PATH=path)
    try:
        url = until(lambda: (opener / "opened").exists() and (opener / "opened").read_text())
        assert f":{port}{signing_in.PATH}" in str(url)
        words = subprocess.run(
            ["ps", "-ww", "-o", "args=", "-p", str(server.pid)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert f"--port={port}" in words
        login = on_stack("password", "--json").document
        assert login["password"] not in words
        page = f"http://127.0.0.1:{port}/"
        assert _status(page) == _status(page, ("admin", "admin123")) == 401
        assert _status(page, (login["user"], login["password"])) == 200
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)


def test_a_broker_that_is_not_there_is_told(on_stack: Cli, stack: Stack) -> None:
    port = free_port()
    server = on_stack.open("flower", "--port", str(port))
    try:
        until(lambda: _status(f"http://127.0.0.1:{port}/healthcheck") == 200)
    finally:
        server.kill()
        output, _ = server.communicate(timeout=20)
    assert "Flower can't reach the broker." in output
    assert str(stack.redis_port) in output


def _status(url: str, auth: tuple[str, str] | None = None) -> int:
    try:
        return httpx.get(url, auth=auth).status_code
    except httpx.TransportError:
        return 0
