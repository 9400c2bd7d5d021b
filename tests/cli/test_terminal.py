"""The verbs at a terminal: live states, questions, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess

from desktop.engine import ports
from desktop.engine.errors import NotRunning
from tests.cli.conftest import Cli
from tests.live.conftest import Stack, until

CTRL_C = "\x03"


def another_engine(stack: Stack, than: int) -> bool:
    try:
        return stack.engine_pid() != than
    except NotRunning:
        return False


def test_up_shows_states_and_logs_and_stops_with_ctrl_c(on_stack: Cli, stack: Stack) -> None:
    terminal = on_stack.terminal("up", "--no-web", "--no-monitor")
    shown = terminal.until("ready.")
    assert "Ready after" in shown
    stack.status()
    assert stack.service("web").pid is None
    terminal.type(CTRL_C)
    terminal.until("Stopped: redis, worker1")
    assert terminal.end() == 0
    assert not any(one.pid for one in stack.status().services)


def test_up_keep_leaves_it_running(on_stack: Cli, stack: Stack) -> None:
    terminal = on_stack.terminal("up", "--keep", "--no-web", "--no-monitor", "--no-worker")
    terminal.until("Ready to accept connections")
    terminal.type(CTRL_C)
    assert terminal.end() == 0
    assert stack.service("redis").pid


def test_up_goes_on_with_the_next_engine(on_stack: Cli, stack: Stack) -> None:
    up = on_stack.terminal("up", "--no-web", "--no-monitor", "--no-worker")
    up.until("Ready to accept connections")
    redis = stack.service("redis").pid
    first = stack.engine_pid()
    os.kill(first, signal.SIGKILL)
    shown = up.until("took over")
    assert "The engine went away" in shown
    assert another_engine(stack, first)
    assert stack.service("redis").pid == redis
    up.type(CTRL_C)
    up.until("Stopped: redis")
    assert up.end() == 0


def test_a_worker_in_the_foreground_shows_its_log_and_stops_with_ctrl_c(
    on_stack: Cli, stack: Stack
) -> None:
    terminal = on_stack.terminal("start", "--simple", "--foreground")
    terminal.until("ready.")
    assert stack.service("worker1").pid
    terminal.type(CTRL_C)
    terminal.until("Stopped: worker1")
    assert terminal.end() == 0
    assert stack.service("redis").pid
    assert stack.service("worker1").pid is None


def test_a_person_is_asked_about_workers_that_run_already(
    on_stack: Cli, stack: Stack, theirs: subprocess.Popen[bytes]
) -> None:
    until(lambda: "theirs" in on_stack("workers").out)
    cancelled = on_stack.terminal("start", "--simple")
    shown = cancelled.until("[c]:")
    assert "theirs@" in shown
    cancelled.type("c\r")
    assert cancelled.end() == 5
    assert stack.service("worker1").pid is None

    beside = on_stack.terminal("start", "--simple")
    beside.until("[c]:")
    beside.type("b\r")
    assert beside.end() == 0
    ours = stack.service("worker1").pid
    assert ours and theirs.poll() is None

    # Said once more, with the option: ours go on, and the others end when they have finished.
    replacing = on_stack.terminal("start", "--simple", "--replace")
    replacing.until("Replaced 1 worker that ran already; its tasks were finished.")
    assert replacing.end() == 0
    assert theirs.wait(10) == 0
    assert stack.service("worker1").pid == ours


def test_at_a_terminal_keep_starts_beside_them_without_a_question(
    on_stack: Cli, stack: Stack, theirs: subprocess.Popen[bytes]
) -> None:
    until(lambda: "theirs" in on_stack("workers").out)
    beside = on_stack.terminal("start", "--simple", "--keep")
    assert beside.end() == 0
    assert "[c]" not in beside.out
    assert stack.service("worker1").pid and theirs.poll() is None


def test_a_web_server_alone_that_was_interrupted_showed_a_traceback(
    on_stack: Cli, stack: Stack
) -> None:
    terminal = on_stack.terminal("web")
    terminal.until("Web server:")
    until(lambda: not ports.is_free(stack.web_port))
    terminal.type(CTRL_C)
    assert terminal.end() == 0
    assert "Traceback" not in terminal.out


def test_the_monitor_is_scrolled_held_sorted_and_narrowed_by_keys(
    on_stack: Cli, stack: Stack
) -> None:
    stack.start("redis", "worker1")
    terminal = on_stack.terminal("monitor", "--interval", "0.3", rows=12, columns=100)
    assert "q quit" in terminal.until("↑↓ 1–")
    terminal.type("\x1b[B")
    terminal.until("↑↓ 2–")
    terminal.type("s")
    terminal.until("s sort: name")
    terminal.type("v")
    assert "worker1@" in terminal.until("v view: workers")
    terminal.type(" ")
    terminal.until("HELD")
    terminal.type(" ")
    terminal.until("space hold")
    terminal.type("q")
    assert terminal.end() == 0


def test_the_monitor_ends_with_escape_and_ctrl_c(on_stack: Cli, stack: Stack) -> None:
    stack.start("redis")
    for key, code in (("\x1b", 0), (CTRL_C, 130)):
        terminal = on_stack.terminal("monitor", "--interval", "30")
        terminal.until("q quit")
        terminal.type(key)
        assert terminal.end() == code
