"""A project whose tasks meet every fate, and a ledger of what must have become of each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from celery import Celery

from desktop.engine.history_commands import ListTasks, TaskPage
from desktop.engine.task_commands import Selection
from desktop.engine.task_model import Task
from tests.live.conftest import Stack

APP = """
import os, time
from celery import Celery

app = Celery("fates", broker=os.environ["FATES_REDIS"], backend=os.environ["FATES_REDIS"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=4,
    task_send_sent_event=True,
)

def write(*words):
    file = os.open(os.environ["FATES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, (" ".join(map(str, words)) + "\\n").encode())
    os.close(file)

def noted(self):
    write("began", self.request.id, os.getppid())

@app.task(bind=True)
def ok(self, *said, seconds=0.0):
    noted(self)
    time.sleep(seconds)
    write("ended", self.request.id)
    return "fine"

@app.task(bind=True)
def fail(self):
    noted(self)
    raise ValueError("no [bold]\\x1b[31m\\u202e")

@app.task(bind=True, max_retries=2, default_retry_delay=0)
def again(self, fails):
    noted(self)
    if self.request.retries < fails:
        raise self.retry(exc=OSError(f"try {self.request.retries}"))
    return "fine"

@app.task(bind=True)
def hang(self):
    noted(self)
    time.sleep(600)

@app.task(bind=True, acks_late=True)
def late(self, gate):
    noted(self)
    while not os.path.exists(gate):
        time.sleep(0.02)
    return "fine"
"""

SEND_FAMILIES = """
import json, sys
from celery import chain, chord, group
from fates import ok

def ids(result):
    while result is not None:
        if hasattr(result, "results"):
            yield from (child.id for child in result.results)
        else:
            yield result.id
        result = result.parent

ok = ok.signature(queue="threads")
sent = []
for _ in range(int(sys.argv[1])):
    for family in (
        chain(ok.clone(), ok.clone(), ok.clone()),
        group(ok.clone() for _ in range(3)),
        chord([ok.clone(), ok.clone()], ok.clone()),
    ):
        sent += ids(family.apply_async())
print(json.dumps(sent))
"""

FORK, THREADS = "fork", "threads"
"""Queues, of a worker each."""


class Fates(Stack):
    """Two workers: one of processes, one of threads."""

    def __init__(self, folder: Path) -> None:
        self.book = folder / "book.txt"
        self.gate = folder / "gate"
        super().__init__(folder)
        self.app = Celery("sender", broker=self.redis_url, set_as_current=False)
        self.app.conf.task_send_sent_event = True
        self.quiet = Celery("quiet sender", broker=self.redis_url, set_as_current=False)
        self.expected: dict[str, str] = {}
        """State of each task by its id."""

    def configure(self, more: str = "") -> None:
        (self.folder / "fates.py").write_text(APP)
        (self.folder / "celery-tray.toml").write_text(
            f"""app = "fates"
python = "{sys.executable}"
[env]
FATES = "{self.book}"
FATES_REDIS = "{self.redis_url}"
[redis]
url = "{self.redis_url}"
[worker.forks]
concurrency = 4
queues = ["{FORK}"]
[worker.threads]
pool = "threads"
concurrency = 4
queues = ["{THREADS}"]
[monitor]
enabled = false
{more}
"""
        )

    def send(self, name: str, *args: Any, state: str = "SUCCESS", **options: Any) -> str:
        """Queue one task, and write down what has to become of it."""
        options.setdefault("queue", FORK)
        sender = self.quiet if options.pop("quietly", False) else self.app
        sent = sender.send_task(f"fates.{name}", args, **options)
        self.expected[str(sent.id)] = state
        return str(sent.id)

    def send_families(self, count: int) -> None:
        """Chains, groups and chords of threes."""
        words = [sys.executable, "-c", SEND_FAMILIES, str(count)]
        told = subprocess.run(
            words, cwd=self.folder, env=self.environment(), capture_output=True, check=True
        )
        self.expected.update(dict.fromkeys(json.loads(told.stdout), "SUCCESS"))

    def environment(self) -> dict[str, str]:
        return {**os.environ, "FATES": str(self.book), "FATES_REDIS": self.redis_url}

    def tasks(self) -> dict[str, Task]:
        """What the history says of the expected ones."""
        ids = list(self.expected)
        return {
            task.id: task
            for start in range(0, len(ids), 500)
            for task in self._page(tuple(ids[start : start + 500])).tasks
        }

    def kept(self) -> int:
        """How many tasks the history has."""
        return self._page(tuple(self.expected)[:1]).kept

    def _page(self, ids: tuple[str, ...]) -> TaskPage:
        with self.client() as client:
            page = client.submit(ListTasks(self.project, Selection(ids=ids), limit=500))
        assert isinstance(page, TaskPage)
        return page

    def wrong(self) -> dict[str, str]:
        """Tasks that the history tells otherwise than the ledger; those that are missing too."""
        told = self.tasks()
        return {
            one: f"{told[one].name} {told[one].state} {told[one].doubt}"
            if one in told
            else "missing"
            for one, state in self.expected.items()
            if one not in told or str(told[one].state) != state
        }

    def began(self) -> Iterator[str]:
        """Ids, as often as each began."""
        if self.book.exists():
            for line in self.book.read_text().splitlines():
                what, task_id, *_ = line.split()
                if what == "began":
                    yield task_id

    def send_every_fate(self, count: int) -> None:
        """``count`` tasks of each simple fate, and a third as many families."""
        for number in range(count):
            queue = (FORK, THREADS)[number % 2]
            self.send("ok", number, queue=queue)
            self.send("fail", state="FAILURE", queue=queue)
            self.send("again", 2, queue=queue)
            self.send("again", 9, state="FAILURE", queue=queue)
            self.send("ok", expires=1e-6, state="REVOKED", queue=queue)
            self.send("ok", countdown=0.5 + number % 3, queue=queue)
            self.send("ok", queue=queue, quietly=True)
            self.send("nobody_knows", state="FAILURE", queue=queue, quietly=True)
            if number % 8 == 0:
                self.send("hang", soft_time_limit=1, time_limit=30, state="FAILURE")
                self.send("hang", time_limit=1, state="FAILURE")
        self.send_families(count // 3)
        revoked = [self.send("ok", countdown=4, state="REVOKED") for _ in range(count)]
        self.app.control.revoke(revoked)

    def terminate(self, count: int) -> None:
        """As many tasks that run are ended by the signal of a revocation."""
        ids = [self.send("hang", state="REVOKED", time_limit=120) for _ in range(count)]
        for one in ids:
            while one not in set(self.began()):
                pass
            self.app.control.revoke(one, terminate=True, signal="SIGKILL")
