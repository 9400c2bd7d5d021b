"""An engine that says what a test tells it to, and the monitor as a real process before it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from desktop import __version__
from desktop.engine import wire
from desktop.engine.commands import Answer, Command, Done
from desktop.engine.model import (
    ActiveTask,
    EngineInfo,
    Finding,
    Machine,
    Problem,
    Queue,
    ServiceStatus,
    StackStatus,
    TaskCounts,
    Verdict,
    WorkerRow,
)
from desktop.engine.snapshot import Snapshot, difference
from desktop.engine.states import (
    Confidence,
    Owner,
    Role,
    ServiceKind,
    ServiceState,
    Severity,
    StackState,
    TaskState,
    WorkerFinding,
)
from desktop.paths import Home
from desktop.words import text, textn, verbatim
from tests.browser import chromium
from tests.ports import free_port


def verdict(finding: WorkerFinding) -> Verdict:
    return Verdict(finding, Confidence.CERTAIN, text("It was seen."))


def sample_snapshot(now: float) -> Snapshot:
    """A stack in which every kind of thing occurs."""

    def service(name: str, kind: ServiceKind, state: ServiceState, **more: object) -> ServiceStatus:
        return ServiceStatus(name, kind, state, **more)  # type: ignore[arg-type]

    running, url = ServiceState.RUNNING, "http://127.0.0.1:{}/"
    services = (
        service(
            "redis", ServiceKind.REDIS, running, wanted=True, pid=4101, create_time=now - 8041,
            started_at=now - 8040, cpu_percent=0.4, rss_bytes=38 << 20, processes=1,
            url="redis://127.0.0.1:6379/0", detail=verbatim("127.0.0.1:6379 · 7.0.15"),
        ),
        service(
            "worker1", ServiceKind.WORKER, running, wanted=True, pid=4102, create_time=now - 8041,
            started_at=now - 8038, cpu_percent=31.2, rss_bytes=412 << 20, processes=5,
            node="worker1@mbp", restarts=1,
            note=textn("finishing {n} task", "finishing {n} tasks", 3),
        ),
        service(
            "monitor", ServiceKind.MONITOR, running, wanted=True, pid=4103,
            create_time=now - 8041, started_at=now - 8039, cpu_percent=1.8, rss_bytes=41 << 20,
            processes=1, url=url.format(8001),
        ),
        service(
            "web", ServiceKind.WEB, ServiceState.FAILED, wanted=True, url=url.format(8000),
            error=Problem(
                "port-taken",
                text("Port {port} is taken.", port="8000"),
                text("{service} needs it, but it is held by {who}.", service="Web server",
                     who=verbatim("python -m http.server (pid 812)")),
                text("Stop that program, or set another port for {service}.", service="Web server"),
                ("OSError: [Errno 98] address already in use", "<b>not markup</b> \x1b[31mnot red"),
            ),
        ),
        service("flower", ServiceKind.FLOWER, ServiceState.STOPPED, enabled=False),
        service("vite", ServiceKind.COMMAND, ServiceState.STARTING, wanted=True, pid=4110,
                create_time=now - 2, started_at=now - 2, url=url.format(5173)),
    )  # fmt: skip
    workers = (
        WorkerRow(
            4102, now - 8041, Role.WORKER, Owner.OURS, "worker1@mbp", "shop.celery",
            ("celery", "download_queue"), "prefork", 4, (4104, 4105), "/srv/shop",
            "/srv/shop/.venv/bin/python", "redis://127.0.0.1:6379/0",
            started_by="celery-tray", rss_bytes=214 << 20, active=3, reserved=1,
        ),
        WorkerRow(
            40112, now - 273600, Role.WORKER, Owner.ORPHAN, "celery@mbp", "shop.celery",
            ("celery",), "prefork", 4, verdicts=(verdict(WorkerFinding.DUPLICATE),),
            why=(text("Nobody who started it is left."),), rss_bytes=186 << 20, active=1,
        ),
        WorkerRow(
            38007, now - 504000, Role.WORKER, Owner.EXTERNAL, "w0@mbp", "shop.celery", ("email",),
            "solo", 1, verdicts=(verdict(WorkerFinding.STALE_CODE),), rss_bytes=54 << 20,
        ),
    )  # fmt: skip
    active = (
        ActiveTask("t1", "shop.search.rebuild_index", "worker1@mbp", TaskState.STARTED,
                   now - 40, now - 38.2, "('products',)", "{}"),
        ActiveTask("t2", "reports.daily.render_pdf", "worker1@mbp", TaskState.STARTED,
                   now - 3, now - 2.4, "(2026, 11)", "{'locale': 'de'}"),
        ActiveTask("t3", "<img src=x onerror=alert(1)>", "worker1@mbp", TaskState.RECEIVED,
                   now - 0.3, None, "('<script>alert(1)</script>',)", "{}"),
    )  # fmt: skip
    stack = StackStatus(
        "bundled", "acme-shop", "", "shop.celery", "redis://***@127.0.0.1:6379/0",
        StackState.PARTIAL, services, workers,
        TaskCounts(18204, 3, 18150, 3, 12, 1), active,
        (Queue("celery", 14, 1, 2), Queue("download_queue", 4, 1, 0), Queue("reports", 0)),
        (
            Finding(
                "orphans", Severity.WARNING,
                textn("{n} orphaned worker", "{n} orphaned workers", 3),
                text("They outlived the app that started them and still take tasks from your "
                     "queues."),
                text("Look at them with: celery-tray workers"), (40112, 40398, 38007),
            ),
        ),
    )  # fmt: skip
    return Snapshot(
        EngineInfo(4100, "0.1.0", now - 8042),
        Machine(83.0, 61.5, 16 << 30, 212 << 30, 8),
        (stack,),
    )


class FakeEngine:
    """Speaks the engine's protocol on a home's socket, in a thread of its own."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._faces: dict[asyncio.StreamWriter, Snapshot | None] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self.snapshot = sample_snapshot(time.time())
        self.commands: list[Command] = []
        self.answer: Callable[[Command], Answer | None] = lambda command: Done()
        """Answers a command; None leaves it without an answer."""
        home.make()
        self._thread.start()
        self.start()

    def start(self) -> None:
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        """Go away as a killed engine does."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)

    def say(self, snapshot: Snapshot) -> None:
        """Tell every face that this is the state now."""
        self.snapshot = snapshot
        self._loop.call_soon_threadsafe(self._tell)

    def end(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        self._home.socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._attend, self._home.socket)

    async def _close(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for writer in tuple(self._faces):
            writer.close()
        self._home.socket.unlink(missing_ok=True)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._faces[writer] = None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = wire.body_length(await reader.readexactly(wire.HEAD_BYTES))
                message = wire.decode_from_face(await reader.readexactly(length))
                if isinstance(message, wire.Hello):
                    writer.write(wire.frame(wire.Welcome(wire.PROTOCOL, __version__, 4100)))
                elif isinstance(message, wire.Subscribe):
                    self._faces[writer] = self.snapshot
                    writer.write(wire.frame(wire.Full(self.snapshot)))
                else:
                    command = wire.command_of(message)
                    self.commands.append(command)
                    answer = self.answer(command)
                    if answer is not None:
                        writer.write(wire.frame(wire.reply(message.id, answer)))
        del self._faces[writer]
        writer.close()

    def _tell(self) -> None:
        for writer, sent in self._faces.items():
            if sent is not None and (delta := difference(sent, self.snapshot)):
                self._faces[writer] = self.snapshot
                writer.write(wire.frame(wire.Change(delta)))


class RunningMonitor:
    """The monitor's process and a client for it."""

    def __init__(self, home: Home, log: Path, *options: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "web.monitor", "--port", str(self.port)),
                    *("--home", str(home.root), *options),
                ],
                stdout=output,
                stderr=output,
            )
        self.http = httpx.Client(base_url=self.url, timeout=20, trust_env=False)

    def wait_until_healthy(self, path: str = "/healthz") -> None:
        wait_until(lambda: self._healthy(path))

    def end(self) -> int:
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        finally:
            self.process.kill()

    def _healthy(self, path: str) -> bool:
        try:
            return self.http.get(path).status_code == 200
        except httpx.ConnectError:
            assert self.process.poll() is None, self.log.read_text()
            return False


def wait_until(fact: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Return as soon as ``fact`` holds; fail when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


@pytest.fixture
def sample() -> Snapshot:
    return sample_snapshot(time.time())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def engine(home: Home) -> Iterator[FakeEngine]:
    fake = FakeEngine(home)
    yield fake
    fake.end()


@pytest.fixture
def start_monitor(home: Home, tmp_path: Path) -> Iterator[Callable[..., RunningMonitor]]:
    started: list[RunningMonitor] = []

    def start(
        *options: str, healthy: bool = True, prefix: str = "", port: int = 0
    ) -> RunningMonitor:
        log = tmp_path / f"monitor-{len(started)}.log"
        monitor = RunningMonitor(home, log, *options, port=port)
        started.append(monitor)
        if healthy:
            monitor.wait_until_healthy(f"{prefix}/healthz")
        return monitor

    yield start
    for monitor in started:
        monitor.end()


@pytest.fixture
def monitor(engine: FakeEngine, start_monitor: Callable[..., RunningMonitor]) -> RunningMonitor:
    """The monitor before the fake engine."""
    return start_monitor()


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[..., None]:
    return wait_until


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """Of one module: while Playwright runs, no test can have a loop of its own."""
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(chrome: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address in a browser of its own; at the end no page may have complained."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def open_(url: str, *, width: int = 1280, height: int = 800, **options: Any) -> Page:
        size = ViewportSize(width=width, height=height)
        contexts.append(chrome.new_context(viewport=size, **{"locale": "en-GB", **options}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if said.type in {"error", "warning"} else None,
        )
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    # A refused request is told by the browser itself; what the page makes of it is tested.
    assert [one for one in troubles if "status of" not in one] == []
