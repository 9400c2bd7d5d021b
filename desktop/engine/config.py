"""The configuration of one stack: ``celery-tray.toml``, or ``[tool.celery-tray]``, or nothing.

:func:`load` reads the file, compares it with the schema, fills in the defaults, and checks what
only the whole can tell (ports that meet, names that clash). Whatever is wrong with the file is a
:class:`~desktop.engine.errors.ConfigError` that tells every mistake with its line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import msgspec

from desktop.engine import config_file, interpreter, web_address
from desktop.engine.config_checks import cross_mistakes
from desktop.engine.config_schema import Mistake, mistakes
from desktop.engine.project import config_file as find_config_file
from desktop.engine.redis_url import is_redis
from desktop.paths import Home
from desktop.words import text

BUNDLED_APP = "web.celery_app"
BUNDLED_NAME = "Celery Tray"
REDIS_URL = "redis://127.0.0.1:6379/0"
AUTO_CONCURRENCY_MAX = 4
"""The guide's own ceiling for a worker of the simple mode, in processes."""


class RedisConfig(msgspec.Struct, frozen=True):
    url: str = REDIS_URL
    """May hold credentials: never shown whole."""
    start: Literal["if-needed", "never"] = "if-needed"
    explicit: bool = False
    """The file names the URL: the app is told to use it, whatever its own settings say."""


class WorkerConfig(msgspec.Struct, frozen=True):
    name: str
    queues: tuple[str, ...] = ()
    """Empty: all queues of the app."""
    concurrency: int | Literal["auto"] | None = None
    """"auto": the cores, 4 at most. None: the app's own setting."""
    pool: str | None = None
    loglevel: str = "info"
    max_tasks_per_child: int | None = None
    autoreload: bool = False
    enabled: bool = True


class BeatConfig(msgspec.Struct, frozen=True):
    enabled: bool = False


class MonitorConfig(msgspec.Struct, frozen=True):
    enabled: bool = True
    port: int = 8001
    url_prefix: str = ""
    """Where its addresses begin, behind a proxy: "/celery"."""
    origins: tuple[str, ...] = ()
    """Where its pages are opened, behind a proxy: "https://ops.example.com"."""
    read_only: bool = False
    """It shows everything and changes nothing."""


class WebConfig(msgspec.Struct, frozen=True):
    enabled: bool = True
    port: int = 8000
    command: tuple[str, ...] = ()
    """Empty: the bundled server with the bundled app, no web server with any other."""
    url: str = ""


class FlowerConfig(msgspec.Struct, frozen=True):
    enabled: bool = False
    port: int = 5555


class CommandConfig(msgspec.Struct, frozen=True):
    """``[service.NAME]``: anything else that the project needs."""

    name: str
    command: tuple[str, ...] = ()
    ready: str | float | None = None
    """An address, ``host:port``, or so many seconds alive; None: a second."""
    cwd: str = ""
    """Absolute; the project by default."""
    env: dict[str, str] = {}
    needs: tuple[str, ...] = ()
    enabled: bool = True


class DownloadsConfig(msgspec.Struct, frozen=True):
    allow_private: bool = False
    files: str = ""
    """Absolute folder of the file store; "": in the state folder."""


class HistoryConfig(msgspec.Struct, frozen=True):
    """What is kept of tasks that are over, and how long."""

    enabled: bool = True
    keep_days: float = 30.0
    keep_failures_days: float = 90.0
    max_tasks: int = 1_000_000
    max_mb: int = 1024
    text_max_bytes: int = 20_000
    """Of arguments, result, exception and traceback, each."""


class EventsConfig(msgspec.Struct, frozen=True):
    """Celery's events, by which tasks are followed."""

    turn_on: bool = False
    """Tell workers that somebody else started to send them, where they do not."""


class StackConfig(msgspec.Struct, frozen=True):
    """One stack as a person wants it, every default filled in."""

    app: str = BUNDLED_APP
    bundled: bool = True
    """Our own app: run by our own interpreter, with our own web server."""
    project: str = ""
    """Absolute folder of the configuration; "" for the bundled app without one."""
    file: str = ""
    """The file that was read; "" when there is none."""
    name: str = BUNDLED_NAME
    python: str = ""
    """Absolute path of the project's interpreter, which may be missing; "" for the bundled app."""
    env: dict[str, str] = {}
    redis: RedisConfig = RedisConfig()
    workers: tuple[WorkerConfig, ...] = (WorkerConfig("worker1", concurrency="auto"),)
    beat: BeatConfig = BeatConfig()
    monitor: MonitorConfig = MonitorConfig()
    web: WebConfig = WebConfig()
    flower: FlowerConfig = FlowerConfig()
    services: tuple[CommandConfig, ...] = ()
    downloads: DownloadsConfig = DownloadsConfig()
    history: HistoryConfig = HistoryConfig()
    events: EventsConfig = EventsConfig()

    @property
    def cwd(self) -> str:
        """The folder that the project's own programs run in; "" for the bundled app."""
        return "" if self.bundled else self.project

    @property
    def app_env(self) -> dict[str, str]:
        """What the configuration adds to the environment of the app's programs. May hold
        credentials."""
        # Celery prefers this variable to the app's own setting, so that worker, beat and web
        # server meet at the broker that the configuration names.
        named = self.bundled or self.redis.explicit
        return {**({"CELERY_BROKER_URL": self.redis.url} if named else {}), **self.env}


def load(project: Path | None, home: Home) -> StackConfig:
    """The configuration of ``project``; ``None`` is the bundled app, whose few settings may be
    overridden in ``bundled.toml`` in the state folder.

    Raises ConfigError: no configuration there, a file that can't be read, a mistake in it.
    """
    if project is None:
        file = home.root / "bundled.toml"
        if not file.exists():
            return StackConfig(redis=_redis({}, bundled=True))
        return _from(config_file.read(file, ()), None)
    folder = project.expanduser().resolve()
    found = find_config_file(folder)
    if found is None:
        raise config_file.missing(folder)
    return _from(config_file.read(*found), folder)


def concurrency(worker: WorkerConfig) -> int | None:
    """Processes (or threads) of ``worker`` on this machine; None: the app's own setting."""
    return auto_concurrency() if worker.concurrency == "auto" else worker.concurrency


def auto_concurrency() -> int:
    """The cores that we may use, at most :data:`AUTO_CONCURRENCY_MAX`."""
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    return min(cores, AUTO_CONCURRENCY_MAX)


def _from(source: config_file.Source, project: Path | None) -> StackConfig:
    found = list(mistakes(source.content))
    if project is not None and "app" not in source.content:
        what = text('app is missing, such as app = "shop.celery:app" (ours is "web.celery_app")')
        found.append(Mistake((), what))
    if not found:
        stack = _build(source.content, source.file, project)
        found = list(cross_mistakes(stack, source.content))
    if found:
        raise source.refused(found)
    return stack


def _build(content: dict[str, Any], file: Path, project: Path | None) -> StackConfig:
    folder = project or file.parent
    app = content.get("app", BUNDLED_APP)
    bundled = project is None or _is_bundled(app, content, project)
    return StackConfig(
        app=app,
        bundled=bundled,
        project="" if project is None else str(project),
        file=str(file),
        name=content.get("name", BUNDLED_NAME if project is None else project.name or "/"),
        python="" if bundled else _python(content, folder),
        env=content.get("env", {}),
        redis=_redis(content.get("redis", {}), bundled=bundled),
        workers=_workers(content.get("worker", {}), bundled),
        beat=msgspec.convert(content.get("beat", {}), BeatConfig),
        monitor=_monitor(content.get("monitor", {})),
        web=msgspec.convert(content.get("web", {}), WebConfig),
        flower=msgspec.convert(content.get("flower", {}), FlowerConfig),
        services=tuple(
            msgspec.convert(
                {**table, "name": name, "cwd": _absolute(table.get("cwd", "."), folder)},
                CommandConfig,
            )
            for name, table in content.get("service", {}).items()
        ),
        downloads=_downloads(content.get("downloads", {}), folder),
        history=msgspec.convert(content.get("history", {}), HistoryConfig),
        events=msgspec.convert(content.get("events", {}), EventsConfig),
    )


def _monitor(table: dict[str, Any]) -> MonitorConfig:
    prefix = web_address.url_prefix(table.get("url_prefix", ""))
    origins = [web_address.web_origin(one) for one in table.get("origins", ())]
    return msgspec.convert({**table, "url_prefix": prefix, "origins": origins}, MonitorConfig)


def _redis(table: dict[str, Any], *, bundled: bool) -> RedisConfig:
    url = os.environ.get("CELERY_BROKER_URL", "")
    # The bundled app follows this variable by itself; its stack must not look elsewhere.
    preset = {"url": url} if bundled and is_redis(url) else {}
    return msgspec.convert({**preset, **table, "explicit": "url" in table}, RedisConfig)


def _workers(tables: dict[str, dict[str, Any]], bundled: bool) -> tuple[WorkerConfig, ...]:
    preset = {"concurrency": "auto"} if bundled else {}
    return tuple(
        msgspec.convert({**preset, **table, "name": name}, WorkerConfig)
        for name, table in (tables or {"worker1": {}}).items()
    )


def _downloads(table: dict[str, Any], folder: Path) -> DownloadsConfig:
    files = _absolute(table["files"], folder) if "files" in table else ""
    return msgspec.convert({**table, "files": files}, DownloadsConfig)


def _python(content: dict[str, Any], folder: Path) -> str:
    if "python" in content:
        return interpreter.configured(folder, content["python"])
    return interpreter.default(folder)


def _is_bundled(app: str, content: dict[str, Any], project: Path) -> bool:
    # A project may well have a web/celery_app.py of its own: then the name means theirs.
    if app.partition(":")[0] != BUNDLED_APP or "python" in content:
        return False
    theirs = project / "web"
    if theirs.exists() and theirs.samefile(interpreter.OURS / "web"):
        return True
    modules = (theirs / "celery_app.py", theirs / "celery_app", project / "web.py")
    return not any(module.exists() for module in modules) and not interpreter.own_environment(
        project
    )


def _absolute(path: str, folder: Path) -> str:
    return os.path.normpath(folder / Path(path).expanduser())
