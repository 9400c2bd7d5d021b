"""Sends again what has been lost on its way, so that no download waits for ever.

A message can be lost with a broker that is killed, held for half an hour by the visibility timeout
of a dead worker, or acknowledged at the hard time limit. The record knows when it was last heard
of. A message too many does no harm: the second run finds the file, or waits for the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from web.broker import DOWNLOADS
from web.downloads import files, sharing
from web.downloads.cleaning import restore
from web.downloads.records import IN_HAND, Record, Records

SILENT_S = 3.0
"""A transfer is heard of four times a second, and holds a lock that ends with its process."""
OVERDUE_S = 30.0
"""So long after it was sent, or due again, a message that is not in the queue is missed."""

Send = Callable[[str], None]


class Caretaker:
    """Looks once per call; remembers what it saw the last time."""

    def __init__(self, records: Records, send: Send) -> None:
        self._records = records
        self._send = send
        self._server = ""

    def look(self) -> list[str]:
        """Put back what is lost; the ids of what was sent again. redis.RedisError when it can't."""
        server = str(self._records.redis.info("server").get("run_id", ""))
        if server != self._server:  # another Redis, or the same one started again
            restore(self._records)
            self._server = server
        now = time.time()
        waits_in_queue = int(self._records.redis.llen(DOWNLOADS)) > 0
        lost = []
        for record in self._records.in_hand():
            if record["state"] == "STARTED":
                seen = max(_instant(record, "seen_at"), _instant(record, "sent_at"))
                if now - seen > SILENT_S and not _runs(record):
                    lost.append(record)
            elif not waits_in_queue and now - _due(record) > OVERDUE_S:
                lost.append(record)
        return [record["id"] for record in lost if self._again(record)]

    def _again(self, record: Record) -> bool:
        fields = {"state": "PENDING", "sent_at": repr(time.time())}
        if not self._records.update(record["id"], only=IN_HAND, **fields):
            return False
        self._send(record["id"])
        return True


def _runs(record: Record) -> bool:
    """Whether a process has the download in hand, although it is not heard of: Redis was away,
    or the process is stopped and goes on later."""
    return sharing.is_held(files.folder(record["id"]) / sharing.LOCK)


def _due(record: Record) -> float:
    names = ("created_at", "sent_at", "retry_at")
    return max(_instant(record, name) for name in names)


def _instant(record: Record, name: str) -> float:
    try:
        return float(record.get(name) or 0.0)
    except ValueError:
        return 0.0
