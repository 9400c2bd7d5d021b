"""Queues of brokers other than Redis, by what kombu can ask of all of them: how much waits, and
dropping it. A message can't be looked at there without taking it out, so that is not done.

Everything blocks, on a connection of its own, and raises
:class:`desktop.engine.errors.ServiceError` when the broker can't be asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from desktop.engine.broker import unreachable
from desktop.engine.errors import NotRunning, UsageError
from desktop.engine.urls import masked
from desktop.words import text

TIMEOUT_S = 3.0
NAMES_MAX = 200


class Depth(NamedTuple):
    name: str
    depth: int


def depths(url: str, options: Mapping[str, Any], names: Iterable[str]) -> tuple[Depth, ...]:
    """Messages that wait in each of the queues that there are. Declares none."""
    found = []
    with _connected(url, options) as (connection, errors):
        for name in tuple(names)[:NAMES_MAX]:
            # A broker closes the channel on which it was asked for a queue that it does not have.
            channel = connection.channel()
            try:
                told = channel.queue_declare(name, passive=True)
                found.append(Depth(name, int(told.message_count)))
            except errors:
                continue
            finally:
                with contextlib.suppress(*errors):
                    channel.close()
    return tuple(found)


def drop(url: str, options: Mapping[str, Any], name: str) -> int:
    """Drop all messages that wait in a queue; how many they were."""
    with _connected(url, options) as (connection, errors):
        try:
            with connection.channel() as channel:
                return int(channel.queue_purge(name) or 0)
        except errors as error:
            raise unreachable(url, error) from None


@contextlib.contextmanager
def _connected(
    url: str, options: Mapping[str, Any]
) -> Iterator[tuple[Any, tuple[type[Exception], ...]]]:
    from kombu.connection import Connection
    from kombu.exceptions import KombuError

    made: Callable[..., Any] = Connection
    try:
        connection = made(url, transport_options=dict(options), connect_timeout=TIMEOUT_S)
        errors = (*connection.connection_errors, *connection.channel_errors, KombuError, OSError)
    except (KeyError, ValueError, ImportError) as error:
        raise unreachable(url, error) from None
    try:
        with connection:
            connection.ensure_connection(max_retries=1, timeout=TIMEOUT_S)
            yield connection, errors
    except errors as error:
        raise unreachable(url, error) from None


# --- words ---------------------------------------------------------------------------------------


def not_possible(url: str) -> UsageError:
    return UsageError(
        "not-on-this-broker",
        text("This broker shows no messages without taking them out."),
        text("It is {url}. Looking at messages and moving them works with Redis.", url=masked(url)),
        text("Use the broker's own tools for that."),
    )


def broker_down(url: str) -> NotRunning:
    return NotRunning(
        "broker-down",
        text("The broker is not running."),
        text("It is {url}.", url=masked(url)) if url else text("It is not known which it is."),
        text("Start it: celery-tray start redis"),
    )
