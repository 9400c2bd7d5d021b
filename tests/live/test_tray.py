"""The real tray on a real display: start all, a real download, kill, stop all, nothing left."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pytest_httpserver import HTTPServer

from desktop.engine.states import StackState
from tests.live.conftest import Stack, until
from tests.live.desktop import Desktop

SIZE_BYTES = 20_000_000


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    with Desktop() as one:
        yield one


class Tray:
    """The tray program of one stack."""

    def __init__(self, desktop: Desktop, stack: Stack, *options: str) -> None:
        self.desktop, self.stack = desktop, stack
        self.process = self.launch(*options)

    def launch(self, *options: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "desktop"),
                *("--home", str(self.stack.home.root)),
                *("--project", self.stack.project),
                *options,
            ],
            env=self.desktop.env,
        )

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(15)


@pytest.fixture
def tray(desktop: Desktop, stack: Stack) -> Iterator[Tray]:
    one = Tray(desktop, stack)
    desktop.until(lambda: bool(desktop.windows("Celery Tray")))
    yield one
    if one.process.poll() is None:
        one.end()


def choose(tray: Tray, downs: int, took: Callable[[], bool]) -> None:
    """Choose from the tray's menu until it ``took``: a key may come before the menu listens."""
    for _ in range(5):
        _choose_once(tray, downs)
        try:
            until(took, 4)
        except AssertionError:
            tray.desktop.key("Escape")
        else:
            return
    raise AssertionError("the menu did not take the choice")


def _choose_once(tray: Tray, downs: int) -> None:
    """Open the tray's menu with a click on the icon, and choose by the keyboard."""
    closed = _windows(tray)

    def opened() -> bool:
        # The icon may still be on its way into the bar: a click on nothing does nothing.
        tray.desktop.click(1268, 14, button=3)
        try:
            tray.desktop.until(lambda: _windows(tray) > closed, 1.0)
        except AssertionError:
            return False
        return True

    tray.desktop.until(opened)
    for _ in range(downs):
        tray.desktop.key("Down")
    tray.desktop.key("Return")


def _windows(tray: Tray) -> int:
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--pid", str(tray.process.pid)],
        env=tray.desktop.env,
        capture_output=True,
        text=True,
        check=False,
    )
    return len(found.stdout.split())


def running(stack: Stack) -> bool:
    return stack.status().state is StackState.RUNNING


def test_start_all_download_stop_all_from_the_menu(tray: Tray, httpserver: HTTPServer) -> None:
    stack = tray.stack
    data = os.urandom(SIZE_BYTES)
    httpserver.expect_request("/file.bin").respond_with_data(data)
    choose(tray, 1, lambda: stack.status().state is not StackState.STOPPED)
    until(lambda: running(stack))
    base = f"http://127.0.0.1:{stack.web_port}"
    sent = httpx.post(f"{base}/api/downloads", json={"url": httpserver.url_for("/file.bin")})
    assert sent.status_code == 202
    one = f"{base}/api/downloads/{sent.json()['id']}"
    until(lambda: httpx.get(one).json()["state"] == "SUCCESS")
    shown = httpx.get(one).json()
    got = httpx.get(base + shown["file"]["href"]).content
    assert got == data
    assert shown["file"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert httpx.get(f"http://127.0.0.1:{stack.monitor_port}/healthz").status_code == 200
    # Start all is disabled now, so the first entry is Stop all.
    choose(tray, 1, lambda: not running(stack))
    until(lambda: stack.status().state is StackState.STOPPED)
    assert tray.end() == 0
    until(lambda: stack.left_over() == [], 20)


def test_a_killed_tray_leaves_the_services_and_the_next_one_shows_them(
    tray: Tray, tmp_path: Path
) -> None:
    stack = tray.stack
    stack.start("redis", "web")
    before = {one.name: one.pid for one in stack.status().services}
    tray.process.send_signal(signal.SIGKILL)
    tray.process.wait()
    assert {one.name: one.pid for one in stack.status().services} == before
    tray.process = tray.launch()
    tray.desktop.until(lambda: bool(tray.desktop.windows("Celery Tray")))
    assert {one.name: one.pid for one in stack.status().services} == before


def test_a_killed_engine_is_started_again_by_the_tray(tray: Tray) -> None:
    stack = tray.stack
    stack.start("redis")
    pid = stack.service("redis").pid
    first = stack.engine_pid()
    os.kill(first, signal.SIGKILL)

    def next_engine() -> bool:
        try:
            return stack.engine_pid() != first
        except Exception:  # noqa: BLE001 - none yet
            return False

    until(next_engine, 5)
    assert stack.service("redis").pid == pid


def test_a_second_launch_raises_the_first_and_leaves(tray: Tray) -> None:
    second = tray.launch()
    assert second.wait(15) == 0
    assert tray.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_tray_that_is_asked_to_end_leaves_the_services(
    tray: Tray, number: signal.Signals
) -> None:
    stack = tray.stack
    stack.start("redis")
    before = stack.service("redis").pid
    tray.process.send_signal(number)
    assert tray.process.wait(15) == 0
    assert stack.service("redis").pid == before


def test_without_a_tray_the_window_comes_though_it_was_to_be_hidden(stack: Stack) -> None:
    with Desktop(tray=False) as desktop:
        tray = Tray(desktop, stack, "--hidden")
        desktop.until(lambda: bool(desktop.windows("Celery Tray")))
        assert tray.end() == 0


def test_after_a_kill_one_of_two_launched_at_once_is_the_first_again(tray: Tray) -> None:
    tray.process.kill()
    tray.process.wait()
    both = tray.launch("--hidden"), tray.launch()
    until(lambda: any(one.poll() is not None for one in both))
    left, tray.process = sorted(both, key=lambda one: one.poll() is None)
    assert left.returncode == 0
    assert tray.process.poll() is None
    tray.desktop.until(lambda: bool(tray.desktop.windows("Celery Tray")))
