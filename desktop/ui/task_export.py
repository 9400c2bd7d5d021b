"""Writes tasks into a file: page after page from the engine, off the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.engine.history_commands import ListTasks, Selection, TaskOrder, TaskPage
from desktop.engine.model import Problem
from desktop.engine.task_control import export
from desktop.engine.task_model import Task
from desktop.words import text, tr, verbatim

if TYPE_CHECKING:
    from desktop.ui.task_actions import TaskActions

PAGE = 1_000
CSV, JSON = ".csv", ".jsonl"
_PARTIAL = ".part"


class TaskExport(QObject):
    """One export. The file has its name when it is whole; a broken-off one leaves nothing."""

    progressed = Signal(int)
    """So many tasks are written."""
    finished = Signal(int, str)
    """So many are in this file."""
    failed = Signal(object)
    """:class:`Problem`."""
    _written = Signal(int)

    def __init__(
        self, tasks: TaskActions, selection: Selection, path: Path, parent: QObject | None = None
    ) -> None:
        """What the suffix of ``path`` says: rows of CSV, or a JSON document a line."""
        super().__init__(parent)
        self._tasks = tasks
        self._selection = selection
        self._path = path
        self._partial = path.with_name(path.name + _PARTIAL)
        self._count = 0
        self._next = ""
        self._break_off: Callable[[], object] = lambda: None
        self._ended = False
        self._written.connect(self._on_written)

    def begin(self) -> None:
        """Ask for the first page."""
        self._ask()

    def cancel(self) -> None:
        """Break it off, if it is not done; what is written so far is removed."""
        if not self._ended:
            self._ended = True
            self._break_off()
            self._partial.unlink(missing_ok=True)

    def _ask(self) -> None:
        command = ListTasks(
            self._tasks.project, self._selection, TaskOrder.SEEN, True, self._next, PAGE
        )
        self._break_off = self._tasks.request(command, self._on_page, self._fail)

    def _on_page(self, answer: object) -> None:
        if self._ended or not isinstance(answer, TaskPage):
            return
        self._next = answer.next
        QThreadPool.globalInstance().start(_Writing(self, answer.tasks, first=not self._count))

    def write(self, tasks: Sequence[Task], *, first: bool) -> None:
        """From a thread of the pool: put these behind what is written."""
        try:
            with self._partial.open("w" if first else "a", encoding="utf-8", newline="") as file:
                for line in lines(self._path.suffix, tasks, head=first):
                    file.write(f"{line}\n")
            if not self._next and not self._ended:
                self._partial.replace(self._path)
        except OSError as error:
            self._partial.unlink(missing_ok=True)
            self.failed.emit(_not_written(self._path, error))
            self._ended = True
            return
        self._written.emit(len(tasks))

    def _on_written(self, count: int) -> None:
        if self._ended:
            self._partial.unlink(missing_ok=True)
            return
        self._count += count
        if self._next:
            self.progressed.emit(self._count)
            self._ask()
        else:
            self._ended = True
            self.finished.emit(self._count, str(self._path))

    def _fail(self, problem: Problem) -> None:
        if not self._ended:
            self.cancel()
            self.failed.emit(problem)


class _Writing(QRunnable):
    def __init__(self, export_: TaskExport, tasks: Sequence[Task], *, first: bool) -> None:
        super().__init__()
        self._export = export_
        self._tasks = tasks
        self._first = first

    def run(self) -> None:
        self._export.write(self._tasks, first=self._first)


def lines(suffix: str, tasks: Sequence[Task], *, head: bool) -> Iterable[str]:
    """The tasks as lines of a file with this suffix; ``head``: with the names of the columns."""
    if suffix == JSON:
        return export.json_lines(tasks)
    rows = iter(export.csv_lines(tasks))
    if not head:
        next(rows)
    return rows


def ask_path(parent: QWidget, chosen: Callable[[Path], None]) -> QFileDialog:
    """Ask where to; the dialog is opened, never executed."""
    dialog = QFileDialog(parent, tr("Export tasks"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    filters = {tr("Table (*.csv)"): CSV, tr("One JSON document a line (*.jsonl)"): JSON}
    dialog.setNameFilters(list(filters))
    dialog.setDefaultSuffix(CSV[1:])
    dialog.selectFile(f"tasks{CSV}")
    dialog.filterSelected.connect(lambda name: dialog.setDefaultSuffix(filters[name][1:]))
    dialog.fileSelected.connect(lambda file: chosen(Path(file)))
    dialog.open()
    return dialog


def _not_written(path: Path, error: OSError) -> Problem:
    return Problem(
        "not-exported",
        text("{file} can't be written.", file=path.name),
        verbatim(error.strerror or type(error).__name__),
        text("Choose another place, or free the disk."),
    )
