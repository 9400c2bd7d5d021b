"""A task by hand: which, with what arguments, where to. It is opened, never executed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.engine.model import Problem
from desktop.engine.task_commands import (
    RegisteredTasks,
    RegisteredTasksReport,
    RunTask,
    TaskActionReport,
)
from desktop.engine.task_model import RegisteredTask
from desktop.ui import fonts
from desktop.ui.fonts import Role
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.label import Label
from desktop.words import tr

if TYPE_CHECKING:
    from desktop.ui.bridge import Bridge

WIDTH = 560
FIELD_HEIGHT = 64
DOC_LINES_MAX = 3


class RunTaskForm(QDialog):
    """Loads what the workers would run, and sends one. The engine checks the arguments; what it
    refuses is said in the form, which stays."""

    sent = Signal(object)
    """The :class:`TaskActionReport` of what was sent; the form has closed."""

    def __init__(
        self,
        parent: QWidget | None,
        bridge: Bridge,
        *,
        name: str = "",
        args: str = "",
        kwargs: str = "",
        queue: str = "",
        again: str = "",
        why: str = "",
    ) -> None:
        """``args`` and ``kwargs`` stand in the form as they are: where they are no JSON, a person
        has to repair them (``why`` says so). ``again``: the task that this one repeats."""
        super().__init__(parent)
        self._bridge = bridge
        self._again = again
        self._tasks: dict[str, RegisteredTask] = {}
        self._busy = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        title = tr("Run it again") if again else tr("Run a task")
        self.setWindowTitle(title)
        self._why = Label(why, Role.BODY, "sub", wrap=True)
        self._why.setVisible(bool(why))
        self.name = QComboBox()
        self.name.setEditable(True)
        self.name.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._signature = Label("", Role.MONO, "sub", wrap=True, lines_max=DOC_LINES_MAX)
        self._doc = Label("", Role.SECONDARY, "sub", wrap=True, lines_max=DOC_LINES_MAX)
        self.args = _Json(args or "[]")
        self.kwargs = _Json(kwargs or "{}")
        self.queue = QLineEdit(queue)
        self.countdown = QLineEdit()
        self.problem = Label("", Role.SECONDARY, "bad", wrap=True)
        self.run = Button(tr("Run"), "play", look="primary")
        self._cancel = Button(tr("Cancel"))
        self.name.setEditText(name)
        self._lay_out(title)
        self._connect()
        self._show_task()
        self._ask_which()

    def _lay_out(self, title: str) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.setSpacing(6)
        whole.addWidget(Label(title, Role.PANEL_TITLE))
        whole.addWidget(self._why)
        whole.addSpacing(4)
        self._add(whole, tr("Task"), self.name)
        whole.addWidget(self._signature)
        whole.addWidget(self._doc)
        self._add(whole, tr("Arguments, a JSON list"), self.args)
        self._add(whole, tr("Named arguments, a JSON object"), self.kwargs)
        beside = QHBoxLayout()
        beside.setSpacing(12)
        for caption, field in (
            (tr("Queue"), self.queue),
            (tr("Not before so many seconds"), self.countdown),
        ):
            column = QVBoxLayout()
            column.setSpacing(6)
            self._add(column, caption, field)
            beside.addLayout(column, 1)
        whole.addLayout(beside)
        whole.addWidget(self.problem)
        whole.addSpacing(8)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self.run)
        whole.addLayout(buttons)
        whole.addStretch(1)
        self.problem.hide()

    @staticmethod
    def _add(column: QVBoxLayout, caption: str, field: QWidget) -> None:
        label = Label(caption, Role.SECONDARY_MEDIUM, "sub")
        label.setBuddy(field)
        field.setAccessibleName(caption)
        column.addWidget(label)
        column.addWidget(field.box if isinstance(field, _Json) else field)

    def _connect(self) -> None:
        self._cancel.clicked.connect(self.reject)
        self.run.clicked.connect(self._on_run)
        self.name.editTextChanged.connect(lambda _words: self._show_task())
        self.args.textChanged.connect(self._check)
        self.kwargs.textChanged.connect(self._check)
        self.countdown.textChanged.connect(lambda _words: self._check())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._on_run()
        elif not enter:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._fit()
        super().showEvent(event)
        (self.args if self.name.currentText() else self.name).setFocus()

    # --- which tasks there are ----------------------------------------------------------------

    def _ask_which(self) -> None:
        self._bridge.request(
            RegisteredTasks(self._bridge.project), self._on_tasks, self._on_problem
        )

    def _on_tasks(self, answer: object) -> None:
        if not isinstance(answer, RegisteredTasksReport):
            return
        self._tasks = {one.name: one for one in answer.tasks}
        written = self.name.currentText()
        with QSignalBlocker(self.name):
            self.name.clear()
            self.name.addItems(list(self._tasks))
            self.name.setEditText(written)
        completer = QCompleter(list(self._tasks), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.name.setCompleter(completer)
        self._show_task()

    def _show_task(self) -> None:
        """What is known of the task that is named, and whether it can be sent."""
        task = self._tasks.get(self.name.currentText())
        self._signature.setText(f"{task.name}{task.signature}" if task else "")
        self._doc.setText(task.doc if task else "")
        self._signature.setVisible(bool(task))
        self._doc.setVisible(bool(task and task.doc))
        where = task.queue if task else ""
        self.queue.setPlaceholderText(where or tr("where the app sends it"))
        self._check()

    # --- sending ------------------------------------------------------------------------------

    def _check(self) -> None:
        """Say what can't be read, where it is typed; the engine checks the rest."""
        words = self.args.mistake(list, tr("A list is expected, in square brackets."))
        words = words or self.kwargs.mistake(dict, tr("An object is expected, in braces."))
        if not words and self._seconds() is None and self.countdown.text().strip():
            words = tr("The seconds are no number.")
        self._say(words)
        self.run.setEnabled(not words and bool(self.name.currentText().strip()) and not self._busy)

    def _seconds(self) -> float | None:
        try:
            return float(self.countdown.text())
        except ValueError:
            return None

    def _say(self, words: str) -> None:
        if words == self.problem.text() and self.problem.isHidden() == (not words):
            return
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        self._fit()

    def _on_run(self) -> None:
        if not self.run.isEnabled():
            return
        self._busy = True
        self.run.setEnabled(False)
        self._bridge.request(
            RunTask(
                self._bridge.project,
                self.name.currentText().strip(),
                self.args.toPlainText(),
                self.kwargs.toPlainText(),
                self.queue.text().strip(),
                self._seconds(),
                self._again,
            ),
            self._on_sent,
            self._on_problem,
        )

    def _on_sent(self, answer: object) -> None:
        if isinstance(answer, TaskActionReport):
            self.accept()
            self.sent.emit(answer)

    def _on_problem(self, problem: Problem) -> None:
        self._busy = False
        self._check()
        parts = (str(problem.title), str(problem.message), str(problem.next_step))
        self._say(" ".join(part for part in parts if part))

    def _fit(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedSize(WIDTH, layout.totalHeightForWidth(WIDTH))


class _Json(QPlainTextEdit):
    """A few lines of JSON; the tabulator leaves it."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setPlainText(words)
        self.setFont(fonts.font(Role.MONO))
        self.setTabChangesFocus(True)
        self.setFixedHeight(FIELD_HEIGHT)
        self.box = Card()
        inside = QVBoxLayout(self.box)
        inside.setContentsMargins(4, 2, 4, 2)
        inside.addWidget(self)

    def mistake(self, kind: type, expected: str) -> str:
        """What is wrong, and where; "" when it can be read."""
        try:
            value = json.loads(self.toPlainText())
        except json.JSONDecodeError as error:
            return tr(
                "No JSON at line {line}, column {column}.", line=error.lineno, column=error.colno
            )
        except (ValueError, RecursionError):
            return tr("This can't be read as JSON.")
        return "" if isinstance(value, kind) else expected
