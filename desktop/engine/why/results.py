"""What a Redis result backend keeps of a task. Reads one key; a pickle is never opened."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from desktop.engine import redis_url
from desktop.engine.broker import connected
from desktop.engine.states import TaskState
from desktop.engine.why.evidence import Result

PREFIX = "celery-task-meta-"
RESULT_MAX = 1024


def readable(backend: str) -> bool:
    """Whether results can be looked at there."""
    return redis_url.is_redis(backend)


def read(backend: str, task_id: str, key_prefix: str = "") -> Result | None:
    """The result; None when there is none. Blocks. Raises
    :class:`desktop.engine.errors.ServiceError` when the backend can't be asked."""
    with connected(backend) as client:
        value: Any = client.get(f"{key_prefix}{PREFIX}{task_id}")
    return None if value is None else of_value(value)


def of_value(value: bytes) -> Result:
    """A result as Celery's backends write it."""
    try:
        told = json.loads(value)
        state = TaskState(told["status"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return Result(None)
    result = told.get("result")
    if isinstance(result, dict) and "exc_type" in result:
        words = f"{result.get('exc_type')}: {result.get('exc_message')}"
    else:
        words = json.dumps(result, ensure_ascii=False, default=str)
    return Result(state, words[:RESULT_MAX], _instant(told.get("date_done")))


def _instant(value: Any) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        then = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
