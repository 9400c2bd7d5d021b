"""PATH from the login shell: asked with a stand-in for the shell, in every way it may answer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from desktop.system import shell_environment
from desktop.system.shell_environment import complete_path, is_poor, login_shell_path, merged

MakeShell = Callable[[str], str]
LAUNCHD = "/usr/bin:/bin:/usr/sbin:/sbin"


@pytest.fixture
def make_shell(tmp_path: Path) -> MakeShell:
    """A shell whose start-up files are these lines."""
    login_shell_path.cache_clear()

    def make(lines: str) -> str:
        path = tmp_path / "my shell"
        # As a login shell is asked: -i -l -c SCRIPT.
        path.write_text(f'#!/bin/sh\n[ "$1 $2 $3" = "-i -l -c" ] || exit 9\n{lines}\neval "$4"\n')
        path.chmod(0o755)
        return str(path)

    return make


def test_the_path_of_the_start_up_files_is_told(make_shell: MakeShell) -> None:
    shell = make_shell("export PATH=/my/bin:/usr/bin:/bin")
    assert login_shell_path(shell) == "/my/bin:/usr/bin:/bin"


def test_what_start_up_files_print_does_no_harm(make_shell: MakeShell) -> None:
    noise = (
        "echo 'Welcome! PATH=/wrong'; printf 'PATH=/wrong\\0'; export PATH=/my/bin:/usr/bin:/bin"
    )
    shell = make_shell(noise + "; export MESSAGE='two\nPATH=/wrong'; trap 'echo bye' EXIT")
    assert login_shell_path(shell) == "/my/bin:/usr/bin:/bin"


def test_a_path_with_spaces_and_umlauts_comes_whole(make_shell: MakeShell) -> None:
    shell = make_shell("export PATH='/Users/jörg/my tools':/usr/bin:/bin")
    assert login_shell_path(shell).split(":")[0] == "/Users/jörg/my tools"


@pytest.mark.parametrize("lines", ["exit 3", "exec true", "kill -9 $$"])
def test_a_shell_that_breaks_off_says_nothing(make_shell: MakeShell, lines: str) -> None:
    assert login_shell_path(make_shell(lines)) == ""


def test_a_shell_that_is_not_there_says_nothing() -> None:
    assert login_shell_path("/no/such/shell") == ""


def test_a_shell_that_takes_too_long_is_ended_with_all_it_started(
    make_shell: MakeShell, tmp_path: Path
) -> None:
    shell = make_shell(f"sleep 50 & echo $! > '{tmp_path}/pid'; sleep 50")
    assert login_shell_path(shell, 0.3) == ""
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_shell_is_asked_once(make_shell: MakeShell, tmp_path: Path) -> None:
    shell = make_shell(f"echo asked >> '{tmp_path}/asked'")
    for _ in range(3):
        login_shell_path(shell)
    assert (tmp_path / "asked").read_text() == "asked\n"


def test_folders_are_merged_in_order_each_once(tmp_path: Path) -> None:
    brew = tmp_path / "homebrew"
    brew.mkdir()
    path = merged("/my/bin:/usr/bin::.:bin", "/usr/bin:/bin", (str(brew), str(tmp_path / "none")))
    assert path == f"/my/bin:/usr/bin:/bin:{brew}"


@pytest.mark.parametrize(
    ("path", "poor"),
    [("", True), (LAUNCHD, True), ("/usr/bin:/bin", True), (f"/opt/homebrew/bin:{LAUNCHD}", False)],
)
def test_a_path_is_poor_when_nobody_has_set_it(path: str, poor: bool) -> None:
    assert is_poor(path) is poor


def test_on_macos_a_poor_path_is_completed_and_nothing_else(
    make_shell: MakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(shell_environment, "HOMEBREW", ())
    shell = make_shell("export PATH=/my/bin:$PATH; export SECRET=1")
    monkeypatch.setenv("PATH", LAUNCHD)
    environ = {"PATH": LAUNCHD, "SHELL": shell}
    assert complete_path(environ)
    assert environ == {"PATH": f"/my/bin:{LAUNCHD}", "SHELL": shell}


@pytest.mark.parametrize(("platform", "path"), [("linux", LAUNCHD), ("darwin", "/mine:/usr/bin")])
def test_elsewhere_and_in_a_terminal_nothing_is_asked(
    platform: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    environ = {"PATH": path, "SHELL": "/no/such/shell"}
    assert not complete_path(environ)
    assert environ["PATH"] == path


def test_the_shells_of_this_machine_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    login_shell_path.cache_clear()
    monkeypatch.setenv("PATH", os.defpath)
    for shell in ("/bin/bash", "/bin/zsh", "/usr/bin/fish"):
        if Path(shell).exists():
            assert "/usr/bin" in login_shell_path(shell).split(":")
