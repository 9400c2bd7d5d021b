"""Celery's event messages as they come out of Redis: bytes in, :class:`Event` values out.

A message is a JSON envelope of kombu with a base64 body; the body is one event, or a list of them
(``task.multi``). Anybody who reaches the broker can publish there, so nothing is believed: sizes
are bounded, a field of an impossible type or value counts as absent, and what can't be read at all
is left out.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from desktop.engine.iso_time import INSTANT_MAX

MESSAGE_MAX_BYTES = 4 * 1024 * 1024
"""Larger messages are not looked at. Celery sends 24 events at a time with arguments of 1 KB."""
EVENTS_MAX = 10_000
"""Events of one message beyond this are not looked at."""
ID_MAX = 155
"""Longest task id: the width of Celery's own result tables."""
TEXT_MAX = 1024
"""Longest name that is kept: of tasks, nodes, queues."""
REPR_MAX = 4096
"""Longest argument, result or exception; Celery itself cuts at 1,024 unless told otherwise."""
TRACEBACK_MAX = 16_384
"""Of a longer one its beginning and, mostly, its end are kept: the end tells what happened."""
RETRIES_MAX = 10**6
RUNTIME_MAX_S = 10.0**9
FREQ_MAX_S = 3600.0
COUNT_MAX = 2**53

_CUT = "\n … \n"

_Name = Annotated[str, Meta(max_length=TEXT_MAX)]
_Repr = Annotated[str, Meta(max_length=REPR_MAX)]
_Count = Annotated[int, Meta(ge=0, le=COUNT_MAX)]


class Event(msgspec.Struct, gc=False):
    """One event; the fields that are used. A field that was absent or absurd has its default.

    The decoder checks the bounds: it costs nothing that way, and only a message with something
    out of bounds is read again, field by field.
    """

    type: _Name = ""
    uuid: Annotated[str, Meta(max_length=ID_MAX)] = ""
    hostname: _Name = ""
    pid: _Count = 0
    clock: _Count = 0
    """Lamport clock: orders events of one node."""
    timestamp: Annotated[float, Meta(ge=0.0, le=INSTANT_MAX)] = 0.0
    """Wall clock of the sender."""
    name: _Name | None = None
    args: _Repr | None = None
    kwargs: _Repr | None = None
    queue: _Name | None = None
    """Of ``task-sent``, as are the next two."""
    exchange: _Name | None = None
    routing_key: _Name | None = None
    root_id: _Name | None = None
    parent_id: _Name | None = None
    retries: Annotated[int, Meta(ge=0, le=RETRIES_MAX)] | None = None
    eta: _Name | None = None
    """ISO 8601, as is ``expires``."""
    expires: _Name | None = None
    result: _Repr | None = None
    runtime: Annotated[float, Meta(ge=0.0, le=RUNTIME_MAX_S)] | None = None
    exception: _Repr | None = None
    traceback: Annotated[str, Meta(max_length=TRACEBACK_MAX)] | None = None
    terminated: bool | None = None
    """Of ``task-revoked``, as are the next two."""
    signum: int | _Name | None = None
    expired: bool | None = None
    requeue: bool | None = None
    """Of ``task-rejected``."""
    freq: Annotated[float, Meta(ge=0.0, le=FREQ_MAX_S)] = 0.0
    """Seconds between heartbeats."""
    active: _Count | None = None
    """Of heartbeats: tasks that run."""
    processed: _Count | None = None
    """Of heartbeats: tasks that were ever started."""


class _Envelope(msgspec.Struct, gc=False):
    body: bytes  # msgspec takes base64 off


_envelope = msgspec.json.Decoder(_Envelope).decode
_one_or_many = msgspec.json.Decoder(Event | list[Event]).decode
_loose = msgspec.json.Decoder().decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode(message: bytes) -> list[Event]:
    """The events of one message; empty when there is nothing to be made of it."""
    if len(message) > MESSAGE_MAX_BYTES:
        return []
    try:
        events = _one_or_many(_envelope(message).body)
    except (*_UNREADABLE, binascii.Error):
        return _decode_loosely(message)
    if type(events) is list:
        return events if len(events) <= EVENTS_MAX else events[:EVENTS_MAX]
    return [events] if events.type else []


def events_of(body: Any) -> list[Event]:
    """The events of a body that somebody else has decoded: one, or a list of them."""
    many = body if isinstance(body, list) else [body]
    found = (_event_of(one) for one in many[:EVENTS_MAX])
    return [event for event in found if event is not None]


def _decode_loosely(message: bytes) -> list[Event]:
    """Event by event and field by field, keeping what has the right type."""
    body = _body(message)
    return [] if body is None else events_of(_read(body))


def _body(message: bytes) -> bytes | None:
    try:
        return _envelope(message).body
    except (*_UNREADABLE, binascii.Error):
        pass
    # A transport that leaves the body as it is (body_encoding other than base64).
    envelope = _read(message)
    body = envelope.get("body") if isinstance(envelope, dict) else None
    return body.encode(errors="replace") if isinstance(body, str) else None


def _read(source: bytes) -> Any:
    try:
        return _loose(source)
    except _UNREADABLE:
        pass
    # Python's own reader takes what Celery's own writer may write: halves of surrogate pairs, NaN.
    try:
        return json.loads(source)
    except (ValueError, RecursionError):
        return None


def _event_of(raw: Any) -> Event | None:
    """The event without its absurd fields, with what is too long cut; None: of no use."""
    if not isinstance(raw, dict):
        return None
    kept: dict[str, Any] = {}
    for field, fitting in _FITTING.items():
        value = raw.get(field)
        if value is not None and (value := fitting(value)) is not None:
            kept[field] = value
    if not kept.get("type") or len(_text(raw.get("uuid")) or "") > ID_MAX:
        return None
    return Event(**kept)


def _text(value: Any, most: int = TEXT_MAX) -> str | None:
    if not isinstance(value, str):
        return None
    # Half a surrogate pair can be written to no file and no socket.
    return value[:most].encode(errors="replace").decode(errors="replace")


def _repr(value: Any) -> str | None:
    return _text(value, REPR_MAX)


def _traceback(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) <= TRACEBACK_MAX:
        return _text(value, TRACEBACK_MAX)
    head = TRACEBACK_MAX // 4
    tail = TRACEBACK_MAX - head - len(_CUT)
    return _text(value[:head] + _CUT + value[-tail:], TRACEBACK_MAX)


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _whole(most: int) -> Callable[[Any], int | None]:
    def fitting(value: Any) -> int | None:
        right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
        return value if right else None

    return fitting


def _number(most: float) -> Callable[[Any], float | None]:
    def fitting(value: Any) -> float | None:
        right = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if right and 0.0 <= value <= most else None

    return fitting


def _signum(value: Any) -> int | str | None:
    return _whole(COUNT_MAX)(value) if isinstance(value, int) else _text(value)


_FITTING: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        ("type", "uuid", "hostname", "name", "queue", "exchange", "routing_key", "root_id"), _text
    ),
    **dict.fromkeys(("parent_id", "eta", "expires"), _text),
    **dict.fromkeys(("args", "kwargs", "result", "exception"), _repr),
    **dict.fromkeys(("pid", "clock", "active", "processed"), _whole(COUNT_MAX)),
    **dict.fromkeys(("terminated", "expired", "requeue"), _flag),
    "timestamp": _number(INSTANT_MAX),
    "retries": _whole(RETRIES_MAX),
    "runtime": _number(RUNTIME_MAX_S),
    "freq": _number(FREQ_MAX_S),
    "traceback": _traceback,
    "signum": _signum,
}
