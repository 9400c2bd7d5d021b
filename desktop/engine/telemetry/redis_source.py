"""Celery's events out of Redis: kombu publishes them on channels, and this reads the channels."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Mapping
from typing import Any

from desktop.engine.broker import glob_literal
from desktop.engine.redis_url import client_url
from desktop.engine.telemetry.frames import Frames
from desktop.engine.telemetry.wire import MESSAGE_MAX_BYTES, Event, decode

CONNECT_TIMEOUT_S = 2.0
HEALTH_CHECK_S = 30.0
"""A connection that died without a word (sleep, network) is noticed after twice this long."""
PACE_S = 0.02
"""While more and more comes, so long is waited for company: a hundred messages in one go cost a
third of what they cost one by one."""
BUSY_EVENTS = 10
BUSY_PACE_S = 0.1
"""The same, when so many events came in one go."""
_READ_BYTES = 1024 * 1024


class RedisSource:
    """One connection that listens to the channels of an event exchange."""

    errors: tuple[type[Exception], ...]

    def __init__(
        self, url: str, *, key_prefix: str, exchange: str, options: Mapping[str, Any]
    ) -> None:
        import redis

        # ValueError: redis-py's word for an address, or ours for a frame, that makes no sense.
        self.errors = (redis.RedisError, OSError, ValueError)
        self._url = url
        self._key_prefix, self._exchange, self._options = key_prefix, exchange, options
        self._connection: Any = None
        self._socket: socket.socket | None = None
        self._frames = Frames(MESSAGE_MAX_BYTES)
        self._read_at = 0.0
        self._pace_s = PACE_S
        self._asked = False

    def open(self) -> None:
        import redis

        # A silent reconnection inside redis-py would hide that events were missed: of it only the
        # way in is used (TLS, sockets, passwords, names).
        pool = redis.ConnectionPool.from_url(
            client_url(self._url),
            protocol=2,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            socket_timeout=CONNECT_TIMEOUT_S,
            socket_keepalive=True,
        )
        connection: Any = pool.make_connection()
        self._connection = connection
        connection.connect()
        self._socket = connection._sock
        self._frames = Frames(MESSAGE_MAX_BYTES)
        self._asked = False
        self._read_at = time.monotonic()
        pattern = self._subscribed(pool.connection_kwargs.get("db") or 0)
        connection.send_command("PSUBSCRIBE", pattern, check_health=False)
        until = time.monotonic() + CONNECT_TIMEOUT_S
        while time.monotonic() < until:
            self._receive(CONNECT_TIMEOUT_S)
            if b"psubscribe" in self._frames.said:
                return
        raise TimeoutError("Redis does not answer.")

    def read(self, timeout_s: float) -> list[Event]:
        waited = time.monotonic() - self._read_at
        if waited < self._pace_s:
            time.sleep(self._pace_s - waited)
        events: list[Event] = []
        until = time.monotonic() + timeout_s
        while not events:
            left = until - time.monotonic()
            for payload in self._receive(min(max(left, 0.001), HEALTH_CHECK_S)):
                events += decode(payload)
            if left <= 0.0:
                break
        self._pace_s = BUSY_PACE_S if len(events) >= BUSY_EVENTS else PACE_S
        return events

    def interrupt(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        connection, self._connection, self._socket = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.disconnect()

    def _receive(self, timeout_s: float) -> list[bytes]:
        """The messages that have come; [] after ``timeout_s``. Asks whether anybody is still there
        when that is long ago, and raises when nobody answers."""
        if self._socket is None or self._connection is None:
            raise OSError("not connected")
        self._socket.settimeout(timeout_s)
        try:
            data = self._socket.recv(_READ_BYTES)
        except (TimeoutError, BlockingIOError):
            silent_s = time.monotonic() - self._read_at
            if silent_s >= 2 * HEALTH_CHECK_S:
                raise TimeoutError("Redis does not answer.") from None
            if silent_s >= HEALTH_CHECK_S and not self._asked:
                self._asked = True
                self._connection.send_command("PING", check_health=False)
            return []
        if not data:
            raise ConnectionResetError("Redis has closed the connection.")
        self._read_at, self._asked = time.monotonic(), False
        return self._frames.feed(data)

    def _subscribed(self, database: int) -> str:
        """The pattern of the channels (``Channel._get_publish_topic`` of kombu, which has one for
        each routing key, such as ``/0.celeryev/task.multi``, unless it is told not to)."""
        fanout = self._options.get("fanout_prefix", True)
        before = fanout if isinstance(fanout, str) else ("/{db}." if fanout else "")
        topic = f"{self._key_prefix}{before.replace('{db}', str(database))}{self._exchange}"
        many = self._options.get("fanout_patterns", True)
        return glob_literal(topic) + ("/*" if many else "")
