"""Celery's event messages as they come out of Redis: bytes in, :class:`Event` values out.

A message is a JSON envelope of kombu with a base64 body; the body is one event, or a list of them
(``task.multi``). Anybody who reaches the broker can publish there, so nothing is believed: sizes
are bounded, a field of an impossible type or value counts as absent, and what can't be read at all
is left out.
"""

from __future__ import annotations

import binascii
from typing import Any

import msgspec

MESSAGE_MAX_BYTES = 4 * 1024 * 1024
"""Larger messages are not looked at. Celery sends 10 events at a time with arguments of 1 KB."""
EVENTS_MAX = 10_000
"""Events of one message beyond this are not looked at."""
ID_MAX = 155
"""Longest task id: the width of Celery's own result tables."""
TEXT_MAX = 1024
"""Longest name, node or argument that is kept; Celery cuts arguments there itself."""
INSTANT_MAX = 32_503_680_000.0
"""The year 3000: a time stamp beyond it is no time stamp."""


class Event(msgspec.Struct, gc=False):
    """One event; the fields that are used. A field that was absent or absurd has its default."""

    type: str = ""
    uuid: str = ""
    hostname: str = ""
    pid: int = 0
    clock: int = 0
    """Lamport clock: orders events of one node."""
    timestamp: float = 0.0
    """Wall clock of the sender."""
    name: str | None = None
    args: str | None = None
    kwargs: str | None = None
    queue: str | None = None
    freq: float = 0.0
    """Seconds between heartbeats."""


class _Envelope(msgspec.Struct, gc=False):
    body: bytes  # msgspec takes base64 off


_envelope = msgspec.json.Decoder(_Envelope).decode
_one_or_many = msgspec.json.Decoder(Event | list[Event]).decode
_loose = msgspec.json.Decoder().decode


def decode(message: bytes) -> list[Event]:
    """The events of one message; empty when there is nothing to be made of it."""
    if len(message) > MESSAGE_MAX_BYTES:
        return []
    body = _body(message)
    if body is None:
        return []
    try:
        events = _one_or_many(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        events = _decode_loosely(body)
    if isinstance(events, Event):
        events = [events]
    return [event for event in events[:EVENTS_MAX] if _bounded(event)]


def _body(message: bytes) -> bytes | None:
    try:
        return _envelope(message).body
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, binascii.Error):
        pass
    # A transport that leaves the body as it is (body_encoding other than base64).
    try:
        envelope = _loose(message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    body = envelope.get("body") if isinstance(envelope, dict) else None
    return body.encode(errors="replace") if isinstance(body, str) else None


def _decode_loosely(body: bytes) -> list[Event]:
    """Event by event and field by field, keeping what has the right type."""
    try:
        raw = _loose(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [_event_of(one) for one in (raw if isinstance(raw, list) else [raw])[:EVENTS_MAX]]


def _event_of(raw: Any) -> Event:
    if not isinstance(raw, dict):
        return Event()
    kept: dict[str, Any] = {}
    for field, kind in _KINDS.items():
        value = raw.get(field)
        if isinstance(value, kind) and not isinstance(value, bool):
            kept[field] = value
    return Event(**kept)


_KINDS: dict[str, type | tuple[type, ...]] = {
    "type": str,
    "uuid": str,
    "hostname": str,
    "pid": int,
    "clock": int,
    "timestamp": (int, float),
    "name": str,
    "args": str,
    "kwargs": str,
    "queue": str,
    "freq": (int, float),
}


def _bounded(event: Event) -> bool:
    """Cuts what is too long, in place; False when the event is of no use."""
    if not event.type or len(event.uuid) > ID_MAX:
        return False
    if len(event.hostname) > TEXT_MAX:
        event.hostname = event.hostname[:TEXT_MAX]
    if event.name and len(event.name) > TEXT_MAX:
        event.name = event.name[:TEXT_MAX]
    if event.args and len(event.args) > TEXT_MAX:
        event.args = event.args[:TEXT_MAX]
    if event.kwargs and len(event.kwargs) > TEXT_MAX:
        event.kwargs = event.kwargs[:TEXT_MAX]
    if event.queue and len(event.queue) > TEXT_MAX:
        event.queue = event.queue[:TEXT_MAX]
    if not 0.0 <= event.timestamp <= INSTANT_MAX:
        event.timestamp = 0.0
    if not 0.0 <= event.freq <= 3600.0:
        event.freq = 0.0
    return True
