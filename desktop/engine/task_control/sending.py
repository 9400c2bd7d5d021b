"""Sends tasks as Celery would (message protocol 2), without importing Celery or the app.

They go to their queue directly, through the exchange without a name, which binds nothing anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from desktop.engine.broker import unreachable

_TIMEOUT_S = 5.0
_SHOWN_MAX = 1_024
"""Celery's ``argsrepr_maxsize``."""


class Letter(msgspec.Struct, frozen=True):
    """A task that is to be sent."""

    name: str
    queue: str
    args: str = "[]"
    """A JSON list, in kombu's dialect (``{"__type__": "datetime", …}``)."""
    kwargs: str = "{}"
    """A JSON object."""
    shown_args: str = ""
    """The representation for people; "": made from ``args``."""
    shown_kwargs: str = ""
    priority: int | None = None
    eta: float | None = None
    """Not before this instant."""
    expires_at: float | None = None
    time_limit_s: float | None = None
    soft_time_limit_s: float | None = None
    again_of: str = ""
    """The task that it repeats; it becomes its parent, so that both are seen as one family."""
    root_id: str = ""
    """Of that task."""


Note = Callable[[Letter, str, float], None]
"""Is told what was sent, its id, and the instant just before. Any thread."""
Post = Callable[[Letter], str]
"""Sends one; its new id. Raises :class:`desktop.engine.errors.ServiceError`."""


@contextlib.contextmanager
def post_office(url: str, options: Mapping[str, Any]) -> Iterator[Post]:
    """Sends any number of tasks over one connection. Blocks.

    ``options`` are the app's ``broker_transport_options``. Raises
    :class:`desktop.engine.errors.ServiceError` when the broker can't be reached.
    """
    from kombu.connection import Connection
    from kombu.exceptions import KombuError
    from kombu.messaging import Producer

    limits = {
        **options,
        "max_retries": 0,
        "socket_connect_timeout": _TIMEOUT_S,
        "socket_timeout": _TIMEOUT_S,
    }
    connection: Any = Connection(url, transport_options=limits)  # type: ignore[no-untyped-call]
    errors = (*connection.connection_errors, *connection.channel_errors, KombuError, OSError)
    try:
        with connection, connection.channel() as channel:
            producer = Producer(channel, auto_declare=False)  # type: ignore[no-untyped-call]
            yield lambda letter: _publish(producer, letter)
    except errors as error:
        raise unreachable(url, error) from None


def send(url: str, options: Mapping[str, Any], letter: Letter) -> str:
    """One task; its new id. Blocks, raises as :func:`post_office` does."""
    with post_office(url, options) as post:
        return post(letter)


def _publish(producer: Any, letter: Letter) -> str:
    from kombu.utils.uuid import uuid

    args, kwargs = json.loads(letter.args), json.loads(letter.kwargs)
    shown = shown_of(letter)
    task_id = str(uuid())
    embedded = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    producer.publish(
        (args, kwargs, embedded),
        exchange="",
        routing_key=letter.queue,
        serializer="json",
        delivery_mode=2,
        priority=letter.priority,
        correlation_id=task_id,
        headers={
            **_headers(letter, task_id),
            "argsrepr": shown[0],
            "kwargsrepr": shown[1],
        },
    )
    return task_id


def shown_of(letter: Letter) -> tuple[str, str]:
    """The representations of its arguments, as events and logs will tell them."""
    return (
        letter.shown_args or _shown(repr(tuple(json.loads(letter.args)))),
        letter.shown_kwargs or _shown(repr(json.loads(letter.kwargs))),
    )


def _headers(letter: Letter, task_id: str) -> dict[str, Any]:
    """What ``celery.app.amqp.AMQP.as_task_v2`` (5.7) writes."""
    return {
        "lang": "py",
        "task": letter.name,
        "id": task_id,
        "shadow": None,
        "eta": _iso(letter.eta),
        "expires": _iso(letter.expires_at),
        "group": None,
        "group_index": None,
        "retries": 0,
        "timelimit": [letter.time_limit_s, letter.soft_time_limit_s],
        "root_id": letter.root_id or letter.again_of or task_id,
        "parent_id": letter.again_of or None,
        "origin": f"{os.getpid()}@{socket.gethostname()}",
        "ignore_result": False,
        "stamped_headers": None,
        "stamps": {},
    }


def _iso(instant: float | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant, UTC).isoformat()


def _shown(words: str) -> str:
    return words if len(words) <= _SHOWN_MAX else words[: _SHOWN_MAX - 3] + "..."
