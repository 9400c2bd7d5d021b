"""The processes that a measurement starts: each ended by its pid, also when it is interrupted."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

END_S = 60.0
"""A worker may finish what it runs; a minute is far more than any stop here takes."""


@contextmanager
def running(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path | str | None = None,
    output: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, gone with all that it started when the block ends.

    What it writes goes to ``output``, or nowhere.
    """
    with (output or Path(os.devnull)).open("ab") as sink:
        process = subprocess.Popen(
            argv,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """TERM, and KILL for what is left of it and its descendants. Nothing when it has ended."""
    if process.poll() is not None:
        return
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    # psutil compares the create time before it signals: a number given to another is safe.
    for child in psutil.wait_procs(family, timeout=5)[1]:
        with contextlib.suppress(psutil.Error):
            child.kill()


def surroundings(**more: str) -> dict[str, str]:
    """This environment without what would point a Celery or a tray elsewhere."""
    ours = ("CELERY_", "FLOWER_", "QT_", "WAYLAND")
    return {**{k: v for k, v in os.environ.items() if not k.startswith(ours)}, **more}
