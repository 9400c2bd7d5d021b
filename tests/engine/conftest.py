"""A real Redis server and real Celery workers for the tests of the engine's edges."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.ports import free_port

SAMPLE_APP = """
import os, time
from celery import Celery

app = Celery("sample", broker=os.environ["SAMPLE_BROKER"], backend=os.environ["SAMPLE_RESULTS"])
app.conf.update(
    worker_send_task_events=not os.environ["SAMPLE_SILENT"],
    task_send_sent_event=True,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"global_keyprefix": os.environ.get("SAMPLE_PREFIX", "")},
)

@app.task
def add(x, y):
    return x + y

@app.task
def fail():
    raise ValueError("no")

@app.task(bind=True, max_retries=1, default_retry_delay=0)
def retry_once(self):
    if not self.request.retries:
        raise self.retry()

@app.task
def wait_for_file(path):
    while not os.path.exists(path):
        time.sleep(0.01)
"""


class Server:
    """One redis-server of the tests, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """A second one beside it would end at once, and be the one that :meth:`stop` stops."""
        if self._process is not None and self._process.poll() is None:
            return
        self._process = subprocess.Popen(
            [
                "redis-server",
                *("--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--dir", str(self._folder)),
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._answers)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)

    def pause(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False


class Workers:
    """Starts workers of the sample app and sends it tasks."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self.url = url
        self.prefix = ""
        self.results = ""
        """Where results are kept; "": nowhere."""
        self.silent = False
        """They send no events of their tasks."""
        self._processes: list[subprocess.Popen[bytes]] = []
        (folder / "sample.py").write_text(SAMPLE_APP)

    def start(self, node: str, *options: str) -> subprocess.Popen[bytes]:
        """A worker process; returns when it consumes."""
        log = self._folder / f"{node}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                self._celery("worker", "-n", node, "--without-mingle", "-l", "INFO", *options),
                env=self._environment(),
                cwd=self._folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._processes.append(process)
        wait_until(lambda: " ready." in log.read_text(errors="replace"))
        return process

    def send(self, task: str, *args: object) -> str:
        """Queue a task; its id."""
        from celery import Celery

        app = Celery("sender", broker=self.url, set_as_current=False)
        app.conf.task_send_sent_event = True
        app.conf.broker_transport_options = {"global_keyprefix": self.prefix}
        with app.connection_for_write() as connection:
            return str(app.send_task(f"sample.{task}", args, connection=connection).id)

    def end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SAMPLE_BROKER": self.url,
            "SAMPLE_PREFIX": self.prefix,
            "SAMPLE_RESULTS": self.results,
            "SAMPLE_SILENT": "1" if self.silent else "",
        }

    def _celery(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "celery", "-A", "sample", *args]


def wait_until(fact: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Return as soon as ``fact`` holds; fail when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not fact():
        if time.monotonic() >= deadline:
            faulthandler.dump_traceback(all_threads=True)  # who waits for whom
            pytest.fail("it did not come true in time")
        time.sleep(0.01)


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def server(_server: Server) -> Server:
    """An empty Redis server."""
    _server.start()  # one that an earlier test has stopped
    _server.client.flushall()
    return _server


@pytest.fixture
def workers(server: Server, tmp_path: Path) -> Iterator[Workers]:
    folder = tmp_path / "workers"
    folder.mkdir()
    started = Workers(folder, server.url)
    yield started
    started.end()


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[..., None]:
    return wait_until


@pytest.fixture
def closed_port() -> int:
    """A port on which nothing listens."""
    return free_port()
