"""Runs one of our questions to an app in the app's own interpreter, as a worker would import it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import IO, NamedTuple

from desktop.engine import app_problems, interpreter
from desktop.engine.config import StackConfig

LOG_LINES = 20


class Said(NamedTuple):
    output: bytes
    returncode: int
    tail: tuple[str, ...]
    """The end of what it wrote to its error stream."""


def put(config: StackConfig, script: str, arguments: Sequence[str], timeout_s: float) -> Said:
    """Run ``script`` with these arguments; blocking, at most ``timeout_s``. The bundled app is
    asked in our own interpreter.

    Raises :class:`desktop.engine.errors.ServiceError`: it can't be run, or takes too long.
    """
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                [config.python or sys.executable, "-c", script, *arguments],
                cwd=config.cwd or interpreter.OURS,
                env={**os.environ, **_environment(config)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        except OSError as error:
            raise app_problems.not_run(config, error) from error
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            _end(process)
            raise app_problems.too_slow(config, timeout_s, _tail(errors)) from error
        return Said(output, process.returncode, _tail(errors))


def _environment(config: StackConfig) -> dict[str, str]:
    if config.bundled:
        return {**interpreter.our_environment(), **config.app_env}
    return {**interpreter.environment(config.python), **config.app_env}


def _end(process: subprocess.Popen[bytes]) -> None:
    # It runs no tasks: whatever the import waits for may be cut off, with what it started.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _tail(said: IO[bytes]) -> tuple[str, ...]:
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    return tuple(lines[-LOG_LINES:])
