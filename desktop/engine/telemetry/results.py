"""How tasks ended, out of a Redis result backend: a witness where events were missed.

A result is ``celery-task-meta-ID`` with a JSON document (celery/backends/base.py). Pickled ones are
never opened. Everything blocks, reads only, and raises
:class:`desktop.engine.errors.ServiceError` when the server can't be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from desktop.engine.broker import connected, glob_literal
from desktop.engine.iso_time import instant
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.engine.telemetry.endings import unknown_name
from desktop.engine.telemetry.wire import ID_MAX, REPR_MAX, TEXT_MAX, TRACEBACK_MAX

PREFIX = "celery-task-meta-"
RESULT_MAX_BYTES = 1024 * 1024
"""A longer result is not read: its end is not known then."""
_CHUNK = 200
_SCANS_MAX = 300
_SCAN_COUNT = 1000
"""Together: results are looked for among the first 300,000 keys, which takes about 0.1 s."""
_ENDS = {
    "SUCCESS": TaskState.SUCCESS,
    "FAILURE": TaskState.FAILURE,
    "REVOKED": TaskState.REVOKED,
}


class Results:
    """The results of one app."""

    def __init__(self, url: str, key_prefix: str = "") -> None:
        """``key_prefix`` is what the backend puts before its keys."""
        self._url = url
        self._prefix = key_prefix + PREFIX

    def of(self, ids: Sequence[str]) -> Iterator[Task]:
        """Those of these tasks that have ended, as their results tell it."""
        with connected(self._url) as client:
            for start in range(0, len(ids), _CHUNK):
                chunk = ids[start : start + _CHUNK]
                yield from self._read(client, chunk)

    def since(self, at: float) -> Iterator[Task]:
        """All tasks that have ended since ``at`` (wall clock of the workers)."""
        client: Any
        with connected(self._url) as client:
            ids: list[str] = []
            cursor = 0
            for _ in range(_SCANS_MAX):
                cursor, keys = client.scan(
                    cursor, glob_literal(self._prefix) + "*", count=_SCAN_COUNT, _type="string"
                )
                ids += (key.decode(errors="replace")[len(self._prefix) :] for key in keys)
                if not cursor:
                    break
            for start in range(0, len(ids), _CHUNK):
                for task in self._read(client, ids[start : start + _CHUNK]):
                    if task.finished_at is not None and task.finished_at >= at:
                        yield task

    def _read(self, client: Any, ids: Iterable[str]) -> Iterator[Task]:
        asked = [one for one in ids if 0 < len(one) <= ID_MAX]
        values = client.mget([self._prefix + one for one in asked]) if asked else []
        for one, value in zip(asked, values, strict=True):
            task = task_of(one, value) if value else None
            if task is not None:
                yield task


class _Meta(msgspec.Struct):
    status: str = ""
    result: Any = None
    traceback: Any = None
    date_done: Any = None
    name: Any = None
    args: Any = None
    kwargs: Any = None
    worker: Any = None
    queue: Any = None
    retries: Any = None
    parent_id: Any = None


_meta = msgspec.json.Decoder(_Meta).decode


def task_of(task_id: str, value: bytes) -> Task | None:
    """The task as its result tells it; None when it has not ended, or the result can't be read."""
    if len(value) > RESULT_MAX_BYTES:
        return None
    try:
        meta = _meta(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    state = _ENDS.get(meta.status)
    if state is None:
        return None
    finished_at = instant(meta.date_done) if isinstance(meta.date_done, str) else None
    exception = "" if state is TaskState.SUCCESS else exception_of(meta.result)
    return Task(
        task_id,
        name=_text(meta.name, TEXT_MAX) or unknown_name(exception),
        state=state,
        worker=_text(meta.worker, TEXT_MAX),
        queue=_text(meta.queue, TEXT_MAX),
        args=_shown(meta.args),
        kwargs=_shown(meta.kwargs),
        result=_shown(meta.result) if state is TaskState.SUCCESS else "",
        exception=exception,
        traceback=_text(meta.traceback, TRACEBACK_MAX),
        retries=meta.retries if isinstance(meta.retries, int) and meta.retries > 0 else 0,
        parent_id=_text(meta.parent_id, ID_MAX),
        finished_at=finished_at,
        seen_at=finished_at or 0.0,
        revoked_why=_why(meta.result) if state is TaskState.REVOKED else "",
    )


def exception_of(result: Any) -> str:
    """What Celery kept of an exception, as Python would show it: ``ValueError('no')``."""
    if not isinstance(result, dict):
        return _shown(result)
    kind, message = result.get("exc_type"), result.get("exc_message")
    if isinstance(message, list | tuple):
        words = ", ".join(repr(one) for one in message)
    else:
        words = "" if message is None else repr(message)
    return f"{_text(kind, TEXT_MAX)}({words})"[:REPR_MAX]


def _why(result: Any) -> str:
    message = result.get("exc_message") if isinstance(result, dict) else None
    told = message[0] if isinstance(message, list) and message else message
    return told if told in {"terminated", "expired"} else ""


def _shown(value: Any) -> str:
    return "" if value is None else repr(value)[:REPR_MAX]


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""
