"""The tabs of one worker: its queues, its tasks, what waits, its settings."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.engine.node_commands import NodeDetail, NodeVerb, TellNode
from desktop.engine.task_model import RegisteredTask, WaitingTask
from desktop.quantities import clock
from desktop.ui.pages.workers.cells import Cell, CellTable, Line
from desktop.ui.phrases import DASH
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.label import plain_tip
from desktop.ui.widgets.row_table import Shape
from desktop.words import text, tr


def allow(button: Button, why_not: str = "") -> None:
    """A button that can't be pressed says why."""
    button.setEnabled(not why_not)
    button.setToolTip(plain_tip(why_not))
    button.setAccessibleDescription(why_not)


class Panel(QWidget):
    """A table, and a line of what can be done below it."""

    told = Signal(object)
    """A :class:`TellNode` without project, node and process."""

    def __init__(self, *shapes: Shape, left_out: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.table = CellTable(*shapes, left_out=left_out)
        self.foot = QHBoxLayout()
        self.foot.setContentsMargins(12, 6, 12, 8)
        self.foot.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addLayout(self.foot)

    def show_node(self, detail: NodeDetail, now: float, *, reachable: bool) -> None:
        """The worker as it is."""

    def retranslate(self) -> None:
        """Take the words of the present language."""
        self.table.retranslate()

    def add_button(self, action: Callable[[], None], icon: str = "") -> Button:
        button = Button("", icon)
        button.clicked.connect(lambda _checked=False: action())
        self.foot.addWidget(button)
        return button


def why_untold(detail: NodeDetail, *, reachable: bool) -> str:
    """Why a worker can't be told anything; "" when it can."""
    if not reachable:
        return tr("The engine is out of reach.")
    if not detail.answered:
        return tr("The worker does not answer.")
    if detail.shares_its_name:
        return tr("Another worker has the same name and would hear it, too.")
    return ""


class QueuesPanel(Panel):
    """The queues that it consumes now; one can be added, or taken from it."""

    cancel_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__(Shape(text("Queue"), 0))
        self.field = QLineEdit()
        self.field.setFixedWidth(220)
        self.foot.addWidget(self.field)
        self.add = self.add_button(self._on_add)
        self.foot.addStretch(1)
        self.cancel = self.add_button(self._on_cancel)
        self.field.returnPressed.connect(self._on_add)
        self.field.textChanged.connect(lambda _words: self._allow())
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._allow())
        self._untold = ""

    def retranslate(self) -> None:
        super().retranslate()
        self.table.setAccessibleName(tr("Queues"))
        self.field.setPlaceholderText(tr("Name of a queue"))
        self.field.setAccessibleName(tr("Name of a queue"))
        self.add.set_words(tr("Consume it, too"))
        self.cancel.set_words(tr("Take no more from it"))

    def show_node(self, detail: NodeDetail, now: float, *, reachable: bool) -> None:
        self.table.take(tuple(Line(name, (Cell(name),)) for name in detail.queues))
        self._untold = why_untold(detail, reachable=reachable)
        self._allow()

    def _allow(self) -> None:
        allow(self.add, self._untold or ("" if self.field.text().strip() else tr("Name a queue.")))
        allow(self.cancel, self._untold or ("" if self.table.chosen else tr("Choose a queue.")))

    def _on_add(self) -> None:
        if self.add.isEnabled():
            queue = self.field.text().strip()
            self.field.clear()
            self.told.emit(TellNode(verb=NodeVerb.ADD_CONSUMER, queue=queue))

    def _on_cancel(self) -> None:
        if self.table.chosen:
            self.cancel_asked.emit(self.table.chosen)


class TasksPanel(Panel):
    """What it would run; one can be sent by hand, or limited on this worker."""

    run_asked = Signal(str)
    """A name."""

    def __init__(self) -> None:
        super().__init__(
            Shape(text("Task"), 0), Shape(text("Rate limit"), 100), Shape(text("Done"), 80, True)
        )
        self.rate, self.soft, self.hard = QLineEdit(), QLineEdit(), QLineEdit()
        self.run = self.add_button(self._on_run, "play")
        self.foot.addStretch(1)
        self.foot.addWidget(self.rate)
        self.limit = self.add_button(self._on_limit)
        self.foot.addWidget(self.soft)
        self.foot.addWidget(self.hard)
        self.time = self.add_button(self._on_time)
        for field in (self.rate, self.soft, self.hard):
            field.setFixedWidth(76)
        self.table.wished.connect(self._on_run)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._allow())
        self._untold = ""

    def retranslate(self) -> None:
        super().retranslate()
        self.table.setAccessibleName(tr("Tasks"))
        self.run.set_words(tr("Run…"))
        self.limit.set_words(tr("Limit rate"))
        self.time.set_words(tr("Limit time"))
        for field, words in (
            (self.rate, "10/m"),
            (self.soft, tr("soft s")),
            (self.hard, tr("hard s")),
        ):
            field.setPlaceholderText(words)
        self.rate.setAccessibleName(tr("Rate limit"))
        self.soft.setAccessibleName(tr("Soft time limit in seconds"))
        self.hard.setAccessibleName(tr("Hard time limit in seconds"))

    def show_node(self, detail: NodeDetail, now: float, *, reachable: bool) -> None:
        totals = dict(detail.totals)
        self.table.take(tuple(_task_line(one, totals.get(one.name)) for one in detail.registered))
        self._untold = why_untold(detail, reachable=reachable)
        self._allow()

    def _allow(self) -> None:
        choose = "" if self.table.chosen else tr("Choose a task first.")
        allow(self.run, choose)
        for button in (self.limit, self.time):
            allow(button, self._untold or choose)

    def _on_run(self) -> None:
        if self.table.chosen:
            self.run_asked.emit(self.table.chosen)

    def _on_limit(self) -> None:
        rate = self.rate.text().strip()
        command = TellNode(verb=NodeVerb.RATE_LIMIT, task=self.table.chosen, rate=rate)
        self.told.emit(command)

    def _on_time(self) -> None:
        soft, hard = (_seconds(field) for field in (self.soft, self.hard))
        self.told.emit(
            TellNode(verb=NodeVerb.TIME_LIMIT, task=self.table.chosen, soft_s=soft, hard_s=hard)
        )


def _seconds(field: QLineEdit) -> float | None:
    try:
        return float(field.text())
    except ValueError:
        return None


def _task_line(one: RegisteredTask, done: int | None) -> Line:
    cells = Cell(one.name, one.signature), Cell(one.rate_limit or DASH), Cell(str(done or DASH))
    return Line(one.name, cells)


class WaitingPanel(Panel):
    """Tasks that it holds and has not begun."""

    task_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__(
            Shape(text("Task"), 0), Shape(text("ID"), 250), Shape(text("Waits for"), 150)
        )
        self.table.wished.connect(lambda: self.task_asked.emit(self.table.chosen))

    def retranslate(self) -> None:
        super().retranslate()
        self.table.setAccessibleName(tr("Waiting tasks"))

    def show_node(self, detail: NodeDetail, now: float, *, reachable: bool) -> None:
        waiting = (*detail.scheduled, *detail.reserved)
        self.table.take(tuple(Line(one.id, _waiting_cells(one)) for one in waiting))


def _waiting_cells(one: WaitingTask) -> tuple[Cell, ...]:
    when = tr("until {at}", at=clock(one.at)) if one.at else tr("a free process")
    return Cell(one.name, one.args), Cell(one.id, mono=True), Cell(when)


class SettingsPanel(Panel):
    """Its settings that are not the default's; secrets are masked."""

    def __init__(self) -> None:
        super().__init__(Shape(text("Setting"), 270), Shape(text("Value"), 0))

    def retranslate(self) -> None:
        super().retranslate()
        self.table.setAccessibleName(tr("Settings that are not the default"))

    def show_node(self, detail: NodeDetail, now: float, *, reachable: bool) -> None:
        self.table.take(
            tuple(
                Line(name, (Cell(name, mono=True), Cell(value, mono=True)))
                for name, value in detail.configuration
            )
        )
