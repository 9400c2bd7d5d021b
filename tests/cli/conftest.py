"""The command as a person or a script runs it: a process, with pipes or a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.engine.flower.conftest import index, wheels  # noqa: F401 - fixtures
from tests.live.conftest import Stack, make_stack, stack  # noqa: F401 - fixtures

COMMAND = (sys.executable, "-P", "-m", "desktop")
TIMEOUT_S = 60.0


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; fails when there is anything else."""
        return json.loads(self.out)


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's own, with another home, and the language and colours fixed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "NO_COLOR", "DISPLAY", "LINES"}
    }
    return {
        **kept,
        "CELERY_TRAY_HOME": str(home),
        "CELERY_TRAY_LANGUAGE": "en",
        "TERM": "xterm-256color",
        "COLUMNS": "160",
        **more,
    }


class Cli:
    """Runs ``celery-tray`` in a folder, on pipes."""

    def __init__(self, home: Path, folder: Path, command: Sequence[str] = COMMAND) -> None:
        self.home = home
        self.folder = folder
        self.command = command

    def __call__(self, *args: str, **env: str) -> Result:
        done = subprocess.run(
            [*self.command, *args],
            cwd=self.folder,
            env=environment(self.home, **env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def open(self, *args: str, **env: str) -> subprocess.Popen[str]:
        """The same, without waiting for its end."""
        return subprocess.Popen(
            [*self.command, *args],
            cwd=self.folder,
            env=environment(self.home, **env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def terminal(self, *args: str, rows: int = 25, columns: int = 80, **env: str) -> Terminal:
        """The same, on a terminal of its own."""
        known = environment(self.home, **env)
        return Terminal([*self.command, *args], self.folder, known, rows, columns)


class Terminal:
    """A command on a pseudo terminal, with a person's keys."""

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        env: dict[str, str],
        rows: int,
        columns: int,
    ) -> None:
        self.out = ""
        self._pid, self._file = pty.fork()
        if self._pid == 0:
            termios.tcsetwinsize(0, (rows, columns))
            os.chdir(folder)
            os.execve(argv[0], list(argv), env)  # noqa: S606 - as a shell would

    def until(self, words: str) -> str:
        """Read on until the words have been shown; returns everything since the last call."""
        return self._read(lambda seen: words in seen)

    def type(self, keys: str) -> None:
        os.write(self._file, keys.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        self._read(lambda _: False)
        _, status = os.waitpid(self._pid, 0)
        os.close(self._file)
        return os.waitstatus_to_exitcode(status)

    def _read(self, enough: Callable[[str], bool]) -> str:
        seen = b""
        deadline = time.monotonic() + TIMEOUT_S
        while not enough(seen.decode(errors="replace")):
            assert time.monotonic() < deadline, seen.decode(errors="replace")
            if not select.select([self._file], [], [], 0.1)[0]:
                continue
            try:
                part = os.read(self._file, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
        text = seen.decode(errors="replace")
        self.out += text
        return text


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The command in an empty folder: the bundled app, nothing running."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return Cli(tmp_path / "home", folder)


@pytest.fixture
def on_stack(stack: Stack) -> Cli:  # noqa: F811 - the fixture of that name
    """The command in a project folder with free ports; all of it is gone afterwards."""
    return Cli(stack.home.root, stack.folder)


@pytest.fixture
def theirs(stack: Stack) -> Iterator[subprocess.Popen[bytes]]:  # noqa: F811
    """A worker of the same app that somebody started by hand, on a Redis of the stack."""
    stack.start("redis")
    process = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "celery",
            "-A",
            "web.celery_app",
            "worker",
            "-n",
            "theirs@%h",
            "-c",
            "1",
            "--without-mingle",
        ],
        cwd=stack.folder,
        env={**os.environ, "CELERY_BROKER_URL": stack.redis_url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
