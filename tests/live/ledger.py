"""A project whose tasks write down that they ran, so that none can be lost unseen."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

from celery import Celery

from tests.live.conftest import Stack, until

APP = """
import os, time
from celery import Celery
from celery.signals import worker_init

app = Celery("book", broker=os.environ["BOOK_REDIS"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=os.environ["BOOK_LATE"] == "1",
    worker_prefetch_multiplier=4,
    broker_transport_options={"visibility_timeout": 3600},
)

# The probe that asks the app imports it too: only a worker is slow or broken at its start.
@worker_init.connect
def begin(**_):
    while os.path.exists(os.environ["BOOK"] + ".hold"):
        time.sleep(0.02)
    if os.path.exists(os.environ["BOOK"] + ".break"):
        os._exit(3)

def write(*words):
    file = os.open(os.environ["BOOK"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, (" ".join(map(str, words)) + "\\n").encode())
    os.close(file)

@app.task(name="book.run")
def run(ident, seconds=0.0, gate=""):
    write("began", ident, os.getppid())
    time.sleep(seconds)
    while gate and not os.path.exists(gate):
        time.sleep(0.02)
    write("ended", ident, os.getppid())
"""


class Ledger(Stack):
    """One worker, ``hand``, of two processes."""

    def __init__(
        self, folder: Path, *, late: bool = False, options: str = "", worker: str = ""
    ) -> None:
        self._late, self._options, self._worker = late, options, worker
        self.book = folder / "book.txt"
        self.gate = folder / "gate"
        self.hold = folder / "book.txt.hold"
        """While it is there, workers that start do not get ready."""
        self.breaks = folder / "book.txt.break"
        """While it is there, workers that start end at once."""
        super().__init__(folder)
        self._app = Celery("sender", broker=self.redis_url, set_as_current=False)
        self._sent = 0

    def configure(self, more: str = "") -> None:
        self.module = self.folder / "book.py"
        self.module.write_text(APP)
        (self.folder / "celery-tray.toml").write_text(
            f"""app = "book"
python = "{sys.executable}"
[env]
BOOK = "{self.book}"
BOOK_LATE = "{int(self._late)}"
BOOK_REDIS = "{self.redis_url}"
[redis]
url = "{self.redis_url}"
{self._options}
[worker.hand]
concurrency = 2
{self._worker}
[monitor]
enabled = false
{more}
"""
        )

    def send(
        self, count: int, seconds: float = 0.0, *, gated: bool = False, queue: str = "celery"
    ) -> list[str]:
        """Queue so many tasks, and tell their Celery ids; gated ones end when :meth:`open_gate`
        was called."""
        ids = []
        with self._app.connection_for_write() as connection:
            for _ in range(count):
                self._sent += 1
                args = (self._sent, seconds, str(self.gate) if gated else "")
                sent = self._app.send_task("book.run", args, connection=connection, queue=queue)
                ids.append(sent.id)
        return ids

    def revoke(self, task: str) -> None:
        """Tell the workers, and wait until one has said that it knows."""
        with self._app.connection_for_write() as connection:
            control = self._app.control.inspect(connection=connection, timeout=1, limit=1)
            self._app.control.revoke(task, connection=connection)
            until(lambda: any(task in ids for ids in (control.revoked() or {}).values()))

    def environment(self) -> dict[str, str]:
        """What a worker needs that somebody else starts."""
        known = {"BOOK": self.book, "BOOK_LATE": int(self._late), "BOOK_REDIS": self.redis_url}
        return {**os.environ, **{name: str(value) for name, value in known.items()}}

    def open_gate(self) -> None:
        self.gate.write_text("")

    def lines(self, word: str) -> list[tuple[int, int]]:
        """(task, pid of the worker) of each time that a task ``began`` or ``ended``."""
        if not self.book.exists():
            return []
        words = (line.split() for line in self.book.read_text().splitlines())
        return [(int(ident), int(pid)) for what, ident, pid in words if what == word]

    def until_began(self, count: int) -> None:
        until(lambda: len({ident for ident, _ in self.lines("began")}) >= count)

    def until_all_ended(self) -> Counter[int]:
        """Waits until every task has ended at least once; how often each began."""
        wanted = set(range(1, self._sent + 1))
        until(lambda: {ident for ident, _ in self.lines("ended")} >= wanted)
        return Counter(ident for ident, _ in self.lines("began"))
