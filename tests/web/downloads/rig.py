"""A Redis, a worker and the web server of the downloads app, as processes of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import redis

from tests.ports import free_ports

WAIT_S = 40.0
T = TypeVar("T")


def until(ask: Callable[[], T], timeout_s: float = WAIT_S) -> T:
    """Ask again and again until the answer is true; fails with the last answer otherwise."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"still {answer!r} after {timeout_s} s"
        time.sleep(0.03)


class Rig:
    """Starts and ends each by its pid; ``close`` leaves nothing."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.store = folder / "files"
        self.store.mkdir(parents=True)
        self.redis_port, self.web_port = free_ports(2)
        self.broker = f"redis://127.0.0.1:{self.redis_port}/0"
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.env = {
            **os.environ,
            "CELERY_BROKER_URL": self.broker,
            "CELERY_TRAY_FILES": str(self.store),
            "CELERY_TRAY_ALLOW_PRIVATE": "1",
            "CELERY_TRAY_MIN_FREE_BYTES": "0",
            "CELERY_TRAY_RETRY_PAUSE_S": "0.3",
            **env,
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.api = httpx.Client(base_url=self.url, timeout=15)

    def start(self, *names: str) -> None:
        """``redis``, ``web``, ``worker``: returns when each answers."""
        for name in names:
            argv = getattr(self, f"_{name}_argv")()
            with (self.folder / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    argv,
                    env=self.env,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        for name in names:
            until(getattr(self, f"_{name}_answers"))

    def process(self, name: str) -> psutil.Process:
        return psutil.Process(self._running[name].pid)

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        process = self._running.pop(name)
        children = []
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        process.wait(30)
        for child in children:  # pool processes see the death of their parent a moment later
            with contextlib.suppress(psutil.Error):
                child.kill()

    def close(self) -> None:
        self.api.close()
        for name in ("worker", "web", "redis"):
            if name in self._running:
                with contextlib.suppress(ProcessLookupError):
                    self.stop(name, signal.SIGKILL)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    # What a person does

    def submit(self, url: str, **more: str) -> str:
        answer = self.api.post("/api/downloads", json={"url": url, **more})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def get(self, download_id: str) -> dict[str, Any]:
        value: dict[str, Any] = self.api.get(f"/api/downloads/{download_id}").json()
        return value

    def post(self, download_id: str, verb: str) -> httpx.Response:
        return self.api.post(f"/api/downloads/{download_id}/{verb}", json={})

    def supervise(self) -> None:
        """As the engine does: a worker that ended by itself starts again. (Celery's does when
        Redis goes while a task runs: it fails to give the message back, and exits 1.)"""
        worker = self._running.get("worker")
        if worker is not None and worker.poll() is not None:
            del self._running["worker"]
            self.restart_worker()

    def ended(self, download_id: str, timeout_s: float = WAIT_S) -> dict[str, Any]:
        def ask() -> dict[str, Any] | None:
            self.supervise()
            with contextlib.suppress(httpx.TransportError):
                value = self.get(download_id)
                return value if value.get("state") in {"SUCCESS", "FAILURE", "REVOKED"} else None
            return None

        found = until(ask, timeout_s)
        assert found is not None
        return found

    def content(self, value: dict[str, Any]) -> bytes:
        answer = self.api.get(value["file"]["href"])
        assert answer.status_code == 200
        return answer.content

    def some_came(self, download_id: str, least: int = 1) -> int:
        return until(lambda: self._done(download_id, least))

    def _done(self, download_id: str, least: int) -> int:
        self.supervise()
        done = int(self.get(download_id)["progress"]["done_bytes"])
        return done if done >= least else 0

    def _redis_argv(self) -> list[str]:
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        assert program
        own = ["--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        return [program, *own, "--save", "", "--appendonly", "yes", "--appendfsync", "always"]

    def _web_argv(self) -> list[str]:
        return [sys.executable, "-m", "web.downloads", "--port", str(self.web_port)]

    def _worker_argv(self) -> list[str]:
        celery = [sys.executable, "-m", "celery", "-A", "web.celery_app", "worker", "-l", "INFO"]
        return [*celery, "-c", "4", "-n", "w@rig", "--without-mingle", "--without-gossip"]

    def _redis_answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.broker) as client:
            return bool(client.ping())
        return False

    def _web_answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self.api.get("/").status_code == 200
        return False

    def _worker_answers(self) -> bool:
        return "w@rig ready." in self.log("worker")[self._ready_from :]

    _ready_from = 0

    def restart_worker(self, number: int = signal.SIGKILL, **env: str) -> None:
        if "worker" in self._running:
            self.stop("worker", number)
        self.env |= env
        self._ready_from = len(self.log("worker"))
        self.start("worker")
