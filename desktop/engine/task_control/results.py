"""What a Redis result backend tells of tasks: how they ended, and with ``result_extended`` their
real arguments.

Blocks, and only reads. Raises :class:`desktop.engine.errors.ServiceError` when it can't be asked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from desktop.engine import redis_url
from desktop.engine.broker import connected
from desktop.engine.states import TaskState
from desktop.engine.task_control.message import ARGUMENTS_MAX, instant

_KEY = "celery-task-meta-"
ENDS = frozenset({TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVOKED})
"""Celery's ``READY_STATES``, with results."""


class Result(msgspec.Struct, frozen=True):
    """One result. Texts that it does not tell are ""."""

    state: TaskState | None
    """None: one of the app's own states, or a result that can't be read here."""
    name: str = ""
    args: str = ""
    """A JSON list, whole."""
    kwargs: str = ""
    routing_key: str = ""
    """What Celery calls "queue" there."""
    ended_at: float | None = None
    group_id: str = ""
    """Of the group, or of the chord whose header or body it is."""

    @property
    def ended(self) -> bool:
        return self.state in ENDS


def results(url: str, ids: Sequence[str], key_prefix: str = "") -> dict[str, Result]:
    """Those that have a result, by id. ``key_prefix`` is the backend's ``global_keyprefix``."""
    if not ids or not redis_url.is_redis(url):
        return {}
    keys = [f"{key_prefix}{_KEY}{one}" for one in ids]
    with connected(url) as client:
        pipe = client.pipeline(transaction=False)
        for key in keys:
            pipe.strlen(key)
        sizes = pipe.execute(raise_on_error=False)
        there = [
            (task_id, key)
            for task_id, key, size in zip(ids, keys, sizes, strict=True)
            if isinstance(size, int) and 0 < size <= 2 * ARGUMENTS_MAX
        ]
        values: Any = client.mget([key for _, key in there]) if there else []
    return {
        task_id: _result(value) for (task_id, _), value in zip(there, values, strict=True) if value
    }


def _result(value: bytes) -> Result:
    try:
        said = msgspec.json.decode(value, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Result(None)
    args, kwargs = said.get("args"), said.get("kwargs")
    whole = isinstance(args, list) and isinstance(kwargs, dict)
    try:
        state = TaskState(str(said.get("status")))
    except ValueError:
        state = None
    return Result(
        state,
        _words(said.get("name")),
        json.dumps(args, ensure_ascii=False) if whole else "",
        json.dumps(kwargs, ensure_ascii=False) if whole else "",
        _words(said.get("queue")),
        instant(said.get("date_done")),
        _words(said.get("group_id")),
    )


def _words(said: Any) -> str:
    return said[:1024] if isinstance(said, str) else ""
