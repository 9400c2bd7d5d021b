"""What came of a cleanup, and the tasks that died with their workers, to be run again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.engine.cleanup_model import CleanupItem, CleanupProgress, LostTask
from desktop.engine.states import CleanupStep, Severity
from desktop.ui.fonts import Role
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label
from desktop.words import tr, trn

LEFT_MAX = 3
"""So many of those that go on running are named."""
NAME_WIDTH = 220
LOST_MAX = 5
"""So many lost tasks are shown before "Show n more"."""


def result_words(progress: CleanupProgress) -> tuple[Severity, str, str]:
    """Title and detail of a cleanup that has ended, and how grave that is."""
    stopped = [item for item in progress.items if item.step is CleanupStep.STOPPED]
    left = [item for item in progress.items if item.step is not CleanupStep.STOPPED]
    parts = []
    if stopped:
        parts.append(trn("{n} process stopped", "{n} processes stopped", len(stopped)))
    if left:
        parts.append(trn("{n} left running", "{n} left running", len(left)))
    title = " · ".join(parts) or tr("Looked for stranded tasks")
    parts = [_left_words(item) for item in left[:LEFT_MAX]]
    if len(left) > LEFT_MAX:
        more = len(left) - LEFT_MAX
        parts.append(trn("And {n} more.", "And {n} more.", more))
    if progress.rescued:
        parts.append(
            trn(
                "{n} task of a dead worker is back in its queue.",
                "{n} tasks of dead workers are back in their queues.",
                len(progress.rescued),
            )
        )
    if progress.lost:
        parts.append(trn("{n} task died with it.", "{n} tasks died with them.", len(progress.lost)))
    else:
        parts.append(tr("No task was lost."))
    grave = Severity.WARNING if left or progress.lost else Severity.INFO
    return grave, title, "\n".join(parts)


def _left_words(item: CleanupItem) -> str:
    note = str(item.note)
    if not note:
        return tr("{name} (pid {pid}) goes on.", name=item.name, pid=item.pid)
    return tr("{name} (pid {pid}): {note}", name=item.name, pid=item.pid, note=note)


class LostTasks(Card):
    """One row a task, each with its button; those whose arguments are not known say so."""

    asked = Signal(tuple)
    """Ids of tasks to run again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("bad_bg", "bad_edge", parent)
        self._tasks: tuple[LostTask, ...] = ()
        self._open = False
        self._shown: object = None
        self._title = Label("", Role.BODY_STRONG)
        self._why = Label("", Role.SECONDARY, "sub", wrap=True)
        self.all = Button()
        self.all.clicked.connect(lambda: self.asked.emit(_ids(self._tasks)))
        self.more = Button("", look="link")
        self.more.clicked.connect(self._on_more_clicked)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._why)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(Glyph(16, "state-failed", "bad"))
        head.addLayout(words, 1)
        head.addWidget(self.all)
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(28, 0, 0, 0)
        self._rows.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(self._rows)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_tasks(self, tasks: tuple[LostTask, ...], *, ready: bool) -> None:
        """Those that were not run again yet; hidden when there are none."""
        self._tasks = tuple(task for task in tasks if not task.again_id)
        self.setVisible(bool(self._tasks))
        count = len(self._tasks)
        self._title.setText(
            trn("{n} task died with its worker", "{n} tasks died with their workers", count)
        )
        self._why.setText(
            trn(
                "It had begun and was acknowledged, so no worker takes it up again by itself.",
                "They had begun and were acknowledged, so no worker takes them up again by itself.",
                count,
            )
        )
        known = len(_ids(self._tasks))
        self.all.set_words(tr("Run all again"))
        self.all.setVisible(known > 1)
        self.all.setEnabled(ready)
        self.more.setVisible(count > LOST_MAX)
        hidden = count - LOST_MAX
        self.more.set_words(
            tr("Show fewer") if self._open else trn("Show {n} more", "Show {n} more", hidden)
        )
        shown = (self._tasks, self._open, ready, self.all.accessibleName())
        if shown != self._shown:
            self._shown = shown
            self._build(ready)

    def _build(self, ready: bool) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for task in self._tasks if self._open else self._tasks[:LOST_MAX]:
            row = _Lost(task, lambda id_=task.id: self.asked.emit((id_,)))  # type: ignore[misc]
            row.again.setEnabled(ready)
            self._rows.addWidget(row)

    def _on_more_clicked(self) -> None:
        self._open = not self._open
        self.show_tasks(self._tasks, ready=self.all.isEnabled())


class _Lost(QWidget):
    def __init__(self, task: LostTask, again: Callable[[], None]) -> None:
        super().__init__()
        middle = Qt.TextElideMode.ElideMiddle
        given = " ".join(part for part in (task.args, task.kwargs) if part not in {"", "()", "{}"})
        self.again = Button(tr("Run again"))
        self.again.setAccessibleName(tr("Run {task} again", task=task.name))
        self.again.clicked.connect(lambda _checked=False: again())
        self.again.setVisible(bool(task.payload))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        name = Label(task.name, Role.SECONDARY_MEDIUM, elide=middle)
        name.setFixedWidth(NAME_WIDTH)
        row.addWidget(name)
        row.addWidget(Label(given, Role.MONO, "sub", elide=middle), 1)
        if not task.payload:
            unknown = tr("its arguments are not known")
            row.addWidget(Label(unknown, Role.SECONDARY, "sub", elide=Qt.TextElideMode.ElideNone))
        row.addWidget(self.again)


def _ids(tasks: tuple[LostTask, ...]) -> tuple[str, ...]:
    return tuple(task.id for task in tasks if task.payload)
