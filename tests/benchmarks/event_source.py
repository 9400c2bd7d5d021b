"""Sends task events to a Redis as workers would, at a steady pace:

    python -m tests.benchmarks.event_source URL EVENTS_PER_S SECONDS

Each task is received, started and succeeds; a tenth of a second's events are one message, as
Celery buffers them. Every fifth of a second one task called ``bench.marker`` is among them, whose
arguments say when it was sent. Also a marker alone, when EVENTS_PER_S is 0.
"""

from __future__ import annotations

import base64
import json
import sys
import time
import uuid
from typing import Any

import redis

NODE, PID = "bench@host", 4711
BUFFER_S = 0.1
MARKER_S = 0.2
MARKER = "bench.marker"
NAMES = ("shop.tasks.send_receipt", "shop.search.rebuild_index", "reports.daily.render_pdf")


class Source:
    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url)
        self._clock = 0
        self._count = 0

    def event(self, kind: str, task: str, **more: Any) -> dict[str, Any]:
        self._clock += 1
        return {
            "type": kind,
            "uuid": task,
            "hostname": NODE,
            "pid": PID,
            "clock": self._clock,
            "timestamp": time.time(),
            "utcoffset": 0,
            **more,
        }

    def task(self, name: str, args: str) -> list[dict[str, Any]]:
        task = str(uuid.uuid4())
        received = {"name": name, "args": args, "kwargs": "{}", "root_id": task, "retries": 0}
        return [
            self.event("task-received", task, **received, parent_id=None, eta=None, expires=None),
            self.event("task-started", task),
            self.event("task-succeeded", task, result="{'updated': 214}", runtime=0.05),
        ]

    def send(self, events: list[dict[str, Any]]) -> None:
        """As one message of kombu's virtual transport."""
        body = base64.b64encode(json.dumps(events).encode()).decode()
        envelope = {
            "body": body,
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"hostname": NODE},
            "properties": {
                "delivery_mode": 1,
                "delivery_info": {"exchange": "celeryev", "routing_key": "task.multi"},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4()),
            },
        }
        self._redis.publish("/0.celeryev/task.multi", json.dumps(envelope))

    def marker(self) -> list[dict[str, Any]]:
        return self.task(MARKER, f"({time.time()!r},)")

    def run(self, per_s: int, seconds: float) -> None:
        begun = time.monotonic()
        marked, sent = 0.0, 0
        while (gone := time.monotonic() - begun) < seconds:
            events: list[dict[str, Any]] = []
            while sent + len(events) < gone * per_s:
                self._count += 1
                name = NAMES[self._count % len(NAMES)]
                events += self.task(name, f"('SFO-{self._count % 977}', {self._count})")
            if gone >= marked:
                # Not in step with the beat of whoever listens.
                marked = gone + MARKER_S * (0.8 + 0.4 * (self._count * 0.618 % 1))
                self._count += 1
                events += self.marker()
            if events:
                self.send(events)
            sent += len(events)
            next_at = begun + (int(gone / BUFFER_S) + 1) * BUFFER_S
            time.sleep(max(0.0, min(next_at, begun + marked) - time.monotonic()))


if __name__ == "__main__":
    Source(sys.argv[1]).run(int(sys.argv[2]), float(sys.argv[3]))
