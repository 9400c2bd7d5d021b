"""A message as it lies in a queue, decoded for a person to read. Pure.

Nothing in it is trusted: a body is decoded where that is only reading (JSON, msgpack, text), a
pickle is never opened, and every text is cut.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from desktop.engine.rescue.message import ID_MAX, NAME_MAX
from desktop.engine.task_model import QueuedMessage

BODY_MAX = 4096
ARGUMENTS_MAX = 1024
WHOLE_MAX = 64 * 1024
"""A message up to this size is read whole; of a larger one the start, and the end, where kombu
puts the headers."""
START = 8 * 1024
EARLIEST = 1e9
LATEST = 1e11
"""A number beyond these is no instant in seconds."""

_AFTER_BODY = re.compile(rb'",\s*"content-encoding":')


class Raw(msgspec.Struct, frozen=True):
    """What was read of a message."""

    size: int
    start: bytes
    """Whole, where ``end`` is empty."""
    end: bytes = b""


def decoded(raw: Raw, position: int, priority: int) -> QueuedMessage:
    """The message as a value; what can't be read of it is left out."""
    envelope = _envelope(raw)
    if envelope is None:
        words = raw.start[:BODY_MAX].decode(errors="replace")
        return QueuedMessage(position, priority=priority, size_bytes=raw.size, body=words)
    return _told(envelope, position, priority, raw.size, whole=not raw.end)


def of_unacked(value: bytes) -> QueuedMessage | None:
    """The message in an entry of ``unacked``, which nobody waits for in any line: its position is
    -1. None where there is none."""
    try:
        envelope = json.loads(value)[0]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    if not isinstance(envelope, dict):
        return None
    priority = _count(_mapping(envelope, "properties").get("priority"))
    return _told(envelope, -1, priority, len(value), whole=True)


def _told(
    envelope: dict[str, Any], position: int, priority: int, size: int, *, whole: bool
) -> QueuedMessage:
    headers, properties = _mapping(envelope, "headers"), _mapping(envelope, "properties")
    content_type = _short(envelope.get("content-type"), NAME_MAX)
    body = _body(envelope, properties)
    said = _call(body, content_type, whole=whole)
    legacy = said if isinstance(said, dict) else {}  # message protocol 1: all is in the body
    return QueuedMessage(
        position,
        id=_short(headers.get("id") or legacy.get("id"), ID_MAX),
        name=_short(headers.get("task") or legacy.get("task"), NAME_MAX),
        args=_arguments(headers.get("argsrepr"), said, 0, legacy.get("args")),
        kwargs=_arguments(headers.get("kwargsrepr"), said, 1, legacy.get("kwargs")),
        priority=priority,
        sent_at=instant(properties.get("timestamp")) or instant(headers.get("sent_at")),
        eta=instant(headers.get("eta") or legacy.get("eta")),
        expires_at=instant(headers.get("expires") or legacy.get("expires")),
        size_bytes=size,
        redelivered=headers.get("redelivered") is True
        or _mapping(properties, "delivery_info").get("redelivered") is True,
        origin=_short(headers.get("origin"), NAME_MAX),
        body=_words(body, said, content_type),
        content_type=content_type,
        retries=_count(headers.get("retries") or legacy.get("retries")),
    )


def _envelope(raw: Raw) -> dict[str, Any] | None:
    whole = raw.start
    if raw.end:
        found = _AFTER_BODY.search(raw.end)
        if found is None or not raw.start.startswith(b'{"body": "'):
            return None
        # Without the body, of which the start is put back: four characters are three bytes.
        start = raw.start[len(b'{"body": "') :]
        whole = b'{"body": "' + start[: len(start) // 4 * 4] + raw.end[found.start() :]
    try:
        envelope = json.loads(whole)
    except (ValueError, RecursionError):
        return None
    return envelope if isinstance(envelope, dict) else None


def _body(envelope: dict[str, Any], properties: dict[str, Any]) -> bytes:
    body = envelope.get("body")
    if not isinstance(body, str):
        return json.dumps(body).encode()
    if properties.get("body_encoding") == "base64":
        try:
            return base64.b64decode(body)
        except (binascii.Error, ValueError):
            pass
    return body.encode(errors="replace")


def _call(body: bytes, content_type: str, *, whole: bool) -> Any:
    """``[args, kwargs, embed]``, or the dict of message protocol 1; None: not to be read."""
    try:
        if whole and content_type == "application/json":
            return json.loads(body)
        if whole and content_type == "application/x-msgpack":
            return msgspec.msgpack.decode(body)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        pass
    return None


def _words(body: bytes, said: Any, content_type: str) -> str:
    if content_type in {"application/json", "application/x-yaml", "text/plain"}:
        return body[: BODY_MAX * 4].decode(errors="replace")[:BODY_MAX]
    return "" if said is None else _json(said, BODY_MAX)


def _arguments(told: Any, said: Any, place: int, legacy: Any) -> str:
    """The sender's own words for them, else what the body holds."""
    if isinstance(told, str):
        return told[:ARGUMENTS_MAX]
    if isinstance(said, list) and len(said) > place:
        return _json(said[place], ARGUMENTS_MAX)
    return "" if legacy is None else _json(legacy, ARGUMENTS_MAX)


def _json(value: Any, most: int) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:most]


def _mapping(holder: dict[str, Any], key: str) -> dict[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def _short(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0


def instant(value: Any) -> float | None:
    """Seconds since the epoch, from a number or an ISO 8601 text; Celery's are in UTC where they
    do not say."""
    if isinstance(value, str):
        try:
            then = datetime.fromisoformat(value)
            value = (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if EARLIEST <= value <= LATEST else None
