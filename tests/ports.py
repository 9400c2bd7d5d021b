"""Ports that a test may use a while from now, and no other test: of this run or of another.

What the system gives for port 0 it gives again at once, to any program that connects somewhere. So
each process of the tests holds a block of ports below those, and gives each in turn.
"""

from __future__ import annotations

import functools
import itertools
import socket
from collections.abc import Iterator

BLOCKS = range(10_000, 32_000, 400)
"""The first port of each block; whoever is bound to it has the block."""
REFUSED = 10_080
"""Browsers open nothing on it (Amanda's port: WHATWG Fetch, "bad port")."""


def free_port() -> int:
    return next(port for port in _own() if port != REFUSED and _is_free(port))


def free_ports(count: int) -> list[int]:
    """Different ones."""
    return [free_port() for _ in range(count)]


@functools.cache
def _own() -> Iterator[int]:
    for first in BLOCKS:
        claim = socket.socket()
        try:
            claim.bind(("127.0.0.1", first))
        except OSError:
            claim.close()
        else:
            return _turns(claim, range(first + 1, first + BLOCKS.step))
    raise AssertionError("every block of ports is taken")


def _turns(claim: socket.socket, ports: range) -> Iterator[int]:
    """The ports again and again; the block is ours while the generator lives."""
    with claim:
        yield from itertools.cycle(ports)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
