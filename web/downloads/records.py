"""What is known of each download: a Redis hash each, an index by time, a channel of changes.

The record says SUCCESS only after the file is in place (the task's order of writes); a reader
checks the file once more, so a record and the disk can never disagree in the dangerous direction.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast

import redis
from redis.client import PubSub

PREFIX = "celery-tray:download:"
INDEX = "celery-tray:downloads"
CHANGES = "celery-tray:downloads:changes"
KEEP_S = 30 * 24 * 3600
"""A record outlives its file, to say that the file was removed."""
ENDED = frozenset({"SUCCESS", "FAILURE", "REVOKED"})

Record = dict[str, str]

__all__ = ["CHANGES", "ENDED", "PubSub", "Record", "Records", "failure_fields"]


class Records:
    """All downloads of one Redis. Every method may raise :class:`redis.RedisError`."""

    def __init__(self, url: str) -> None:
        self.redis: redis.Redis = redis.Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=2.0, socket_timeout=5.0
        )

    def create(self, url: str, filename: str, sha256: str) -> Record:
        record = {
            "id": uuid.uuid4().hex,
            "url": url,
            "filename": filename,
            "wanted_sha256": sha256,
            "state": "PENDING",
            "created_at": repr(time.time()),
            "attempt": "0",
            "done_bytes": "0",
        }
        with self.redis.pipeline() as pipe:
            pipe.hset(PREFIX + record["id"], mapping=cast(Any, record))
            pipe.expire(PREFIX + record["id"], KEEP_S)
            pipe.zadd(INDEX, {record["id"]: float(record["created_at"])})
            pipe.publish(CHANGES, record["id"])
            pipe.execute()
        return record

    def listener(self) -> PubSub:
        """A listener for :data:`CHANGES`, not subscribed yet."""
        listener: PubSub = self.redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        return listener

    def get(self, download_id: str) -> Record | None:
        record = _texts(self.redis.hgetall(PREFIX + download_id))
        return record if "id" in record else None

    def update(self, download_id: str, **fields: str) -> bool:
        """Set fields of a record that is still there; False when it was deleted meanwhile."""
        key = PREFIX + download_id
        with self.redis.pipeline() as pipe:
            while True:
                try:
                    pipe.watch(key)  # type: ignore[no-untyped-call]
                    if not pipe.exists(key):
                        return False
                    pipe.multi()
                    pipe.hset(key, mapping=cast(Any, fields))
                    pipe.publish(CHANGES, download_id)
                    pipe.execute()
                except redis.WatchError:
                    continue
                return True

    def cancelled(self, download_id: str) -> bool:
        """Whether the task should give up: cancelled, or deleted altogether."""
        record = self.redis.hmget(PREFIX + download_id, "id", "cancel")
        return record[0] is None or record[1] == "1"

    def delete(self, download_id: str) -> None:
        with self.redis.pipeline() as pipe:
            pipe.delete(PREFIX + download_id)
            pipe.zrem(INDEX, download_id)
            pipe.publish(CHANGES, download_id)
            pipe.execute()

    def newest(self, *, limit: int, before: float | None = None, state: str = "") -> list[Record]:
        """The newest records first, older than ``before`` (seconds since the epoch)."""
        found: list[Record] = []
        highest = "+inf" if before is None else f"({before!r}"
        offset = 0
        while len(found) < limit:
            ids = self.redis.zrevrangebyscore(INDEX, highest, "-inf", start=offset, num=100)
            if not ids:
                break
            offset += len(ids)
            for record in self._many([str(one) for one in ids]):
                if (not state or record["state"] == state) and len(found) < limit:
                    found.append(record)
        return found

    def all_ids(self) -> Iterator[str]:
        for download_id, _ in self.redis.zscan_iter(INDEX):
            yield str(download_id)

    def _many(self, ids: list[str]) -> list[Record]:
        with self.redis.pipeline(transaction=False) as pipe:
            for download_id in ids:
                pipe.hgetall(PREFIX + download_id)
            return [record for found in pipe.execute() if "id" in (record := _texts(found))]


def _texts(found: Mapping[Any, Any]) -> Record:
    return {str(name): str(value) for name, value in found.items()}


def failure_fields(code: str, details: dict[str, str]) -> dict[str, str]:
    return {"error": code, "error_details": json.dumps(details)}
