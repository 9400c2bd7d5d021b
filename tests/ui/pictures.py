"""Draws the window's pages to PNG files, to be looked at:

    python -m tests.ui.pictures FOLDER [NAME ...]

Needs a display (Xvfb does) or ``QT_QPA_PLATFORM=offscreen``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QWidget

from desktop.engine.commands import PlanCleanup
from desktop.engine.node_commands import ShowNode
from desktop.engine.queue_commands import (
    PeekQueue,
    QueuesReport,
    ShowQueues,
    ShowSchedule,
    WhyTask,
)
from desktop.engine.states import ServiceState
from desktop.paths import Home
from desktop.ui import theme
from desktop.ui.why_panel import WhyPanel
from desktop.ui.window import StatusWindow
from desktop.words import set_language
from tests.ui import sample, sample_cleanup, sample_queues, sample_tasks, sample_workers
from tests.ui.sample import SHOP, StandInBridge, StandInPreferences

STARTING = msgspec.structs.replace(
    sample.WORKER, state=ServiceState.STARTING, started_at=sample.NOW, cpu_percent=None
)
SCENES: dict[str, tuple[str, str, object]] = {
    "overview": ("overview", "", msgspec.structs.replace(SHOP, findings=(sample.LEFTOVER,))),
    "overview-plain": ("overview", "", SHOP),
    "overview-failed": ("overview", "", sample.with_service(SHOP, sample.failed_worker())),
    "overview-stopping": ("overview", "", sample.with_service(SHOP, sample.stopping_worker())),
    "overview-starting": ("overview", "", sample.with_service(SHOP, STARTING)),
    "overview-stopped": ("overview", "", sample.stopped(SHOP)),
    "overview-hostile": ("overview", "", sample.hostile(SHOP)),
    "overview-out-of-reach": ("overview", "", None),
    "overview-problem": (
        "overview",
        "",
        msgspec.structs.replace(SHOP, services=(), problem=sample.CRASH),
    ),
    "services": ("services", "worker1", SHOP),
    "services-failed": ("services", "worker1", sample.with_service(SHOP, sample.failed_worker())),
    "workers": ("workers", "worker1", sample_workers.BUSY),
    "workers-none": ("workers", "", sample_workers.NOBODY),
    "queues": ("queues", "", SHOP),
    "queues-detail": ("queues", "celery", SHOP),
    "queues-slip": ("queues", "celry", SHOP),
    "queues-empty": ("queues", "", sample.stopped(SHOP)),
    "schedule": ("schedule", "", SHOP),
    "schedule-late": ("schedule", "", sample.stopped(SHOP)),
    "why": ("queues", "", SHOP),
    "logs": ("logs", "", SHOP),
    "logs-one": ("logs", "worker1", SHOP),
    "settings": ("settings", "", SHOP),
    "cleanup": ("cleanup", "", sample_cleanup.LEFT_OVER),
    "cleanup-detail": ("cleanup", "40112", sample_cleanup.LEFT_OVER),
    "cleanup-going-on": ("cleanup", "", sample_cleanup.cleaning()),
    "cleanup-ended": (
        "cleanup",
        "",
        sample_cleanup.cleaning(
            sample_cleanup.ENDED, lost=sample_cleanup.LOST, stranded=sample_cleanup.STRANDED
        ),
    ),
    "cleanup-empty": ("cleanup", "", SHOP),
    "tasks": ("tasks", sample_tasks.RETRIED.id, SHOP),
    "tasks-plain": ("tasks", "", SHOP),
    "tasks-failed": ("tasks", sample_tasks.FAILED.id, SHOP),
    "tasks-hostile": ("tasks", sample_tasks.hostile(2).id, SHOP),
    "tasks-none": ("tasks", "?nothing at all", SHOP),
    "tasks-wrong": ("tasks", "?name:receipt worker:", SHOP),
    "tasks-figures": ("tasks", "", SHOP),
    "tasks-redis": ("tasks", "", sample.with_service(SHOP, sample.failed_redis())),
}
EVERY_WAY = {
    "overview",
    "overview-failed",
    "queues",
    "queues-detail",
    "schedule",
    "why",
    "services-failed",
    "workers",
    "logs",
    "settings",
    "cleanup",
    "cleanup-detail",
    "cleanup-going-on",
    "cleanup-ended",
    "tasks",
    "tasks-failed",
    "tasks-figures",
}
"""Scenes that are drawn in dark, in Chinese and small, too."""
LOGS = {
    "redis": [
        "51860:C 24 Nov 2026 09:12:01.004 * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
        "51860:M 24 Nov 2026 09:12:01.012 * Server initialized",
        "51860:M 24 Nov 2026 09:12:01.013 * Ready to accept connections tcp",
    ],
    "worker1": [
        "[2026-11-24 09:12:02,377: INFO/MainProcess] Connected to redis://127.0.0.1:6379/0",
        "[2026-11-24 09:12:02,391: INFO/MainProcess] worker1@mbp ready.",
        *(
            f"[2026-11-24 09:12:{3 + n // 4:02d},{n % 4 * 250:03d}: INFO/ForkPoolWorker-{n % 4}] "
            f"\x1b[32mTask shop.tasks.send_receipt[8f3c1e07-52b1-{n:04d}] succeeded\x1b[0m in 0.18s"
            for n in range(28)
        ),
        "[2026-11-24 09:12:12,010: WARNING/ForkPoolWorker-2] Task shop.tasks.sync_inventory"
        "[77aa] retry: Retry in 5s: ConnectionError('timed out')",
    ],
    "web": [
        "2026-11-24 09:12:04 INFO:     Uvicorn running on http://127.0.0.1:8000",
        '2026-11-24 09:12:06 INFO:     127.0.0.1:50212 - "GET / HTTP/1.1" 200 OK',
    ],
}


def draw(folder: Path, names: list[str]) -> None:
    """Every scene in light; the main ones in dark, in Chinese and small, too."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    variants: list[tuple[str, str, str, QSize]] = []
    for name in SCENES:
        variants.append((name, "light", "en", QSize(1100, 720)))
        if name in EVERY_WAY:
            variants.append((name, "dark", "en", QSize(1100, 720)))
            variants.append((name, "light", "zh_CN", QSize(1100, 720)))
            variants.append((name, "light", "en", QSize(880, 560)))
    for name, mode, language, size in variants:
        small = "-small" if size.width() < 1000 else ""
        file = f"{name}-{mode}{'-zh' if language != 'en' else ''}{small}"
        if not names or any(file.startswith(wanted) for wanted in names):
            _draw_one(app, folder / f"{file}.png", name, mode=mode, language=language, size=size)


def _draw_one(
    app: QApplication, file: Path, scene: str, *, mode: str, language: str, size: QSize
) -> None:
    set_language(language)
    theme.apply(app, mode)
    page, argument, stack = SCENES[scene]
    bridge = StandInBridge()
    found = sample_cleanup.NOTHING if stack is SHOP else sample_cleanup.PLAN
    stands = scene in {"queues-empty", "schedule-late"}
    bridge.answers = {
        PlanCleanup: found,
        ShowNode: sample_workers.NODE,
        ShowQueues: QueuesReport() if stands else sample_queues.QUEUES,
        PeekQueue: sample_queues.PEEK,
        ShowSchedule: sample_queues.LATE if stands else sample_queues.SCHEDULE,
        WhyTask: sample_queues.WHY,
    }
    bridge.answers |= sample_tasks.picture_history(scene).answers()
    with tempfile.TemporaryDirectory() as root:
        home = Home(Path(root))
        logs = home.stack(SHOP.id)
        logs.make()
        for name, lines in LOGS.items():
            logs.log(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        shown = stack
        if page == "logs":
            services = tuple(
                msgspec.structs.replace(s, log_path=str(logs.log(s.name))) for s in SHOP.services
            )
            shown = msgspec.structs.replace(SHOP, services=services)
        window = StatusWindow(bridge, StandInPreferences(), home)  # type: ignore[arg-type]
        sample.fill(window._trends, SHOP)
        window.resize(size)
        window.show()
        window.show_page(page, argument)
        bridge.feed(shown)  # type: ignore[arg-type]
        if argument:
            window.page.show_argument(argument)
        if scene == "tasks-figures":
            window.page.switch.click()  # type: ignore[attr-defined]
        if page == "tasks" and argument and not argument.startswith("?"):
            _wait(app, lambda: window.page.detail.detail is not None)  # type: ignore[attr-defined]
        _wait(app, lambda: page != "logs" or not window.page.log.is_empty)  # type: ignore[attr-defined]
        shown_widget: QWidget = window
        if scene == "why":
            shown_widget = WhyPanel(window, window.actions_, sample_queues.PEEK.messages[0].id)
            shown_widget.show()
            _wait(app, lambda: True)
        shown_widget.grab().save(str(file))
        window.page.sleep()
        window.hide()
        window.deleteLater()
        app.processEvents()


def _wait(app: QApplication, done: Callable[[], bool]) -> None:
    for _ in range(200):
        app.processEvents()
        if done():
            break
        import time

        time.sleep(0.01)
    for _ in range(5):
        app.processEvents()


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2:])
