"""What the project's app says of itself: its broker, queues, tasks, limits.

Only the app knows, and only in its own interpreter: :func:`ask` imports it there, as a worker
would, and keeps the answer until anything that it rests on has changed (:func:`cached`).
The bundled app is known without asking.
"""

from __future__ import annotations

import msgspec

from desktop import paths
from desktop.engine import app_cache, app_problems, app_question, interpreter
from desktop.engine.config import StackConfig
from desktop.paths import StackHome

PROBE = "app_probe.py"
TIMEOUT_S = 30.0


class AppTask(msgspec.Struct, frozen=True):
    """One of the app's own tasks."""

    name: str
    signature: str = ""
    """"(url, *, retries=3)"; "" when not known, or not checked by Celery."""
    doc: str = ""
    """The first paragraph."""
    queue: str = ""
    """Where the app sends it, as far as its arguments have no say in that; "": not known."""
    rate_limit: str = ""


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
    details: tuple[AppTask, ...] = ()
    """Of the first 2,000 of them."""
    accepts: tuple[str, ...] = ("json",)
    """Content that its workers take: names or types."""
    result_key_prefix: str = ""
    """What the result backend puts before its keys: its ``global_keyprefix``, joined."""
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
    details=(
        AppTask(
            "web.downloads.tasks.clean",
            "(files_kept_s: float | None = None)",
            "Remove files past their time, partial files that nobody writes, and lost entries; "
            "put back\nwhat Redis forgot. Answers how many of each, and keeps "
            "the answer for the page.",
            "maintenance_queue",
        ),
        AppTask(
            "web.downloads.tasks.download",
            "(download_id: str)",
            "Fetch one download into the store. Safe to run twice: a whole file is never fetched "
            "again.",
            "download_queue",
        ),
    ),
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
    said = app_question.put(config, _script(), (config.app,), timeout_s)
    try:
        answer = msgspec.json.decode(said.output, type=_Answer)
    except msgspec.DecodeError as error:
        raise app_problems.ended(config, said.returncode, said.tail) from error
    if answer.info is None:
        failure = answer.failure or app_problems.Failure("error")
        raise app_problems.not_imported(config, failure)
    return answer.info


def _script() -> str:
    return (paths.resources() / PROBE).read_text(encoding="utf-8")
