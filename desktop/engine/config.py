"""The configuration of a stack: load -> merge -> validate."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from desktop.engine.project import config_file
from desktop.paths import Home

BUNDLED_APP = "web.celery_app"


class RedisConfig(msgspec.Struct, frozen=True):
    url: str = "redis://127.0.0.1:6379/0"
    start: str = "if-needed"
    explicit: bool = False


class WorkerConfig(msgspec.Struct, frozen=True):
    name: str
    queues: tuple[str, ...] = ()
    concurrency: int | str = "auto"
    pool: str = ""
    loglevel: str = "info"
    max_tasks_per_child: int | None = None
    autoreload: bool = False
    enabled: bool = True


class PortConfig(msgspec.Struct, frozen=True):
    enabled: bool
    port: int
    command: tuple[str, ...] = ()
    url: str = ""


class CommandConfig(msgspec.Struct, frozen=True):
    name: str
    command: tuple[str, ...]
    ready: str = ""
    cwd: str = ""
    env: dict[str, str] = {}
    needs: tuple[str, ...] = ()
    enabled: bool = True


class StackConfig(msgspec.Struct, frozen=True):
    app: str
    name: str
    project: str
    python: str
    redis: RedisConfig
    workers: tuple[WorkerConfig, ...]
    monitor: PortConfig
    web: PortConfig
    flower: PortConfig
    beat: bool
    services: tuple[CommandConfig, ...]
    allow_private: bool
    files: str

    @property
    def bundled(self) -> bool:
        return self.app.partition(":")[0] == BUNDLED_APP and not self.python


def load(project: Path | None, home: Home) -> StackConfig:
    import tomllib

    table: dict[str, object] = {}
    found = config_file(project) if project else None
    if found:
        path, keys = found
        table = tomllib.loads(path.read_text())
        for key in keys:
            table = table.get(key, {})  # type: ignore[assignment]
    raw: dict[str, dict[str, object]] = table  # type: ignore[assignment]
    app = str(table.get("app", BUNDLED_APP))
    python = str(table.get("python", ""))
    redis = raw.get("redis", {})
    url = os.environ.get("CELERY_BROKER_URL") or RedisConfig().url
    bundled = app.partition(":")[0] == BUNDLED_APP and not python
    web = raw.get("web", {})
    flower = raw.get("flower", {})
    monitor = raw.get("monitor", {})
    downloads = raw.get("downloads", {})
    return StackConfig(
        app=app,
        name=project.name if project else "Celery Tray",
        project=str(project) if project else "",
        python=python,
        redis=RedisConfig(
            str(redis.get("url", url)), str(redis.get("start", "if-needed")), "url" in redis
        ),
        workers=tuple(
            msgspec.convert({"name": name, **values}, WorkerConfig)  # type: ignore[dict-item]
            for name, values in raw.get("worker", {"worker1": {}}).items()
        ),
        monitor=PortConfig(bool(monitor.get("enabled", True)), int(monitor.get("port", 8001))),
        web=PortConfig(
            bool(web.get("enabled", bundled or "command" in web)),
            int(web.get("port", 8000)),
            tuple(web.get("command", ())),
            str(web.get("url", "")),
        ),
        flower=PortConfig(bool(flower.get("enabled", False)), int(flower.get("port", 5555))),
        beat=bool(raw.get("beat", {}).get("enabled", False)),
        services=tuple(
            msgspec.convert({"name": name, **values}, CommandConfig)
            for name, values in raw.get("service", {}).items()
        ),
        allow_private=bool(downloads.get("allow_private", False)),
        files=str(downloads.get("files", "")),
    )
