"""What is known of each download: a Redis hash each, an index by time, the order of the changes.

The record says SUCCESS only after the file is in place (the task's order of writes); a reader
checks the file once more, so a record and the disk can never disagree in the dangerous direction.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import redis

PREFIX = "celery-tray:download:"
INDEX = "celery-tray:downloads"
ACTIVE = "celery-tray:downloads:active"
CHANGED = "celery-tray:downloads:changed"
"""Sorted set: id of a download, by the number of its latest change. Deleted ones are in it too."""
SEQUENCE = "celery-tray:downloads:sequence"
CLEANED = "celery-tray:downloads:cleaned"
CHANGES_KEPT = 10_000
KEEP_S = 30 * 24 * 3600
"""A record outlives its file, to say that the file was removed."""
ENDED = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
WAITING = frozenset({"PENDING", "RETRY"})
IN_HAND = WAITING | {"STARTED"}
"""States in which a task runs or is on its way."""

Record = dict[str, str]

_WRITE = """
local key = KEYS[1]
local created = redis.call('HGET', key, 'created_at')
local state = redis.call('HGET', key, 'state')
if ARGV[2] == 'create' then
  if created then return {0, '', ''} end
elseif not state then
  return {-1, '', ''}
elseif ARGV[2] ~= '' and not string.find(ARGV[2], ',' .. state .. ',', 1, true) then
  return {0, '', ''}
end
local before = redis.call('HGET', key, 'done_bytes')
redis.call('HSET', key, unpack(ARGV, 4))
redis.call('EXPIRE', key, tonumber(ARGV[3]))
state = redis.call('HGET', key, 'state')
if state == 'PENDING' or state == 'RETRY' or state == 'STARTED' then
  redis.call('SADD', KEYS[2], ARGV[1])
else
  redis.call('SREM', KEYS[2], ARGV[1])
end
if #ARGV > 5 or before ~= redis.call('HGET', key, 'done_bytes') then
  local number = redis.call('INCR', KEYS[4])
  redis.call('HSET', key, 'change', number)
  redis.call('ZADD', KEYS[3], number, ARGV[1])
end
redis.call('ZADD', KEYS[5], redis.call('HGET', key, 'created_at'), ARGV[1])
return {1, redis.call('HGET', key, 'wish') or '', state}
"""


class Records:
    """All downloads of one Redis. Every method may raise :class:`redis.RedisError`."""

    def __init__(self, url: str) -> None:
        self.redis: redis.Redis = redis.Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=2.0, socket_timeout=5.0
        )
        self._write = self.redis.register_script(_WRITE)

    @staticmethod
    def fresh(url: str, auth: str, filename: str, sha256: str) -> Record:
        """A record that is not stored yet."""
        return {
            "id": uuid.uuid4().hex,
            "url": url,
            "auth": auth,
            "filename": filename,
            "wanted_sha256": sha256,
            "state": "PENDING",
            "created_at": repr(time.time()),
            "attempt": "0",
            "done_bytes": "0",
        }

    def put(self, record: Record) -> bool:
        """Store a record that is not there; False when one is."""
        return self._written(record["id"], "create", record)[0] == 1

    def get(self, download_id: str) -> Record | None:
        record = _texts(self.redis.hgetall(PREFIX + download_id))
        return record if "created_at" in record else None

    def update(self, download_id: str, *, only: Iterable[str] = (), **fields: str) -> bool:
        """Set fields; False when the record is gone, or its state is none of ``only``."""
        guard = f",{','.join(only)}," if only else ""
        return self._written(download_id, guard, fields)[0] == 1

    def report(self, download_id: str, **fields: str) -> str | None:
        """Set fields of a running download. What the person wishes meanwhile: ``cancel``,
        ``pause`` or nothing; None when the record is gone."""
        found, wish, state = self._written(download_id, "", fields)
        if state in {"REVOKED", "PAUSED"}:  # ended while it was thought to be lost
            return "cancel" if state == "REVOKED" else "pause"
        return None if found < 0 else wish

    def delete(self, download_id: str) -> None:
        with self.redis.pipeline() as pipe:
            pipe.delete(PREFIX + download_id)
            pipe.zrem(INDEX, download_id)
            pipe.srem(ACTIVE, download_id)
            pipe.incr(SEQUENCE)
            number = pipe.execute()[-1]
        self.redis.zadd(CHANGED, {download_id: number})

    def newest(
        self,
        *,
        limit: int,
        before: float | None = None,
        states: Iterable[str] = (),
        search: str = "",
    ) -> list[Record]:
        """The newest records first, older than ``before`` (seconds since the epoch), that have
        one of the states and ``search`` in their address or name."""
        found: list[Record] = []
        wanted, words = frozenset(states), search.casefold().split()
        highest = "+inf" if before is None else f"({before!r}"
        offset = 0
        while len(found) < limit:
            ids = self.redis.zrevrangebyscore(INDEX, highest, "-inf", start=offset, num=200)
            if not ids:
                break
            offset += len(ids)
            for record in self.many([str(one) for one in ids]):
                text = f"{record['url']} {record.get('name', '')}".casefold()
                if (not wanted or record["state"] in wanted) and all(w in text for w in words):
                    found.append(record)
        return found[:limit]

    def all_ids(self) -> Iterator[str]:
        for download_id, _ in self.redis.zscan_iter(INDEX):
            yield str(download_id)

    def in_hand(self) -> list[Record]:
        """The records that a task runs for, or should soon."""
        return self.many([str(one) for one in self.redis.smembers(ACTIVE)])

    def many(self, ids: list[str]) -> list[Record]:
        """The records of these ids that are there, in this order."""
        with self.redis.pipeline(transaction=False) as pipe:
            for download_id in ids:
                pipe.hgetall(PREFIX + download_id)
            return [record for found in pipe.execute() if "created_at" in (record := _texts(found))]

    def latest_change(self) -> int:
        return int(self.redis.get(SEQUENCE) or 0)

    def changes_after(self, number: int) -> tuple[int, list[str]]:
        """The latest change's number, and the ids of what changed after ``number``, in order."""
        with self.redis.pipeline() as pipe:
            pipe.get(SEQUENCE)
            pipe.zrangebyscore(CHANGED, f"({number}", "+inf")
            latest, ids = pipe.execute()
        return int(latest or 0), [str(one) for one in ids]

    def forget_old_changes(self) -> None:
        self.redis.zremrangebyrank(CHANGED, 0, -CHANGES_KEPT - 1)

    def _written(self, download_id: str, guard: str, fields: Record) -> tuple[int, str, str]:
        keys = [PREFIX + download_id, ACTIVE, CHANGED, SEQUENCE, INDEX]
        pairs = [part for item in fields.items() for part in item]
        found, wish, state = cast(
            Any, self._write(keys=keys, args=[download_id, guard, KEEP_S, *pairs])
        )
        return int(found), str(wish), str(state)


def _texts(found: Mapping[Any, Any]) -> Record:
    return {str(name): str(value) for name, value in found.items()}


def failure_fields(code: str, details: dict[str, str]) -> dict[str, str]:
    return {"error": code, "error_details": json.dumps(details)}
