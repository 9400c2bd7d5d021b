"""The panel with all of one task: its life, what it was given, what came of it, and its family."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.engine.history_commands import TaskDetail
from desktop.engine.model import Problem
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.ui import icons
from desktop.ui.fonts import Role
from desktop.ui.pages.page import SCROLL_BAR
from desktop.ui.pages.tasks.columns import split_name
from desktop.ui.pages.tasks.detail_parts import fill
from desktop.ui.phrases import task_state
from desktop.ui.shown_text import NAME_MAX, one_line
from desktop.ui.widgets.button import Button, IconButton
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.chip import StateChip
from desktop.ui.widgets.label import Label
from desktop.words import tr, trn

WIDTH = 312
WAITS = frozenset({TaskState.PENDING, TaskState.RECEIVED, TaskState.RETRY})
"""A task that does not run and has not ended."""
GOES_ON = WAITS | {TaskState.STARTED}


class TaskDetailPanel(Card):
    """Shows a task as the table knows it at once, and all of it when the engine has answered."""

    closed = Signal()
    opened = Signal(str)
    """Id of another task that should be shown."""
    copy_asked = Signal(str)
    run_again_asked = Signal(object)
    """The :class:`Task`; so with the other signals."""
    revoke_asked = Signal(object)
    terminate_asked = Signal(object)
    why_asked = Signal(object)
    more_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.task: Task | None = None
        self.detail: TaskDetail | None = None
        self._shown: object = None
        self._title = Label("", Role.PANEL_TITLE)
        self._close = IconButton("close")
        self._close.clicked.connect(self.closed)
        self._module = Label("", Role.SECONDARY, "sub")
        self._id = Label("", Role.MONO, "sub", elide=Qt.TextElideMode.ElideMiddle)
        self._copy = IconButton("copy", side=18, icon_side=12)
        self._copy.clicked.connect(self._on_copy)
        self._chip = StateChip(tinted=True)
        self._note = Label("", Role.SECONDARY, "sub")
        self._inside = QWidget()
        self._facts = QVBoxLayout(self._inside)
        self._make_room(0, 0)
        self._facts.setSpacing(12)
        self.again = Button("", "restart")
        self.stop = Button("", look="danger")
        self.why = Button("", look="link")
        self.more = IconButton("more", side=30)
        self.again.clicked.connect(lambda: self.run_again_asked.emit(self.task))
        self.stop.clicked.connect(self._on_stop)
        self.why.clicked.connect(lambda: self.why_asked.emit(self.task))
        self.more.clicked.connect(lambda: self.more_asked.emit(self.task))
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 8, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._close)
        who = QHBoxLayout()
        who.setSpacing(6)
        who.addWidget(self._id, 1)
        who.addWidget(self._copy)
        state = QHBoxLayout()
        state.setSpacing(8)
        state.addWidget(self._chip)
        state.addWidget(self._note, 1)
        names = QVBoxLayout()
        names.setContentsMargins(16, 0, 16, 10)
        names.setSpacing(4)
        names.addWidget(self._module)
        names.addLayout(who)
        names.addLayout(state)
        names.addWidget(self.why, 0, Qt.AlignmentFlag.AlignLeft)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._inside)
        self._area.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)
        self._area.verticalScrollBar().rangeChanged.connect(self._make_room)
        rule = Card("hair", "hair")
        rule.setFixedHeight(1)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 8, 16, 12)
        foot.setSpacing(8)
        foot.addWidget(self.again)
        foot.addWidget(self.stop)
        foot.addStretch(1)
        foot.addWidget(self.more)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 1, 1, 1)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addLayout(names)
        whole.addWidget(rule)
        whole.addWidget(self._area, 1)
        whole.addLayout(foot)

    def _make_room(self, _least: int, most: int) -> None:
        """The scroll bar stands in the margin: nothing is broken anew when it comes or goes."""
        self._facts.setContentsMargins(16, 12, 16 + (0 if most > 0 else SCROLL_BAR), 16)

    def retranslate(self) -> None:
        """Take the words of the present language."""
        self._close.set_words(tr("Close the details"))
        self._copy.set_words(tr("Copy the ID"))
        self._area.setAccessibleName(tr("Details"))
        self.again.set_words(tr("Run again"))
        self.more.set_words(tr("More that can be done with it"))
        self._shown = None
        if self.task is not None:
            self._show()

    # --- what it shows ----------------------------------------------------------------------

    def show_task(self, task: Task) -> None:
        """This task, as far as the table knows it."""
        if self.task is None or self.task.id != task.id:
            self.detail = None
            self._area.verticalScrollBar().setValue(0)
        elif self.detail is not None:
            # A row has no traceback; what was told of it is not forgotten.
            known = self.detail.task
            task = known if task.seen_at <= known.seen_at and known.state == task.state else task
        self.task = task
        self._show()

    def show_detail(self, detail: TaskDetail) -> None:
        """All of it."""
        self.task, self.detail = detail.task, detail
        self._show()

    def show_problem(self, problem: Problem) -> None:
        """Why more is not known of it."""
        self._note.setText(str(problem.title))

    def _show(self) -> None:
        task = self.task
        if task is None:
            return
        function, module = split_name(task.name)
        self._title.setText(function or tr("(name not known)"))
        self._module.setText(module)
        self._module.setVisible(bool(module))
        self._id.setText(one_line(task.id, NAME_MAX))
        glyph, tone = icons.STATES[task.state]
        self._chip.show_state(glyph, tone, task_state(task.state))
        self._note.setText(_note(task))
        self.setAccessibleName(f"{function}, {task_state(task.state)}")
        runs = task.state is TaskState.STARTED
        self.why.setVisible(task.state in GOES_ON)
        self.why.set_words(tr("Is it really running?") if runs else tr("Why isn't it running?"))
        self.stop.setVisible(task.state in GOES_ON)
        self.stop.set_words(tr("Terminate…") if runs else tr("Revoke…"))
        shown = (task, self.detail)
        if shown != self._shown:
            self._shown = shown
            self._build(task)

    def _build(self, task: Task) -> None:
        place = self._area.verticalScrollBar().value()
        while (item := self._facts.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        fill(self._facts, task, self.detail, self.copy_asked.emit, self.opened.emit)
        self._facts.addStretch(1)
        self._inside.adjustSize()
        self._area.verticalScrollBar().setValue(place)

    # --- what is asked ----------------------------------------------------------------------

    def _on_copy(self) -> None:
        if self.task is not None:
            self.copy_asked.emit(self.task.id)

    def _on_stop(self) -> None:
        if self.task is not None:
            runs = self.task.state is TaskState.STARTED
            (self.terminate_asked if runs else self.revoke_asked).emit(self.task)


def _note(task: Task) -> str:
    """What is out of the ordinary about how it went."""
    parts = []
    if task.retries:
        parts.append(trn("after {n} retry", "after {n} retries", task.retries))
    if task.starts > task.retries + 1:
        again = task.starts - task.retries - 1
        parts.append(trn("delivered again", "delivered again {n} times", again))
    return " · ".join(parts)
