"""Celery's events out of any broker that kombu knows: RabbitMQ, sentinels, a folder, memory.

A queue of our own is bound to the event exchange, as Celery's ``EventReceiver`` does it; nothing
but JSON is read. SQS carries no events: nothing is declared there, and nothing ever comes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

from desktop.engine.telemetry.wire import MESSAGE_MAX_BYTES, Event, events_of

CONNECT_TIMEOUT_S = 4.0
EXPIRES_S = 60.0
"""Celery's ``event_queue_expires``: our queue goes when nobody reads from it for so long."""
TTL_S = 5.0
"""Celery's ``event_queue_ttl``: what was not read by then is dropped."""
BATCH_S = 0.05
BATCH_MAX = 1000
_POLL_S = 1.0
"""So long one wait takes at most: not every transport can be woken."""


class KombuSource:
    """A consumer of an event exchange."""

    errors: tuple[type[Exception], ...] = (Exception,)
    """Transports raise what their libraries raise."""

    def __init__(self, url: str, *, exchange: str, options: Mapping[str, Any]) -> None:
        self._url, self._exchange, self._options = url, exchange, dict(options)
        self._connection: Any = None
        self._consumer: Any = None
        self._events: list[Event] = []
        self._interrupted = False

    def open(self) -> None:
        import kombu

        typed: Any = kombu  # it has no types of its own
        self._connection = connection = typed.Connection(
            self._url, transport_options=self._options, connect_timeout=CONNECT_TIMEOUT_S
        )
        connection.ensure_connection(max_retries=1, timeout=CONNECT_TIMEOUT_S)
        # As celery.events.event.get_exchange: Redis (sentinels) has no topics.
        kind = "fanout" if connection.transport.driver_type in {"redis", "gcpubsub"} else "topic"
        if kind not in connection.transport.implements.exchange_type:
            return  # no queue of ours would ever get anything
        queue = typed.Queue(
            f"{self._exchange}.{typed.uuid()}",
            typed.Exchange(self._exchange, type=kind),
            routing_key="#",
            auto_delete=True,
            durable=False,
            expires=EXPIRES_S,
            message_ttl=TTL_S,
        )
        self._consumer = typed.Consumer(
            connection.default_channel,
            [queue],
            callbacks=[self._take],
            no_ack=True,
            accept=["json"],
        )
        self._consumer.consume()

    def read(self, timeout_s: float) -> list[Event]:
        until = time.monotonic() + timeout_s
        while not self._events and not self._interrupted:
            left = until - time.monotonic()
            if left <= 0.0:
                break
            self._drain(min(left, _POLL_S))
        soon = time.monotonic() + BATCH_S
        while self._events and len(self._events) < BATCH_MAX and time.monotonic() < soon:
            if not self._drain(0.001):
                break
        events, self._events = self._events, []
        return events

    def interrupt(self) -> None:
        self._interrupted = True

    def close(self) -> None:
        connection, consumer = self._connection, self._consumer
        self._connection = self._consumer = None
        with contextlib.suppress(Exception):
            if consumer is not None:
                consumer.cancel()
        with contextlib.suppress(Exception):
            if connection is not None:
                connection.release()

    def _drain(self, timeout_s: float) -> bool:
        if self._consumer is None:
            time.sleep(timeout_s)
            return False
        try:
            self._connection.drain_events(timeout=timeout_s)
        except TimeoutError:
            return False
        return True

    def _take(self, body: Any, message: Any) -> None:
        if len(getattr(message, "body", None) or b"") <= MESSAGE_MAX_BYTES:
            self._events += events_of(body)
