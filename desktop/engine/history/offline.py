"""The history of a project whose engine does not run: read as it lies on the disk."""

from __future__ import annotations

import time
from pathlib import Path

from desktop.engine.history.details import show_task
from desktop.engine.history.figures import task_figures
from desktop.engine.history.history import FILE
from desktop.engine.history.pages import list_tasks
from desktop.engine.history.readers import Readers
from desktop.engine.history_commands import (
    ListTasks,
    ShowTask,
    TaskDetail,
    TaskFigures,
    TaskFiguresReport,
    TaskPage,
)
from desktop.paths import Home, stack_id


def answer(
    home: Home, command: ListTasks | ShowTask | TaskFigures
) -> TaskPage | TaskDetail | TaskFiguresReport:
    """What an engine would answer. Raises :class:`TrayError` as it would."""
    project = Path(command.project) if command.project else None
    readers = Readers(home.stack(stack_id(project)).root / FILE)
    now = time.time()
    try:
        if isinstance(command, ListTasks):
            return readers.ask_now(lambda connection: list_tasks(connection, command, now))
        if isinstance(command, ShowTask):
            return readers.ask_now(lambda connection: show_task(connection, command.id))
        return readers.ask_now(lambda connection: task_figures(connection, command, now))
    finally:
        readers.close()
