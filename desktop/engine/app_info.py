"""What the app says of itself."""

from __future__ import annotations

import msgspec

from desktop.engine.config import StackConfig
from desktop.paths import StackHome


class AppInfo(msgspec.Struct, frozen=True):
    broker_url: str = ""
    queues: tuple[str, ...] = ()
    consumed: tuple[str, ...] = ()
    create_missing_queues: bool = False


def cached(config: StackConfig, home: StackHome) -> AppInfo | None:
    return AppInfo(config.redis.url, ("celery", "download_queue", "maintenance_queue"))


def ask(config: StackConfig, home: StackHome, timeout_s: float = 30.0) -> AppInfo:
    return AppInfo(config.redis.url)
