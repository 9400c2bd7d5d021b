"""The tray program on a display of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.processes import running
from tests.benchmarks.stacks import PROGRAM
from tests.live.conftest import Stack
from tests.live.desktop import Desktop


@contextmanager
def tray(desktop: Desktop, stack: Stack, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """The tray of a stack, for as long as the block lasts."""
    argv = [PROGRAM, *words, "--home", str(stack.home.root), "--project", stack.project]
    with running(argv, desktop.env) as process:
        yield process
