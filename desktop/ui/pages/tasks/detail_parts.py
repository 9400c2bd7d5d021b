"""The parts of a task's details, from its timeline to the lines of its log."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.calls import given
from desktop.engine.history_commands import TaskDetail
from desktop.engine.log_text import clean
from desktop.engine.states import TaskState
from desktop.engine.task_doubts import doubt_words
from desktop.engine.task_model import Task
from desktop.quantities import fine_clock
from desktop.ui.fonts import Role
from desktop.ui.pages.tasks.family_tree import FamilyTree
from desktop.ui.pages.tasks.timeline import steps
from desktop.ui.pages.tasks.timeline_view import TimelineView
from desktop.ui.shown_text import NAME_MAX, one_line
from desktop.ui.widgets.button import IconButton
from desktop.ui.widgets.code_block import CodeBlock
from desktop.ui.widgets.label import Label
from desktop.words import tr, trn

LOG_LINES_MAX = 200
Copy = Callable[[str], None]


def fill(
    column: QVBoxLayout,
    task: Task,
    detail: TaskDetail | None,
    copy: Copy,
    open_task: Callable[[str], None],
) -> None:
    """Put in all that is known of the task; ``detail`` None: the engine has not answered yet."""
    timeline = TimelineView()
    timeline.show_steps(steps(task))
    column.addWidget(_part(tr("Timeline"), timeline))
    if task.doubt:
        doubt = Label(str(doubt_words(task.doubt)), Role.SECONDARY, "warn", wrap=True)
        column.addWidget(_part(tr("In doubt"), doubt))
    _add_arguments(column, task, copy)
    if task.state is TaskState.SUCCESS and task.result:
        _add_block(column, tr("Result"), task.result, copy)
    _add_failure(column, task, copy)
    if detail is not None:
        again = str(detail.again)
        if again:
            column.addWidget(_part(tr("Run again"), Label(again, Role.SECONDARY, wrap=True)))
        if len(detail.family) > 1:
            tree = FamilyTree()
            tree.show_family(detail.family, task.id)
            tree.opened.connect(open_task)
            count = trn("{n} task", "{n} tasks", len(detail.family))
            column.addWidget(_part(tr("Workflow"), tree, note=count))
        if detail.log:
            lines = "\n".join(clean(line) for line in detail.log[-LOG_LINES_MAX:])
            _add_block(column, tr("Log"), lines, copy)
    _add_facts(column, task)


def _add_arguments(column: QVBoxLayout, task: Task, copy: Copy) -> None:
    if parts := given(task):
        _add_block(column, tr("Arguments"), "\n".join(parts), copy)
    elif task.args or task.kwargs:
        none = Label(tr("None"), Role.SECONDARY, "sub")
        column.addWidget(_part(tr("Arguments"), none))


def _add_failure(column: QVBoxLayout, task: Task, copy: Copy) -> None:
    """Its own traceback, else the one of its last try that failed."""
    if task.traceback:
        _add_block(column, tr("Traceback"), task.traceback, copy, traceback=True)
        return
    if task.exception and task.state is not TaskState.SUCCESS:
        _add_block(column, tr("Exception"), task.exception, copy, traceback=True)
        return
    failed = [(n, one) for n, one in enumerate(task.attempts, start=1) if one.traceback]
    if failed:
        number, attempt = failed[-1]
        title = tr("Traceback of try {n}", n=number)
        _add_block(column, title, attempt.traceback, copy, traceback=True)


def _add_facts(column: QVBoxLayout, task: Task) -> None:
    facts = (
        (tr("Worker"), _worker(task)),
        (tr("Queue"), task.queue),
        (tr("Not before"), fine_clock(task.eta) if task.eta else ""),
        (tr("Expires"), fine_clock(task.expires_at) if task.expires_at else ""),
        (tr("Root"), task.root_id if task.root_id != task.id else ""),
        (tr("Parent"), task.parent_id),
    )
    known = [(caption, words) for caption, words in facts if words]
    if not known:
        return
    part = QWidget()
    rows = QVBoxLayout(part)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(2)
    middle = Qt.TextElideMode.ElideMiddle
    for caption, words in known:
        row = QHBoxLayout()
        row.setSpacing(8)
        name = Label(caption, Role.SECONDARY, "sub")
        name.setFixedWidth(72)
        row.addWidget(name)
        row.addWidget(Label(one_line(words, NAME_MAX), Role.SECONDARY, elide=middle), 1)
        rows.addLayout(row)
    column.addWidget(part)


def _worker(task: Task) -> str:
    if task.worker and task.worker_pid:
        return tr("{node}, process {pid}", node=task.worker, pid=task.worker_pid)
    return task.worker


def _add_block(
    column: QVBoxLayout, title: str, words: str, copy: Copy, *, traceback: bool = False
) -> None:
    block = CodeBlock(title, words, traceback=traceback)
    column.addWidget(_part(title, block, copied=words, copy=copy))


def _part(
    title: str, widget: QWidget, *, note: str = "", copied: str = "", copy: Copy | None = None
) -> QWidget:
    part = QWidget()
    column = QVBoxLayout(part)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    head = QHBoxLayout()
    head.addWidget(Label(title, Role.SECONDARY_MEDIUM, "sub"), 1)
    if note:
        head.addWidget(Label(note, Role.SECONDARY, "sub"))
    if copied and copy is not None:
        button = IconButton("copy", side=18, icon_side=12)
        button.set_words(tr("Copy {what}", what=title))
        button.clicked.connect(lambda: copy(copied))
        head.addWidget(button)
    column.addLayout(head)
    column.addWidget(widget)
    return part
