"""Messages of a queue: looked at, looked for, dropped, moved. Nothing here decides that it may be.

Messages are taken from the right end of their list, the list of the lowest priority number first
(kombu's Redis transport). Everything blocks for milliseconds and raises
:class:`desktop.engine.errors.ServiceError` when the broker can't be asked.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from desktop.engine.broker import connected
from desktop.engine.queues.message import START, WHOLE_MAX, Raw, decoded
from desktop.engine.queues.reading import all_lists
from desktop.engine.rescue.keys import Keys
from desktop.engine.task_model import QueuedMessage

if TYPE_CHECKING:
    from redis import Redis

SEARCH_MAX = 300_000
"""Messages of one queue that are looked through for one of them, those that are next first;
20 µs each (measured, messages of 1 kB)."""
LIMIT_MAX = 500
"""Messages that are looked at in one go."""
_CHUNK = 500
_PASSES = 3
NEEDLES_MAX = 20

_READ = """
local out = {}
for _, value in ipairs(redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2])) do
  local size = string.len(value)
  if size <= tonumber(ARGV[3]) then
    out[#out + 1] = {size, value, ''}
  else
    out[#out + 1] = {size, string.sub(value, 1, ARGV[4]), string.sub(value, -ARGV[3])}
  end
end
return out
"""
"""Messages, the large ones cut: what is looked at must not cost more than what it shows."""

_FIND = """
local list = redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2])
for place = #list, 1, -1 do
  local value = list[place]
  if string.find(value, ARGV[3], 1, true) or string.find(value, ARGV[4], 1, true) then
    return #list - place
  end
end
return -1
"""
"""How many messages of this part are taken before the one with this id (two ways to write it)."""

_DROP = """
local left = tonumber(ARGV[1])
local dropped = 0
for _, key in ipairs(KEYS) do
  if redis.call('TYPE', key)['ok'] == 'list' then
    local count = redis.call('LLEN', key)
    if left >= 0 and left < count then count = left end
    if count > 0 then
      redis.call('LTRIM', key, 0, -(count + 1))
      dropped = dropped + count
      if left >= 0 then left = left - count end
    end
  end
end
return dropped
"""
"""All in one step: what is counted is what is gone, whatever workers take meanwhile."""

_MOVE = """
if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
return 1
"""
"""One message, only if it still waits: a worker that takes it in between wins."""


class Found(msgspec.Struct, frozen=True):
    """Where a message waits."""

    queue: str
    position: int
    """So many messages of its queue are taken before it."""
    depth: int
    message: QueuedMessage


class Moved(msgspec.Struct, frozen=True):
    moved: int
    left: int
    """Wanted, but not moved: taken by a worker meanwhile, or no message of kombu's."""


def peek(
    url: str, keys: Keys, queue: str, start: int = 0, limit: int = 50
) -> tuple[tuple[QueuedMessage, ...], int]:
    """``limit`` messages from position ``start`` on in the order in which they are taken, and how
    many there are."""
    start, limit = max(start, 0), min(max(limit, 0), LIMIT_MAX)
    with connected(url) as client:
        lists = _lengths(client, keys, queue)
        found: list[QueuedMessage] = []
        before = 0
        for priority, key, length in lists:
            first, last = max(start - before, 0), min(start + limit - before, length)
            if first < last:
                raws = _read(client, key, first, last)
                found += (
                    msgspec.structs.replace(decoded(raw, before + first + n, priority), queue=queue)
                    for n, raw in enumerate(raws)
                )
            before += length
    return tuple(found), before


def find(url: str, keys: Keys, queues: Sequence[str], task_id: str) -> Found | None:
    """Where the message of a task waits; None when it is in none of the queues, or further back
    than :data:`SEARCH_MAX`."""
    needle = json.dumps(task_id)
    with connected(url) as client:
        for queue in queues:
            before = 0
            lists = _lengths(client, keys, queue)
            for priority, key, length in lists:
                place = _place(client, key, length, needle)
                if place is not None:
                    (raw,) = _read(client, key, place, place + 1) or (Raw(0, b""),)
                    message = msgspec.structs.replace(
                        decoded(raw, before + place, priority), queue=queue
                    )
                    if message.id == task_id:
                        depth = sum(count for _, _, count in lists)
                        return Found(queue, before + place, depth, message)
                before += length
    return None


def drop(url: str, keys: Keys, queue: str, most: int | None = None) -> int:
    """Drop the messages that wait in a queue, or the next ``most``; how many they were. What is
    unacknowledged is not touched."""
    with connected(url) as client:
        lists = [key for _, key in all_lists(keys, queue)]
        dropped: Any = client.eval(_DROP, len(lists), *lists, -1 if most is None else max(most, 0))
    return int(dropped)


def move(url: str, keys: Keys, queue: str, to: str, ids: Collection[str] = ()) -> Moved:
    """Put messages of one queue behind those of another, or those with these ids; in their order
    and with their priority. Each is in one of the two at any time, never in both or neither."""
    wanted = frozenset(ids)
    done = [0, 0]
    with connected(url) as client:
        script = client.script_load(_MOVE)
        target = dict(all_lists(keys, to))
        for _ in range(_PASSES if wanted else 1):
            before = done[0]
            for priority, key, length in _lengths(client, keys, queue):
                _move_list(client, script, (key, target[priority]), to, length, wanted, done)
            # Workers that take messages meanwhile shift the others past the eye.
            if done[0] in {before, len(wanted)}:
                break
    return Moved(*done)


def _move_list(
    client: Redis,
    script: str,
    lists: tuple[str, str],
    to: str,
    length: int,
    wanted: frozenset[str],
    done: list[int],
) -> None:
    seen = stay = 0
    while seen < length:
        size = min(_CHUNK, length - seen)
        values: Any = client.lrange(lists[0], -(stay + size), -(stay + 1))
        if not values:
            return
        seen += len(values)
        pipe = client.pipeline(transaction=False)
        # The next first, so that they come to lie in the same order.
        for value in values[::-1]:
            new = readdressed(value, to, wanted) if _may_be(value, wanted) else None
            if new is None:
                stay += 1
                done[1] += not wanted
            else:
                pipe.evalsha(script, 2, *lists, value, new)
        moved = pipe.execute()
        done[0] += sum(moved)
        done[1] += len(moved) - sum(moved)


def _may_be(value: bytes, wanted: frozenset[str]) -> bool:
    """A look at the bytes tells most of the others, and costs a tenth of decoding them."""
    return not wanted or len(wanted) > NEEDLES_MAX or any(one.encode() in value for one in wanted)


def readdressed(value: bytes, to: str, wanted: frozenset[str] = frozenset()) -> str | None:
    """The message as kombu would have sent it to the queue ``to`` by itself; None for one that is
    not ``wanted``, or that is none of kombu's."""
    try:
        payload = json.loads(value)
        if wanted and payload["headers"]["id"] not in wanted:
            return None
        properties = payload["properties"]
        info = properties.setdefault("delivery_info", {})
        # The exchange without a name, where a routing key is the name of a queue.
        info.update(exchange="", routing_key=to)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return json.dumps(payload)


def _lengths(client: Redis, keys: Keys, queue: str) -> list[tuple[int, str, int]]:
    lists = all_lists(keys, queue)
    pipe = client.pipeline(transaction=False)
    for _, key in lists:
        pipe.llen(key)
    lengths = pipe.execute(raise_on_error=False)
    return [
        (priority, key, length)
        for (priority, key), length in zip(lists, lengths, strict=True)
        if isinstance(length, int) and length
    ]


def _read(client: Redis, key: str, first: int, last: int) -> list[Raw]:
    """Messages ``first`` to ``last`` (exclusive), counted from the end that is taken."""
    said: Any = client.eval(_READ, 1, key, -last, -(first + 1), WHOLE_MAX, START)
    return [Raw(int(size), start, end) for size, start, end in said][::-1]


def _place(client: Redis, key: str, length: int, needle: str) -> int | None:
    for passed in range(0, min(length, SEARCH_MAX), _CHUNK):
        place: Any = client.eval(
            _FIND, 1, key, -(passed + _CHUNK), -(passed + 1), f'"id": {needle}', f'"id":{needle}'
        )
        if int(place) >= 0:
            return passed + int(place)
    return None
