"""Keeps the panel of details true: asks the engine when a task is shown and when it changes."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from desktop.engine.history_commands import ShowTask, TaskDetail
from desktop.engine.model import Problem
from desktop.engine.task_model import Task
from desktop.ui.pages.tasks.columns import ENDED
from desktop.ui.pages.tasks.detail import TaskDetailPanel
from desktop.ui.pages.tasks.feed import Request
from desktop.ui.pages.tasks.model import TaskModel

PAUSE_MS = 60
"""Whoever walks through the rows with an arrow key held down is not asked for at each."""
PACE_S = 1.0
"""A task that goes on is looked at again no more often than this."""


class DetailFeed(QObject):
    """One question at a time; another task breaks it off."""

    def __init__(
        self, panel: TaskDetailPanel, request: Request, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._request = request
        self._project = ""
        self.task_id = ""
        self._round = 0
        self._break_off: Callable[[], object] | None = None
        self._mark = -1
        self._asked_at = 0.0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._ask)

    def show(self, project: str, task_id: str, known: Task | None) -> None:
        """This task from now on; ``known`` is what the table knows of it."""
        self._leave()
        self._project, self.task_id = project, task_id
        self._panel.show_task(known or Task(task_id))
        self._pause.start()

    def stop(self) -> None:
        """None is shown."""
        self._leave()
        self.task_id = ""

    def rest(self) -> None:
        """Nobody sees it; what it shows is asked for again with the next news."""
        self._leave()
        self._mark = -1

    def follow(self, model: TaskModel) -> None:
        """The table knows something newer, perhaps."""
        task = model.task(model.row_of(self.task_id)) if self.task_id else None
        shown = self._panel.task
        if task is None or shown is None or task.seen_at < shown.seen_at:
            return
        if task.state is not shown.state or task.retries != shown.retries:
            self._panel.show_task(task)
            self._pause.start()

    def notice(self, mark: int) -> None:
        """The history is at this mark now: what goes on may have gone on."""
        shown = self._panel.task
        if not self.task_id or shown is None or mark == self._mark:
            return
        due = time.monotonic() - self._asked_at >= PACE_S
        if due and shown.state not in ENDED and self._break_off is None:
            self._mark = mark
            self._ask()

    def _leave(self) -> None:
        self._pause.stop()
        self._round += 1
        if self._break_off is not None:
            self._break_off()
            self._break_off = None

    def _ask(self) -> None:
        self._leave()
        self._asked_at = time.monotonic()
        round_ = self._round
        settled: list[bool] = []

        def answered(answer: object) -> None:
            settled.append(True)
            if round_ == self._round:
                self._break_off = None
                if isinstance(answer, TaskDetail):
                    self._panel.show_detail(answer)

        def failed(problem: Problem) -> None:
            settled.append(True)
            if round_ == self._round:
                self._break_off = None
                self._panel.show_problem(problem)

        break_off = self._request(ShowTask(self._project, self.task_id), answered, failed)
        if not settled:
            self._break_off = break_off
