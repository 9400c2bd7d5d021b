"""Looks for a task on other databases of the same Redis and on the brokers of other projects."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from desktop.engine import redis_url
from desktop.engine.broker import connected
from desktop.engine.census.same_app import address
from desktop.engine.errors import TrayError
from desktop.engine.queues import messages, reading
from desktop.engine.rescue.keys import Keys
from desktop.engine.urls import masked
from desktop.engine.why.evidence import Elsewhere

PLACES_MAX = 16
DEFAULT = "celery"


def places(url: str, others: Iterable[str]) -> tuple[str, ...]:
    """Databases of ``url``'s server that hold anything, and Redis among ``others``; without
    ``url`` itself. Blocks; a server that can't be asked tells none."""
    known = {address(url)}
    found: list[str] = []
    for place in (*_databases(url), *others):
        if redis_url.is_redis(place) and address(place) not in known:
            known.add(address(place))
            found.append(place)
    return tuple(found[:PLACES_MAX])


def _databases(url: str) -> tuple[str, ...]:
    if redis_url.socket_path(url):
        return ()
    with contextlib.suppress(TrayError), connected(url) as client:
        told: dict[str, Any] = client.info("keyspace")
        numbers = [name.removeprefix("db") for name in told if name.startswith("db")]
        parts = urlsplit(url)
        return tuple(
            urlunsplit(parts._replace(path=f"/{number}"))
            for number in numbers
            if number.isdecimal()
        )
    return ()


def find(place: str, task_id: str) -> Elsewhere | None:
    """Where it waits there. Blocks; a place that can't be asked has nothing."""
    keys = Keys()
    with contextlib.suppress(TrayError):
        names = dict.fromkeys((DEFAULT, *reading.working_queues(reading.bound(place, keys))))
        found = messages.find(place, keys, tuple(names)[: reading.QUEUES_MAX], task_id)
        if found:
            return Elsewhere(masked(place), found)
    return None
