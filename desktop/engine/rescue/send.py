"""Sends a task again, as Celery would (message protocol 2), without importing Celery or the app.

It goes to its queue directly, through the exchange without a name, which binds nothing anew.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from typing import Any

from desktop.engine.broker import unreachable
from desktop.engine.cleanup_model import LostTask

_TIMEOUT_S = 5.0


def send(url: str, options: Mapping[str, Any], task: LostTask) -> str:
    """A new task of the same name and arguments; its id.

    ``task`` must have a ``payload`` and a ``queue``. Blocks. Raises
    :class:`desktop.engine.errors.ServiceError` when the broker can't be reached.
    """
    from kombu.connection import Connection
    from kombu.exceptions import KombuError
    from kombu.messaging import Producer
    from kombu.utils.uuid import uuid

    args, kwargs = json.loads(task.payload)
    task_id = str(uuid())
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
            Producer(channel, auto_declare=False).publish(  # type: ignore[no-untyped-call]
                (args, kwargs, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}),
                exchange="",
                routing_key=task.queue,
                serializer="json",
                delivery_mode=2,
                correlation_id=task_id,
                headers=_headers(task, task_id),
            )
    except errors as error:
        raise unreachable(url, error) from None
    return task_id


def _headers(task: LostTask, task_id: str) -> dict[str, Any]:
    """What ``celery.app.amqp.AMQP.as_task_v2`` (5.7) writes."""
    return {
        "lang": "py",
        "task": task.name,
        "id": task_id,
        "shadow": None,
        "eta": None,
        "expires": None,
        "group": None,
        "group_index": None,
        "retries": 0,
        "timelimit": [None, None],
        "root_id": task_id,
        "parent_id": None,
        "argsrepr": task.args or "()",
        "kwargsrepr": task.kwargs or "{}",
        "origin": f"{os.getpid()}@{socket.gethostname()}",
        "ignore_result": False,
        "stamped_headers": None,
        "stamps": {},
    }
