"""The model of the table of tasks: the part of the history that is near what is seen.

It never sorts or filters: the engine does. Pages are put in front of it, behind it, and taken
away again, so that it holds some 2,000 rows at most however long the history is. A task is found
again by its id; whatever comes tells the view as little as it has to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from desktop.calls import arguments
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.ui.pages.tasks.columns import KINDS, Column, cell, outcome, spoken
from desktop.ui.shown_text import BLOCK_MAX, block
from desktop.ui.widgets import row_table
from desktop.ui.widgets.label import plain_tip

Index = QModelIndex | QPersistentModelIndex
RANGES_MAX = 12
"""More separate changes than this are told as one: that everything is new."""
TIP_MAX = 600
TICK_S = 0.9
"""How often the runtimes of what runs move on."""
_ROOT = QModelIndex()


class TaskModel(QAbstractTableModel):
    """One row a task, in the order in which the engine gave them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks: list[Task] = []
        self._rows: dict[str, int] | None = {}
        self.now = 0.0

    # --- what it holds ----------------------------------------------------------------------

    @property
    def tasks(self) -> Sequence[Task]:
        return self._tasks

    def task(self, row: int) -> Task | None:
        return self._tasks[row] if 0 <= row < len(self._tasks) else None

    def row_of(self, task_id: str) -> int:
        """The row of a task; -1 when it is not among those that are held."""
        if self._rows is None:
            self._rows = {task.id: row for row, task in enumerate(self._tasks)}
        return self._rows.get(task_id, -1)

    # --- what comes and goes ----------------------------------------------------------------

    def reset(self, tasks: Sequence[Task]) -> None:
        """These, and nothing of what was there."""
        self.beginResetModel()
        self._put(list(tasks))
        self.endResetModel()

    def become(self, tasks: Sequence[Task]) -> None:
        """Hold exactly these. What was there before stays the same row for the view, so that a
        selection goes with its task."""
        wanted = {task.id: task for task in tasks}
        gone = _ranges(row for row, task in enumerate(self._tasks) if task.id not in wanted)
        kept = [task.id for task in self._tasks if task.id in wanted]
        held = set(kept)
        places = {task_id: place for place, task_id in enumerate(wanted)}
        in_order = all(places[one] < places[other] for one, other in pairwise(kept))
        come = _ranges(place for place, task_id in enumerate(wanted) if task_id not in held)
        if not in_order or len(gone) + len(come) > RANGES_MAX:
            self.reset(tuple(wanted.values()))
            return
        for first, last in reversed(gone):
            self._take_out(first, last)
        new = list(wanted.values())
        for first, last in come:
            self.beginInsertRows(_ROOT, first, last)
            self._put([*self._tasks[:first], *new[first : last + 1], *self._tasks[first:]])
            self.endInsertRows()
        self.update(new)

    def append(self, tasks: Sequence[Task]) -> int:
        """These behind the rest, but for those that are there already (an update may have moved
        them). How many rows that made."""
        new = self._new(tasks)
        if new:
            self.beginInsertRows(_ROOT, len(self._tasks), len(self._tasks) + len(new) - 1)
            self._put([*self._tasks, *new])
            self.endInsertRows()
        return len(new)

    def prepend(self, tasks: Sequence[Task]) -> int:
        """These before the rest; see :meth:`append`."""
        new = self._new(tasks)
        if new:
            self.beginInsertRows(_ROOT, 0, len(new) - 1)
            self._put([*new, *self._tasks])
            self.endInsertRows()
        return len(new)

    def drop_first(self, count: int) -> None:
        """Let so many of the first rows go."""
        if count > 0:
            self._take_out(0, min(count, len(self._tasks)) - 1)

    def drop_last(self, count: int) -> None:
        """Let so many of the last rows go."""
        if count > 0:
            self._take_out(max(0, len(self._tasks) - count), len(self._tasks) - 1)

    def update(self, tasks: Sequence[Task]) -> None:
        """What is known now of tasks that are held; others are passed over."""
        changed = []
        for task in tasks:
            row = self.row_of(task.id)
            if row >= 0 and self._tasks[row] != task:
                self._tasks[row] = task
                changed.append(row)
        if changed:
            last = self.index(max(changed), len(Column) - 1)
            self.dataChanged.emit(self.index(min(changed), 0), last)

    def _new(self, tasks: Sequence[Task]) -> list[Task]:
        self.update(tasks)
        return list({task.id: task for task in tasks if self.row_of(task.id) < 0}.values())

    def _take_out(self, first: int, last: int) -> None:
        if last < first:
            return
        self.beginRemoveRows(_ROOT, first, last)
        self._put([*self._tasks[:first], *self._tasks[last + 1 :]])
        self.endRemoveRows()

    def _put(self, tasks: list[Task]) -> None:
        self._tasks = tasks
        self._rows = None

    def tick(self, now: float) -> None:
        """It is so late: what runs has run longer."""
        if now - self.now < TICK_S:
            return
        self.now = now
        rows = [row for row, task in enumerate(self._tasks) if task.state is TaskState.STARTED]
        if rows:
            first, last = min(rows), max(rows)
            column = Column.RUNTIME
            self.dataChanged.emit(self.index(first, column), self.index(last, column))

    # --- for the view -----------------------------------------------------------------------

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._tasks)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        task = self.task(index.row())
        if task is None:
            return None
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(task, column, self.now)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            # The first cell speaks for its row, as a person would tell it.
            if column is Column.STATE:
                return spoken(task, self.now)
            return f"{KINDS[column].title}: {cell(task, column, self.now)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(block(_tip(task, column), min(TIP_MAX, BLOCK_MAX)))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return row_table.alignment(KINDS[column])
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        return row_table.header_data(KINDS, section, orientation, role)


def _ranges(rows: Iterable[int]) -> list[tuple[int, int]]:
    """The numbers as runs of neighbours: (first, last)."""
    runs = groupby(enumerate(rows), lambda pair: pair[1] - pair[0])
    found = ([row for _, row in run] for _, run in runs)
    return [(run[0], run[-1]) for run in found]


def _tip(task: Task, column: Column) -> str:
    match column:
        case Column.TASK:
            return task.name
        case Column.ARGUMENTS:
            return arguments(task)
        case Column.OUTCOME:
            return outcome(task)
        case Column.WORKER:
            return task.worker
        case Column.ID:
            return task.id
        case _:
            return ""
