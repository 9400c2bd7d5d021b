"""One look at the queues of a Redis broker: what waits, what is out for delivery, what is next.

Key names are those of kombu's Redis transport (kombu/transport/redis.py): a queue is a list, its
messages with a priority lie in lists of their own (``name\\x06\\x163``), bindings are sets of
``routing key SEP pattern SEP queue``, and ``unacked`` is a hash of delivery tag to
``[message, exchange, routing key]`` over all queues. Everything here only reads, and blocks for
milliseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from desktop.engine.broker import Binding, bindings, connected
from desktop.engine.rescue.keys import PRIORITY_MAX, Keys

if TYPE_CHECKING:
    from redis import Redis

UNACKED_READ_MAX = 1000
"""Beyond this many unacknowledged messages their share per queue is estimated from a sample."""
QUEUES_MAX = 500
"""Queues that are looked at; an app that makes one for each caller has more than anyone reads."""

_MARKS = """
local found = {}
for i, key in ipairs(KEYS) do
  local n, next, newest = 0, '', ''
  if redis.call('TYPE', key)['ok'] == 'list' then
    n = redis.call('LLEN', key)
    if n > 0 then
      next = redis.sha1hex(redis.call('LINDEX', key, -1))
      newest = n > 1 and redis.sha1hex(redis.call('LINDEX', key, 0)) or next
    end
  end
  found[i] = {n, next, newest}
end
return found
"""
"""Length of each list, with a mark of the message at either end: the messages stay where they
are, however large. A key of another type is an empty queue."""


class Ends(msgspec.Struct, frozen=True):
    """Marks of the messages at both ends of a list: the same mark is the same message."""

    next: str
    newest: str


class Reading(msgspec.Struct, frozen=True):
    """One queue at one moment."""

    name: str
    by_priority: tuple[tuple[int, int], ...] = ()
    """(priority, messages) of each list that holds any, in the order in which they are taken."""
    unacked: int = 0
    oldest_delivery_at: float | None = None
    """When the oldest unacknowledged message was delivered; by the consumer's clock."""
    ends: tuple[Ends, ...] = ()
    """Of the lists of ``by_priority``."""

    @property
    def depth(self) -> int:
        return sum(count for _, count in self.by_priority)


def bound(url: str, keys: Keys) -> tuple[Binding, ...]:
    """All bindings of the database. Looks through its keys: 0.1 s for half a million. Raises
    :class:`desktop.engine.errors.ServiceError` when the broker can't be asked."""
    with connected(url) as client:
        return tuple(bindings(client, keys.prefix, sep=keys.sep))


def working_queues(found: Iterable[Binding]) -> tuple[str, ...]:
    """Names of the queues that tasks go to: not those of remote control, replies and events."""
    return tuple(
        sorted(
            {
                binding.queue
                for binding in found
                if binding.queue
                and not binding.exchange.endswith(".pidbox")
                and not binding.exchange.startswith("celeryev")
                and not binding.queue.endswith(".pidbox")
                and not binding.queue.startswith("celeryev.")
            }
        )
    )


def read(
    url: str, keys: Keys, names: Sequence[str], found: Sequence[Binding]
) -> tuple[Reading, ...]:
    """``names`` as they are now; ``found`` are the bindings, which tell where an unacknowledged
    message came from. Raises :class:`desktop.engine.errors.ServiceError`."""
    names = tuple(dict.fromkeys(names))[:QUEUES_MAX]
    with connected(url) as client:
        lists = [(name, priority, key) for name in names for priority, key in all_lists(keys, name)]
        marks: Any = client.eval(_MARKS, len(lists), *(key for _, _, key in lists)) if lists else ()
        unacked = _unacked(client, keys, names, found)
    by_name: dict[str, list[tuple[int, int, Ends]]] = {name: [] for name in names}
    for (name, priority, _), (count, next_, newest) in zip(lists, marks, strict=True):
        if count:
            by_name[name].append((priority, int(count), Ends(next_.decode(), newest.decode())))
    return tuple(
        Reading(
            name,
            tuple((priority, count) for priority, count, _ in held),
            unacked.counts[name],
            unacked.oldest.get(name),
            tuple(ends for _, _, ends in held),
        )
        for name, held in by_name.items()
    )


def all_lists(keys: Keys, queue: str) -> tuple[tuple[int, str], ...]:
    """(priority, key) of every list that messages of a queue may lie in, whatever steps their
    sender was told to use; in the order in which they are taken."""
    steps = sorted({0, *range(1, PRIORITY_MAX + 1), *keys.steps})
    return tuple(
        (step, f"{keys.prefix}{queue}{keys.sep}{step}" if step else f"{keys.prefix}{queue}")
        for step in steps
    )


# --- unacknowledged messages -------------------------------------------------------------------


class _Unacked(msgspec.Struct):
    counts: Counter[str]
    oldest: dict[str, float]
    """Queue to the time of its oldest delivery."""


def _unacked(client: Redis, keys: Keys, names: Sequence[str], found: Sequence[Binding]) -> _Unacked:
    total: Any = client.hlen(keys.unacked)
    told = _Unacked(Counter(), {})
    if not total:
        return told
    routes = Routes(found, names)
    queues: dict[bytes, str] = {}
    for tag, value in client.hscan_iter(keys.unacked, count=100):
        queues[tag] = routes.queue_of(value)
        if len(queues) >= UNACKED_READ_MAX:
            break
    first: Any = client.zrange(keys.index, 0, 0)
    for tag in first:
        if tag not in queues and (value := client.hget(keys.unacked, tag)) is not None:
            queues[tag] = routes.queue_of(value)  # type: ignore[arg-type]
    pipe = client.pipeline(transaction=False)
    for tag in queues:
        pipe.zscore(keys.index, tag)
    for queue, at in zip(queues.values(), pipe.execute(), strict=True):
        told.counts[queue] += 1
        if at is not None:
            told.oldest[queue] = min(at, told.oldest.get(queue, at))
    if len(queues) < total:
        told.counts = Counter(
            {name: round(count * total / len(queues)) for name, count in told.counts.items()}
        )
    return told


_decode_unacked = msgspec.json.Decoder(tuple[msgspec.Raw, str | None, str | None]).decode


class Routes:
    """Which queue a message came from, by exchange and routing key."""

    def __init__(self, found: Sequence[Binding], names: Sequence[str]) -> None:
        self._exact = {(b.exchange, b.routing_key): b.queue for b in reversed(found)}
        self._of_exchange = {b.exchange: b.queue for b in reversed(found)}
        keys = Counter(b.routing_key for b in found if b.routing_key)
        self._of_key = {b.routing_key: b.queue for b in found if keys[b.routing_key] == 1}
        self._names = frozenset(names)

    def queue_of(self, value: bytes) -> str:
        """Of an entry of ``unacked``; "" when it can't be told."""
        try:
            _, exchange, routing_key = _decode_unacked(value)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ""
        return self.queue(exchange or "", routing_key or "")

    def queue(self, exchange: str, routing_key: str) -> str:
        """ "" when it can't be told."""
        exact = self._exact.get((exchange, routing_key))
        if exact is not None:
            return exact
        if routing_key in self._names:
            return routing_key
        if exchange in self._of_exchange:
            return self._of_exchange[exchange]
        # A result tells the key without the exchange.
        return "" if exchange else self._of_key.get(routing_key, "")
