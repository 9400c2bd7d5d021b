"""A process that keeps tasks that have not ended, ours or Flower's, and tells what each takes."""

from __future__ import annotations

import base64
import gc
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import psutil


def main(whose: str, path: Path) -> None:
    keep = _ours() if whose == "ours" else _flowers()
    messages, tasks = _messages(path)
    for message in messages[:100]:
        keep(message)
    gc.collect()
    before = psutil.Process().memory_full_info().uss
    for message in messages[100:]:
        keep(message)
    gc.collect()
    share = (len(messages) - 100) / len(messages)
    print((psutil.Process().memory_full_info().uss - before) / (tasks * share))


def _messages(path: Path) -> tuple[list[bytes], int]:
    """The messages without the ends of tasks, and how many tasks they tell of."""
    data, at = path.read_bytes(), 0
    kept: list[bytes] = []
    ids: set[str] = set()
    while at < len(data):
        channel, payload, _ = struct.unpack_from("<III", data, at)
        at += 12 + channel
        envelope = json.loads(data[at : at + payload])
        at += payload
        body = json.loads(base64.b64decode(envelope["body"]))
        events = [
            one
            for one in (body if isinstance(body, list) else [body])
            if one["type"] in {"task-received", "task-started"}
        ]
        if events:
            ids.update(one["uuid"] for one in events)
            envelope["body"] = base64.b64encode(json.dumps(events).encode()).decode()
            kept.append(json.dumps(envelope).encode())
    return kept, len(ids)


def _ours() -> Callable[[bytes], object]:
    from desktop.engine.telemetry import memory
    from desktop.engine.telemetry.fold import Fold
    from desktop.engine.telemetry.wire import decode

    memory.RECORDS_MAX = 10**9
    fold = Fold()

    def keep(message: bytes) -> None:
        fold.feed(decode(message), 1.0, 2e9)
        fold.take()

    return keep


def _flowers() -> Callable[[bytes], object]:
    import flower.command  # noqa: F401 - defines the options
    from flower.events import EventsState

    state = EventsState(max_tasks_in_memory=10**6)

    def keep(message: bytes) -> None:
        for event in json.loads(base64.b64decode(json.loads(message)["body"])):
            state.event({**event, "local_received": 2e9})

    return keep


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
