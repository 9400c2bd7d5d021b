"""What the project's app says of itself: its broker, queues, tasks, limits.

Only the app knows, and only in its own interpreter: :func:`ask` imports it there, as a worker
would, and keeps the answer until anything that it rests on has changed (:func:`cached`).
The bundled app is known without asking.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from typing import IO

import msgspec

from desktop import paths
from desktop.engine import app_cache, app_problems, interpreter
from desktop.engine.config import StackConfig
from desktop.paths import StackHome

PROBE = "app_probe.py"
LOG_LINES = 20
TIMEOUT_S = 30.0


class AppInfo(msgspec.Struct, frozen=True):
    """A Celery app as a worker would find it."""

    broker_url: str = ""
    """May hold credentials: never shown whole."""
    queues: tuple[str, ...] = ()
    """All that the app sends to, as far as its settings and tasks tell."""
    consumed: tuple[str, ...] = ()
    """Those that a worker consumes when it is given none."""
    name: str = ""
    module_file: str = ""
    result_backend: str = ""
    """May hold credentials: never shown whole."""
    result_key_prefix: str = ""
    """``global_keyprefix`` of its ``result_backend_transport_options``."""
    default_queue: str = "celery"
    create_missing_queues: bool = True
    control_exchange: str = "celery"
    event_exchange: str = "celeryev"
    transport_options: dict[str, str | int | float | bool] = {}
    """``global_keyprefix``, ``visibility_timeout`` …, as far as they are plain values."""
    priority_steps: tuple[int, ...] = ()
    """Those of ``transport_options``; (): the transport's own."""
    timezone: str = "UTC"
    tasks: tuple[str, ...] = ()
    """Names of the app's own tasks."""
    time_limit_s: float | None = None
    soft_time_limit_s: float | None = None
    acks_late: bool = False
    celery_version: str = ""
    python_version: str = ""
    flower_version: str = ""
    """"" when the project's environment has no Flower."""
    sources: tuple[str, ...] = ()
    """The project's files that the app is made of."""


class _Answer(msgspec.Struct, frozen=True):
    info: AppInfo | None = None
    failure: app_problems.Failure | None = None


BUNDLED = AppInfo(
    name="web.celery_app",
    queues=("celery", "download_queue", "maintenance_queue"),
    consumed=("celery", "download_queue", "maintenance_queue"),
    transport_options={"visibility_timeout": 1800},
    tasks=("web.downloads.tasks.clean", "web.downloads.tasks.download"),
    time_limit_s=900,
    soft_time_limit_s=600,
    acks_late=True,
)
"""The bundled app, so that its start waits for no import; a test compares it with the app."""


def cached(config: StackConfig, home: StackHome) -> AppInfo | None:
    """What the app said, when nothing has changed since; None: :func:`ask`."""
    if config.bundled:
        url = config.redis.url
        return msgspec.structs.replace(BUNDLED, broker_url=url, result_backend=url)
    kept = app_cache.read(config, home, _script())
    if kept is None:
        return None
    try:
        return msgspec.json.decode(kept, type=AppInfo)
    except msgspec.DecodeError:
        return None


def ask(config: StackConfig, home: StackHome, timeout_s: float = TIMEOUT_S) -> AppInfo:
    """Import the app in its own interpreter and ask it; blocking, at most ``timeout_s``.

    Raises ServiceError: no interpreter, no Celery there, an app that does not import (code
    ``app-import``, with the end of its traceback), or that takes too long.
    """
    if config.bundled:
        return msgspec.structs.replace(
            BUNDLED, broker_url=config.redis.url, result_backend=config.redis.url
        )
    interpreter.check(config.python, config.project)
    info = _ask(config, timeout_s)
    app_cache.write(config, home, _script(), msgspec.json.encode(info), info.sources)
    return info


def _ask(config: StackConfig, timeout_s: float) -> AppInfo:
    environment = {**os.environ, **interpreter.environment(config.python), **config.app_env}
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                [config.python, "-c", _script(), config.app],
                cwd=config.project,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                start_new_session=True,
            )
        except OSError as error:
            raise app_problems.not_run(config, error) from error
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            _end(process)
            raise app_problems.too_slow(config, timeout_s, _tail(said)) from error
        try:
            answer = msgspec.json.decode(output, type=_Answer)
        except msgspec.DecodeError as error:
            raise app_problems.ended(config, process.returncode, _tail(said)) from error
    if answer.info is None:
        failure = answer.failure or app_problems.Failure("error")
        raise app_problems.not_imported(config, failure)
    return answer.info


def _end(process: subprocess.Popen[bytes]) -> None:
    # It runs no tasks: whatever the import waits for may be cut off, with what it started.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _script() -> str:
    return (paths.resources() / PROBE).read_text(encoding="utf-8")


def _tail(said: IO[bytes]) -> tuple[str, ...]:
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    return tuple(lines[-LOG_LINES:])
