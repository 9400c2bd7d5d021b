"""Which brokers are asked about their nodes, and what all of them say.

The stack's own, those of the engine's other stacks, and those that found workers name on their
command lines. Of the latter only Redis on this machine is asked: a look must not go out into a
network. An address that nobody listens on costs a refused connection, no more.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable

import msgspec

from desktop.engine import redis_url
from desktop.engine.broker import depths
from desktop.engine.census import inquiry
from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.same_app import address
from desktop.engine.control import Control
from desktop.engine.errors import TrayError

BROKERS_MAX = 6
"""Asked in one look."""
AT_ONCE = 2
"""Each question takes a thread for half a second, and a broker is asked six of them."""
CONNECT_TIMEOUT_S = 0.3

Address = tuple[str, str, int | None, str]
"""What tells one broker from another; holds no credentials."""


class Broker(msgspec.Struct, frozen=True):
    """One that can be asked."""

    url: str
    """May hold credentials: never shown."""
    control: Control
    key_prefix: str = ""

    @property
    def address(self) -> Address:
        return address(self.url)


class Said(msgspec.Struct, frozen=True):
    """What the brokers said. A node's key is one of ``answers``."""

    answers: dict[str, NodeAnswer] = {}
    broker: dict[str, Address] = {}
    """Where each answer came from."""
    reached: frozenset[Address] = frozenset()
    """Those that could be asked: who is silent there did not answer."""
    depths: dict[tuple[Address, str], int] = {}
    """Messages that wait, of the queues that nodes consume."""


def brokers(known: Iterable[Broker], named: Iterable[str]) -> tuple[Broker, ...]:
    """Those to ask: ``known`` first, then what command lines name."""
    found: dict[tuple[Address, str], Broker] = {}
    for broker in known:
        found.setdefault((broker.address, broker.key_prefix), broker)
    places = {place for place, _ in found}
    for url in named:
        if redis_url.is_redis(url) and redis_url.is_local(url) and address(url) not in places:
            places.add(address(url))
            found[address(url), ""] = Broker(url, Control(url))
    return tuple(found.values())[:BROKERS_MAX]


async def ask(asked: Iterable[Broker]) -> Said:
    """Ask all of them about their nodes. Never raises; takes half a second a pair."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(broker: Broker) -> Said:
        async with gate:
            return await _ask(broker)

    said = await asyncio.gather(*map(one, asked))
    return Said(
        answers={f"{n}\0{k}": a for n, one in enumerate(said) for k, a in one.answers.items()},
        broker={f"{n}\0{k}": b for n, one in enumerate(said) for k, b in one.broker.items()},
        reached=frozenset().union(*(one.reached for one in said)),
        depths={key: depth for one in said for key, depth in one.depths.items()},
    )


async def _ask(broker: Broker) -> Said:
    if not await asyncio.to_thread(_listens, broker.url):
        return Said()
    answers = await inquiry.ask(broker.control)
    came_from = dict.fromkeys(answers, broker.address)
    reached = frozenset({broker.address})
    if not redis_url.is_redis(broker.url):
        return Said(answers, came_from, reached if answers else frozenset())
    # Asked even when no node answered: only a Redis that answers has carried the question.
    queues = {queue for answer in answers.values() for queue in answer.queues or ()} or {"celery"}
    try:
        waiting = await asyncio.to_thread(
            depths, broker.url, tuple(queues), key_prefix=broker.key_prefix
        )
    except TrayError:
        return Said(answers, came_from)
    return Said(
        answers,
        came_from,
        reached,
        {(broker.address, queue): depth for queue, depth in waiting.items()},
    )


def _listens(url: str) -> bool:
    """Whether it is worth asking. What is no plain address of Redis is always worth it."""
    try:
        if path := redis_url.socket_path(url):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(CONNECT_TIMEOUT_S)
                client.connect(path)
        elif redis_url.is_local(url):
            host, port, _ = redis_url.address(url)
            socket.create_connection((host, port), CONNECT_TIMEOUT_S).close()
    except (OSError, ValueError):
        return False
    return True
