"""The eye on a running download: tells how far it is, and what the person wishes meanwhile."""

from __future__ import annotations

import time

import redis

from web.downloads import tickets
from web.downloads.failures import DownloadError
from web.downloads.fetch import StoppedError
from web.downloads.records import Records

LOOK_EVERY_S = 0.25
"""A wish is noticed within this, and the slice of the network's wait: within half a second."""


class Watch:
    """Called by the transfer again and again. While Redis is away the transfer goes on unseen."""

    def __init__(self, records: Records, download_id: str, run_s: float) -> None:
        self._records = records
        self._id = download_id
        self._run_s = run_s
        self._begun = time.monotonic()
        self._next = 0.0

    def __call__(self, done_bytes: int, total_bytes: int | None) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + LOOK_EVERY_S
        if now - self._begun > self._run_s:
            raise DownloadError("too-long", transient=True, minutes=max(1, round(self._run_s / 60)))
        fields = {"seen_at": repr(time.time())}
        if done_bytes or total_bytes:
            fields |= {"done_bytes": str(done_bytes), "total_bytes": str(total_bytes or "")}
        try:
            wish = self._records.report(self._id, **fields)
            if wish is None:
                wish = self._forgotten()
        except redis.RedisError:
            return
        if wish:
            raise StoppedError(wish)

    def _forgotten(self) -> str:
        """The record is gone: deleted by the person, or lost by Redis?"""
        record = tickets.read(self._id)
        if record is None:
            return "cancel"
        record |= {"state": "STARTED", "seen_at": repr(time.time())}
        self._records.put(record)
        return ""
