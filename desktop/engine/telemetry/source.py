"""Where the events of one broker come from: one door for every kind of broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from desktop.engine import redis_url
from desktop.engine.telemetry.wire import Event


class Source(Protocol):
    """A subscription to the events of one broker. Used by one thread, but for :meth:`interrupt`."""

    errors: tuple[type[Exception], ...]
    """What its methods raise when the broker is out of reach."""

    def open(self) -> None:
        """Begin to listen. Blocks until the broker has said that it sends."""

    def read(self, timeout_s: float) -> list[Event]:
        """The events that have come, as soon as there are some; [] after ``timeout_s``."""

    def interrupt(self) -> None:
        """Make :meth:`read` return or raise at once. Any thread."""

    def close(self) -> None:
        """Listen no more. Never raises."""


def source_of(
    url: str,
    *,
    key_prefix: str = "",
    exchange: str = "celeryev",
    options: Mapping[str, Any] | None = None,
) -> Source:
    """The way to the events of the broker at ``url``. ``exchange`` is the app's
    ``event_exchange``, ``options`` its ``broker_transport_options``.

    Redis is read from directly; every other broker, and sentinels, by Celery's own messaging
    library: right, if slower.
    """
    if redis_url.is_redis(url) and not url.startswith("sentinel:"):
        from desktop.engine.telemetry.redis_source import RedisSource

        return RedisSource(url, key_prefix=key_prefix, exchange=exchange, options=options or {})
    from desktop.engine.telemetry.kombu_source import KombuSource

    return KombuSource(url, exchange=exchange, options=options or {})
