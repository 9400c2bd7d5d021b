"""Flower comes up without its broker, shows nothing, and tries again for ever: that is told."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from desktop.engine.model import Problem
from desktop.engine.urls import masked
from desktop.words import text

PORTS = {"redis": 6379, "rediss": 6379, "valkey": 6379, "amqp": 5672, "pyamqp": 5672, "amqps": 5671}
TIMEOUT_S = 2.0


def broker(url: str) -> Problem | None:
    """Why nothing will be seen: nobody listens at the broker's address. None when somebody does,
    or the address can't be asked so (a file, a socket, a cloud). Blocks, at most
    :data:`TIMEOUT_S`."""
    try:
        parts = urlsplit(url.partition(";")[0])
        place = (parts.hostname or "127.0.0.1", parts.port or PORTS[parts.scheme])
        socket.create_connection(place, TIMEOUT_S).close()
    except (KeyError, ValueError):
        return None
    except OSError as error:
        return Problem(
            "flower-broker",
            text("Flower can't reach the broker."),
            text("{broker}: {reason}", broker=masked(url), reason=error.strerror or str(error)),
            text("Start the broker, or correct its address. Flower connects to it by itself then."),
        )
    return None
