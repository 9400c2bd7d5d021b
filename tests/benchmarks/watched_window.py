"""The window program on its Tasks page, whose own thread is watched:

    python -m tests.benchmarks.watched_window REPORT SECONDS SEARCH [OPTIONS OF celery-tray]

Nothing of the program is replaced. A timer of 2 ms beats in the window's thread; what lies between
two beats is how long the thread was held up, on the clock of the wall and in CPU time of its own
(which other programs of the machine do not change). A task called ``bench.marker`` counts as seen
when the table has been painted with its row in sight. Writes one JSON document.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer

from desktop.cli.main import run
from desktop.ui import app
from tests.benchmarks.event_source import MARKER

BEAT_MS = 2
WARM_S = 3.0
"""Of the time that is watched, after the page is filled for the first time."""


class Watched(app.Desktop):
    report, seconds, search = "", 0.0, ""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._watch = _Watch(self)


class _Watch(QObject):
    def __init__(self, desktop: Watched) -> None:
        super().__init__(desktop._app)
        self._desktop = desktop
        self._wall: list[float] = []
        self._cpu: list[float] = []
        self._last = (0.0, 0.0)
        self._seen: dict[str, float] = {}
        self._rows = 0
        self._begun = float("inf")
        self._beat = QTimer(self)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._on_beat)
        QTimer.singleShot(500, self._open)

    def _open(self) -> None:
        window = self._desktop.window
        if window is None or self._desktop.bridge.stack is None:
            QTimer.singleShot(200, self._open)
            return
        window.show_page("tasks")
        self._page = window.page
        if self._desktop.search:
            self._page.filter.show_search(self._desktop.search)
        self._page.table.viewport().installEventFilter(self)
        QTimer.singleShot(round(WARM_S * 1000), self._start)

    def _start(self) -> None:
        self._begun = time.time()
        self._last = (time.perf_counter(), time.thread_time())
        self._beat.start()
        QTimer.singleShot(round(self._desktop.seconds * 1000), self._end)

    def _on_beat(self) -> None:
        now = (time.perf_counter(), time.thread_time())
        self._wall.append(now[0] - self._last[0])
        self._cpu.append(now[1] - self._last[1])
        self._last = now

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt names it
        if event.type() == QEvent.Type.Paint:
            # Painted when this round of the loop is over.
            QTimer.singleShot(0, self._on_painted)
        return False

    def _on_painted(self) -> None:
        now = time.time()
        seen = self._page.table.seen
        self._rows = max(self._rows, len(seen))
        for task in seen:
            if task.name == MARKER and task.id not in self._seen:
                sent = float(task.args.strip("(),"))
                if sent >= self._begun:
                    self._seen[task.id] = now - sent

    def _end(self) -> None:
        self._beat.stop()
        told = {
            "wall": sorted(self._wall),
            "cpu": sorted(self._cpu),
            "latency": sorted(self._seen.values()),
            "kept": self._page.feed.kept,
            "rows": self._rows,
        }
        Path(self._desktop.report).write_text(json.dumps(told))
        self._desktop._leave.set()


if __name__ == "__main__":
    Watched.report, seconds, Watched.search = sys.argv[1:4]
    Watched.seconds = float(seconds)
    del sys.argv[1:4]
    app.Desktop = Watched  # type: ignore[misc]
    sys.exit(run(sys.argv[1:]))
