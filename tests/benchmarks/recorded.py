"""Celery's event messages as a real worker sent them, to be sent again as often as wanted."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import redis

from tests.benchmarks.processes import running, surroundings
from tests.ports import free_port

_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TASKS = 600
_APP = """
from celery import Celery
app = Celery("recorded", broker={url!r})
app.conf.update(worker_prefetch_multiplier=4)
@app.task
def fetch(url, retries=3):
    return {{"url": url, "bytes": len(url) * 1000, "status": 200}}
@app.task
def mail(to, subject):
    if "9" in to:
        raise ValueError("no such address: " + to)
    return None
"""


class Message(NamedTuple):
    channel: bytes
    payload: bytes
    events: int


class Recording:
    """Some hundred tasks' worth of messages, in the order in which they were published."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = tuple(messages)
        self.events = sum(one.events for one in messages)
        self.tasks = _TASKS

    def again(self, times: int, database: int = 0) -> Iterator[Message]:
        """The messages ``times`` times, each time with ids of their own."""
        for _ in range(times):
            fresh: dict[bytes, bytes] = {}
            for one in self.messages:
                yield _renamed(one, fresh, database)


def _renamed(message: Message, fresh: dict[bytes, bytes], database: int) -> Message:
    envelope = json.loads(message.payload)
    body = base64.b64decode(envelope["body"])
    renamed = _ID.sub(lambda m: fresh.setdefault(m[0], str(uuid.uuid4()).encode()), body)
    envelope["body"] = base64.b64encode(renamed).decode()
    channel = message.channel.replace(b"/0.", b"/%d." % database)
    return Message(channel, json.dumps(envelope).encode(), message.events)


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The address of a Redis of one's own."""
    port = free_port()
    argv = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)]
    with running(argv, surroundings()), redis.Redis(port=port) as client:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                break
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0"


def record(folder: Path) -> Recording:
    """Let a real worker of two processes run some hundred tasks, and listen."""
    with redis_server(folder) as url:
        (folder / "recorded_app.py").write_text(_APP.format(url=url))
        argv = [sys.executable, "-m", "celery", "-A", "recorded_app", "worker", "-E", "-c", "2"]
        argv.append("--without-mingle")
        with (
            running(argv, surroundings(), folder, folder / "worker.log"),
            redis.Redis.from_url(url) as client,
            client.pubsub() as heard,
        ):
            heard.psubscribe("/0.celeryev/task.*")
            send = [sys.executable, "-c", _SEND.format(tasks=_TASKS // 2)]
            subprocess.run(send, cwd=folder, env=surroundings(), check=True)
            messages: list[Message] = []
            ended = 0
            while ended < _TASKS:
                message = heard.get_message(timeout=30)
                if message is None:
                    raise TimeoutError("the worker has not finished")
                if message["type"] == "pmessage":
                    body = json.loads(base64.b64decode(json.loads(message["data"])["body"]))
                    events = body if isinstance(body, list) else [body]
                    ended += sum(one["type"] in {"task-succeeded", "task-failed"} for one in events)
                    messages.append(Message(message["channel"], message["data"], len(events)))
    return Recording(messages)


_SEND = """
from recorded_app import app, fetch, mail
with app.connection_for_write() as connection:
    for n in range({tasks}):
        fetch.apply_async((f"https://example.org/files/{{n}}.tar.gz",), connection=connection)
        mail.apply_async((f"user{{n}}@example.org", "Your files"), connection=connection)
"""


def save(path: Path, messages: Iterator[Message]) -> int:
    """Write messages for :func:`publish`; how many events they hold."""
    events = 0
    with path.open("wb") as file:
        for one in messages:
            file.write(struct.pack("<III", len(one.channel), len(one.payload), one.events))
            file.write(one.channel + one.payload)
            events += one.events
    return events


def publish(url: str, path: Path, per_s: float) -> None:
    """Publish saved messages from a process of its own, ``per_s`` events a second (0: at once);
    returns when all are published."""
    argv = [sys.executable, "-m", "tests.benchmarks.recorded", url, str(path), str(per_s)]
    subprocess.run(argv, env=surroundings(), check=True)


def _publish(url: str, path: Path, per_s: float) -> None:
    data = path.read_bytes()
    at = sent = 0
    begun = time.monotonic()
    with redis.Redis.from_url(url) as client:
        while at < len(data):
            pipe = client.pipeline(transaction=False)
            chunk = max(int(per_s / 100), 1) if per_s else 2000
            upto = sent + chunk
            while at < len(data) and sent < upto:
                channel, payload, events = struct.unpack_from("<III", data, at)
                at += 12
                pipe.publish(data[at : at + channel], data[at + channel : at + channel + payload])
                at += channel + payload
                sent += events
            pipe.execute()
            if per_s:
                time.sleep(max(0.0, begun + sent / per_s - time.monotonic()))


if __name__ == "__main__":
    _publish(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
