"""A believable stack, and stand-ins of the bridge and the preferences with the same shape."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, Signal

from desktop.engine.commands import Command
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
)
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import ServiceKind, ServiceState, Severity, StackState, TaskState
from desktop.ui.trends import SPAN_S, Trends
from desktop.words import text, verbatim

NOW = time.time()
UP = NOW - (2 * 3600 + 14 * 60 + 5)


def service(name: str, kind: ServiceKind, state: ServiceState, **more: object) -> ServiceStatus:
    """A service with the values that a running one has, unless told otherwise."""
    base = ServiceStatus(name, kind, state, log_path=f"/state/stacks/shop/logs/{name}.log")
    if state is ServiceState.RUNNING:
        base = msgspec.structs.replace(
            base, pid=51870, started_at=UP, cpu_percent=0.4, rss_bytes=38 << 20, processes=1
        )
    return msgspec.structs.replace(base, **more)


REDIS = service(
    "redis",
    ServiceKind.REDIS,
    ServiceState.RUNNING,
    pid=51860,
    detail=text("127.0.0.1:6379 · 7.2.5"),
    url="redis://127.0.0.1:6379/0",
    argv=("redis-server", "--port", "6379", "--bind", "127.0.0.1", "--appendonly", "yes"),
)
WORKER = service(
    "worker1",
    ServiceKind.WORKER,
    ServiceState.RUNNING,
    pid=51870,
    cpu_percent=31.2,
    rss_bytes=412 << 20,
    processes=5,
    restarts=1,
    node="worker1@mbp",
    detail=text("4 processes · celery, email, reports"),
    argv=(
        "/home/ada/acme-shop/.venv/bin/python",
        "-m",
        "celery",
        "-A",
        "shop.celery:app",
        "worker",
        "-n",
        "worker1@%h",
        "-c",
        "4",
        "-Q",
        "celery,email,reports",
        "--loglevel",
        "INFO",
    ),
)
MONITOR = service(
    "monitor",
    ServiceKind.MONITOR,
    ServiceState.RUNNING,
    pid=51881,
    cpu_percent=1.8,
    rss_bytes=64 << 20,
    detail=text("127.0.0.1:8001 · built in"),
    url="http://127.0.0.1:8001/",
)
WEB = service(
    "web",
    ServiceKind.WEB,
    ServiceState.RUNNING,
    pid=51902,
    cpu_percent=2.1,
    rss_bytes=118 << 20,
    started_at=NOW - 47 * 60,
    detail=text("127.0.0.1:8000 · uvicorn"),
    url="http://127.0.0.1:8000/",
)
FLOWER = service(
    "flower",
    ServiceKind.FLOWER,
    ServiceState.STOPPED,
    enabled=False,
    url="http://127.0.0.1:5555/",
    log_path="",
)
VITE = service(
    "vite",
    ServiceKind.COMMAND,
    ServiceState.RUNNING,
    pid=51999,
    cpu_percent=0.1,
    rss_bytes=86 << 20,
    detail=text("npm run dev"),
    url="http://127.0.0.1:5173/",
)
CRASH = Problem(
    "exits-too-quickly",
    text("{service} exits right after its start.", service="worker1"),
    text("It ended 3 times in a row within 5 s, the last time with exit code 1."),
    text("Read its last lines below, mend the cause, then start it again."),
    (
        "Traceback (most recent call last):",
        '  File "/home/ada/acme-shop/shop/celery.py", line 12, in <module>',
        "    from shop.payments import stripe_gateway",
        "ModuleNotFoundError: No module named 'shop.payments'",
    ),
)
LEFTOVER = Finding(
    "orphans",
    Severity.WARNING,
    text("3 orphaned workers"),
    text("They outlived the app that started them and still take tasks from your queues."),
    text("Stop them with celery-tray cleanup."),
    (40112, 40236, 44790),
)


def task(name: str, state: TaskState, age_s: float, worker: str = "worker1@mbp") -> ActiveTask:
    started = NOW - age_s if state is TaskState.STARTED else None
    return ActiveTask(f"id-{name}-{age_s}", name, worker, state, NOW - age_s - 0.1, started)


SHOP = StackStatus(
    id="shop-1a2b3c4d",
    name="acme-shop",
    project="/home/ada/acme-shop",
    app="shop.celery:app",
    broker="redis://127.0.0.1:6379/0",
    state=StackState.RUNNING,
    services=(REDIS, WORKER, MONITOR, WEB, VITE, FLOWER),
    tasks=TaskCounts(18_204, 6, 17_951, 3, 41, 2),
    active=(
        task("shop.search.rebuild_index", TaskState.STARTED, 38.2),
        task("reports.daily.render_pdf", TaskState.STARTED, 2.4),
        task("shop.tasks.resize_image", TaskState.STARTED, 0.3),
        task("shop.tasks.sync_inventory", TaskState.RETRY, 12),
        task("shop.mail.send_receipt", TaskState.RECEIVED, 4),
    ),
    queues=(Queue("celery", 14, 1), Queue("email", 4, 1), Queue("reports", 0, 1)),
)
SNAPSHOT = Snapshot(
    EngineInfo(51800, "0.1.0", UP - 4), Machine(31.0, 62.0, 16 << 30, 41 << 30, 8), (SHOP,)
)


def with_service(stack: StackStatus, changed: ServiceStatus, **more: object) -> StackStatus:
    """The stack with one service in another state."""
    services = tuple(changed if s.name == changed.name else s for s in stack.services)
    return msgspec.structs.replace(stack, services=services, **more)


def failed_worker() -> ServiceStatus:
    return msgspec.structs.replace(
        WORKER,
        state=ServiceState.FAILED,
        pid=None,
        cpu_percent=None,
        rss_bytes=None,
        restarts=3,
        error=CRASH,
    )


def failed_redis() -> ServiceStatus:
    return msgspec.structs.replace(REDIS, state=ServiceState.FAILED, pid=None)


def stopping_worker() -> ServiceStatus:
    return msgspec.structs.replace(
        WORKER, state=ServiceState.STOPPING, note=text("finishing {n} tasks", n=3)
    )


def stopped(stack: StackStatus) -> StackStatus:
    """The same with nothing running."""
    services = tuple(
        msgspec.structs.replace(
            s,
            state=ServiceState.STOPPED,
            pid=None,
            cpu_percent=None,
            rss_bytes=None,
            started_at=None,
            processes=0,
        )
        for s in stack.services
    )
    return msgspec.structs.replace(
        stack, state=StackState.STOPPED, services=services, active=(), queues=()
    )


def hostile(stack: StackStatus) -> StackStatus:
    """Names that try to be markup, mnemonics, or very long."""
    evil = "<b>bold</b>&file<img src=x>"
    worker = msgspec.structs.replace(WORKER, name=evil, detail=verbatim("<h1>&amp;</h1>" * 9))
    return msgspec.structs.replace(
        stack,
        name="<u>shop</u> & " + "very-long-name-" * 9,
        services=(REDIS, worker, *stack.services[2:]),
        active=(task("<script>alert(1)</script>." + "f" * 300, TaskState.STARTED, 3),),
        queues=(Queue("<i>q</i>" * 30, 10**9),),
    )


def fill(trends: Trends, stack: StackStatus) -> None:
    """Two minutes of plausible CPU."""
    noise = random.Random(7)  # noqa: S311
    now = time.monotonic()
    for step in range(int(SPAN_S // 2) + 1):
        services = tuple(
            msgspec.structs.replace(
                s,
                cpu_percent=max(
                    0.0,
                    s.cpu_percent * (1 + 0.25 * math.sin(step / 5 + n) + noise.uniform(-0.3, 0.4))
                    + (noise.random() > 0.95) * (1 + s.cpu_percent / 2),
                ),
            )
            for n, s in enumerate(stack.services)
            if s.cpu_percent is not None
        )
        at = now - SPAN_S + step * 2
        trends.sample(msgspec.structs.replace(stack, services=services), at)


class StandInBridge(QObject):
    """Feeds values, and keeps the commands it was given."""

    snapshot_changed = Signal(object)
    stack_changed = Signal(object)
    command_failed = Signal(object)
    existing_found = Signal(object, object)
    flower_missing = Signal(object, object)

    def __init__(self, snapshot: Snapshot | None = SNAPSHOT) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.stack = snapshot.stacks[0] if snapshot and snapshot.stacks else None
        self.project = self.stack.project if self.stack else ""
        self.commands: list[Command] = []
        self.watched: list[float] = []
        self.answers: dict[type, object] = {}
        """What a request of this kind is answered at once: a value, a :class:`Problem`, or what a
        function makes of the command (None: not yet)."""
        self.waiting: list[tuple[Command, Callable[[object], None], Callable[[Problem], None]]] = []
        """Requests that are not answered yet."""
        self.broken_off: list[Command] = []
        """Requests whose answers are not wanted any more."""

    def request(
        self,
        command: Command,
        done: Callable[[object], None],
        failed: Callable[[Problem], None],
    ) -> Callable[[], object]:
        self.commands.append(command)
        answer = self.answers.get(type(command))
        if callable(answer):
            answer = answer(command)
        if answer is None:
            self.waiting.append((command, done, failed))
        elif isinstance(answer, Problem):
            failed(answer)
        else:
            done(answer)
        return lambda: self.broken_off.append(command)

    def submit(self, command: Command) -> None:
        self.commands.append(command)

    def watch(self, interval_s: float) -> None:
        self.watched.append(interval_s)

    def feed(self, stack: StackStatus | None) -> None:
        """Another state of the stack; None: the engine is out of reach."""
        if stack is None:
            self.snapshot = self.stack = None
        else:
            base = self.snapshot or SNAPSHOT
            self.snapshot = msgspec.structs.replace(base, stacks=(stack,))
            self.stack = stack
        self.snapshot_changed.emit(self.snapshot)
        self.stack_changed.emit(self.stack)


class StandInPreferences(QObject):
    """Choices in memory."""

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.language = ""
        self.theme = "system"
        self.start_stack_at_login = False
        self.close_to_tray = True
        self.notifications = True
        self.last_page = "overview"
        self.task_columns: tuple[str, ...] = ()
        self.task_widths: tuple[str, ...] = ()
        self.worker_widths: tuple[str, ...] = ()
