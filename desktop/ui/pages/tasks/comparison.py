"""Two runs side by side, and in what they differ. Opened over the window, never executed."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.engine.history_commands import ListTasks, Selection, ShowTask, TaskDetail, TaskPage
from desktop.engine.task_model import Task
from desktop.quantities import clock, span
from desktop.ui.fonts import Role
from desktop.ui.pages.tasks.columns import split_name
from desktop.ui.pages.tasks.differences import Difference, differences
from desktop.ui.pages.tasks.feed import Request
from desktop.ui.phrases import DASH, task_state
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.code_block import CodeBlock
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label
from desktop.words import tr, trn

SIZE = (820, 600)
OFFERED_MAX = 30
TITLE_WIDTH = 128
CHOOSER_WIDTH = 260


class Comparison(QDialog):
    """One task, and another run of the same name to choose; what differs is marked and strong."""

    def __init__(
        self,
        parent: QWidget,
        request: Request,
        project: str,
        one: Task,
        other: Task | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self.resize(*SIZE)
        self._request = request
        self._project = project
        self._tasks: list[Task | None] = [one, other]
        self._offered: list[Task] = []
        function, _ = split_name(one.name)
        title = tr("Compare {name}", name=function)
        self.setWindowTitle(title)
        self.chooser = QComboBox()
        self.chooser.setAccessibleName(tr("The other run"))
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.chooser.setMinimumWidth(CHOOSER_WIDTH)
        self.chooser.activated.connect(self._on_chosen)
        self.chooser.setVisible(other is None)
        self.summary = Label("", Role.BODY, "sub")
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(0, 0, 12, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._lay_out(title)
        self._ask(0, one.id)
        if other is None:
            self._find_others(one)
        else:
            self._ask(1, other.id)
        self._show()

    def _lay_out(self, title: str) -> None:
        area = QScrollArea()
        area.setObjectName("page")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._inside)
        area.setAccessibleName(title)
        self._inside.setObjectName("content")
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(Label(title, Role.PANEL_TITLE), 1)
        head.addWidget(self.chooser)
        close = Button(tr("Close"))
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(self.summary, 1)
        foot.addWidget(close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.setSpacing(12)
        whole.addLayout(head)
        whole.addWidget(area, 1)
        whole.addLayout(foot)

    # --- which runs -------------------------------------------------------------------------

    def _find_others(self, one: Task) -> None:
        quoted = one.name.replace("\\", "\\\\").replace('"', '\\"')
        command = ListTasks(
            self._project, Selection(search=f'name:"{quoted}"'), limit=OFFERED_MAX + 1
        )

        def answered(answer: object) -> None:
            if not isinstance(answer, TaskPage):
                return
            self._offered = [task for task in answer.tasks if task.id != one.id][:OFFERED_MAX]
            self.chooser.clear()
            for task in self._offered:
                self.chooser.addItem(_run(task))
            if self._offered:
                self._choose(self._offered[0])
            else:
                self.summary.setText(tr("There is no other run of this task."))

        self._request(command, answered, lambda problem: self.summary.setText(str(problem.title)))

    def _on_chosen(self, place: int) -> None:
        if 0 <= place < len(self._offered):
            self._choose(self._offered[place])

    def _choose(self, other: Task) -> None:
        self._tasks[1] = other
        self._show()
        self._ask(1, other.id)

    def _ask(self, side: int, task_id: str) -> None:
        """A row of the table has no traceback: the whole of it is asked for."""
        self._request(
            ShowTask(self._project, task_id), partial(self._on_told, side), lambda _: None
        )

    def _on_told(self, side: int, answer: object) -> None:
        known = self._tasks[side]
        if isinstance(answer, TaskDetail) and known is not None and answer.task.id == known.id:
            self._tasks[side] = answer.task
            self._show()

    # --- side by side -----------------------------------------------------------------------

    def _show(self) -> None:
        one, other = self._tasks
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        if one is None or other is None:
            return
        rows = differences(one, other)
        for number, row in enumerate(rows):
            self._add(number, row)
        self._grid.setColumnMinimumWidth(1, TITLE_WIDTH)
        self._grid.setColumnStretch(2, 1)
        self._grid.setColumnStretch(3, 1)
        self._grid.setRowStretch(len(rows), 1)
        count = sum(row.differs for row in rows)
        self.summary.setText(
            trn("{n} difference", "{n} differences", count) if count else tr("No difference.")
        )

    def _add(self, number: int, row: Difference) -> None:
        top = Qt.AlignmentFlag.AlignTop
        ink = "text" if row.differs else "sub"
        role = Role.SECONDARY_MEDIUM if row.differs else Role.SECONDARY
        if row.differs:
            self._grid.addWidget(Glyph(12, "differs", "warn"), number, 0, top)
        title = Label(row.title, role, ink)
        if row.differs:
            title.setAccessibleName(tr("{what} differs", what=row.title))
        self._grid.addWidget(title, number, 1, top)
        for column, words in ((2, row.one), (3, row.other)):
            value: QWidget = (
                CodeBlock(row.title, words, traceback=True)
                if row.long
                else Label(words, role, ink, elide=Qt.TextElideMode.ElideMiddle)
            )
            self._grid.addWidget(value, number, column, top)


def _run(task: Task) -> str:
    """One run in the list: when, how it ended, how long it took."""
    at = task.received_at or task.sent_at or task.seen_at
    ran = DASH if task.runtime_s is None else span(task.runtime_s)
    return f"{clock(at) if at else DASH} · {task_state(task.state)} · {ran}"
