"""A task's message as it waits in the broker, read back: its real arguments, and how it was sent.

Pure. What comes from a broker is not to be trusted in shape: what does not fit is no task. Only
JSON is read; a pickle would run whatever its sender wrote into it.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

import msgspec

from desktop.engine.rescue.message import ID_MAX, NAME_MAX

ARGUMENTS_MAX = 1024 * 1024
"""Characters. Larger arguments are not taken along: such a task can't be run again from here."""


class Sent(msgspec.Struct, frozen=True):
    """A task as its sender sent it."""

    id: str
    name: str
    args: str = ""
    """A JSON list, whole; "" when the body can't be read here (see ``unread``)."""
    kwargs: str = ""
    """A JSON object, whole."""
    unread: str = ""
    """Why there are no arguments: the content type, "compressed" or "large"."""
    shown_args: str = ""
    shown_kwargs: str = ""
    priority: int | None = None
    eta: float | None = None
    expires_at: float | None = None
    time_limit_s: float | None = None
    soft_time_limit_s: float | None = None
    root_id: str = ""
    parent_id: str = ""
    followed: bool = False
    """Something is to come after it: the rest of a chain, callbacks, a chord."""


class _Payload(msgspec.Struct):
    headers: dict[str, Any]
    body: Any = ""
    properties: dict[str, Any] = {}
    content_type: Any = msgspec.field(default="", name="content-type")


_decode = msgspec.json.Decoder(_Payload).decode
_decode_headers = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def id_of(value: bytes) -> str:
    """Id of the task in a message that waits, without reading the rest; "": it is none."""
    try:
        found = _decode_headers(_decode_headers(value)["headers"])["id"]
        return str(msgspec.json.decode(found, type=str))
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):
        return ""


def sent(value: bytes) -> Sent | None:
    """The task in a message as it waits in a queue's list; None: it is no task of protocol 2."""
    try:
        payload = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    headers = payload.headers
    task_id, name = headers.get("id"), headers.get("task")
    if not isinstance(task_id, str) or not isinstance(name, str) or len(task_id) > ID_MAX:
        return None
    args, kwargs, unread, followed = _arguments(payload)
    hard, soft = _limits(headers.get("timelimit"))
    return Sent(
        id=task_id,
        name=name[:NAME_MAX],
        args=args,
        kwargs=kwargs,
        unread=unread,
        shown_args=_words(headers.get("argsrepr")),
        shown_kwargs=_words(headers.get("kwargsrepr")),
        priority=_whole(payload.properties.get("priority")),
        eta=instant(headers.get("eta")),
        expires_at=instant(headers.get("expires")),
        time_limit_s=hard,
        soft_time_limit_s=soft,
        root_id=_words(headers.get("root_id")),
        parent_id=_words(headers.get("parent_id")),
        followed=followed,
    )


def sent_unacked(value: bytes) -> Sent | None:
    """The same of a message in ``unacked``, where it stands with its exchange and its key."""
    try:
        first = msgspec.json.decode(value, type=tuple[msgspec.Raw, Any, Any])[0]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return sent(bytes(first))


def _arguments(payload: _Payload) -> tuple[str, str, str, bool]:
    nothing = ("", "")
    kind = _words(payload.content_type)
    if payload.headers.get("compression"):
        return *nothing, "compressed", False
    if kind != "application/json":
        return *nothing, kind or "?", False
    body = payload.body
    if not isinstance(body, str) or len(body) > 2 * ARGUMENTS_MAX:
        return *nothing, "large", False
    try:
        if payload.properties.get("body_encoding") == "base64":
            body = base64.b64decode(body).decode()
        args, kwargs, embedded = json.loads(body)
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            return *nothing, "?", False
        words = (json.dumps(args, ensure_ascii=False), json.dumps(kwargs, ensure_ascii=False))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return *nothing, "?", False
    followed = isinstance(embedded, dict) and any(embedded.values())
    return *words, "", followed


def _limits(said: Any) -> tuple[float | None, float | None]:
    if not isinstance(said, list) or len(said) != 2:
        return None, None
    hard, soft = (float(n) if isinstance(n, int | float) and n > 0 else None for n in said)
    return hard, soft


def instant(said: Any) -> float | None:
    """Of an ISO 8601 text, which is UTC where it names no zone, as Celery's are; else None."""
    if not isinstance(said, str):
        return None
    try:
        found = datetime.fromisoformat(said)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _whole(said: Any) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and said else None


def _words(said: Any) -> str:
    return said[:NAME_MAX] if isinstance(said, str) else ""
