"""The processes of one worker: what each runs, for how long, and how long that usually takes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit

from desktop.engine.node_commands import NodeDetail, NodeProcess, NodeVerb, TellNode
from desktop.engine.states import TaskState
from desktop.quantities import duration, percent, size
from desktop.ui.pages.workers.cells import Cell, Line
from desktop.ui.pages.workers.panels import Panel, allow, why_untold
from desktop.ui.phrases import DASH, task_state
from desktop.ui.theme import Tone
from desktop.ui.widgets.row_table import Shape
from desktop.words import text, tr

SLOW = 4.0
"""A task that runs so many times its usual time is slow."""
_RESIZABLE = frozenset({"prefork", "gevent", "eventlet"})


class ProcessesPanel(Panel):
    """Each process with what it runs, how long, and how long that usually takes."""

    dump_asked = Signal(int)
    """A pid."""
    task_asked = Signal(str)
    """An id."""

    def __init__(self) -> None:
        super().__init__(
            Shape(text("State"), 118),
            Shape(text("Task"), 0),
            Shape(text("Process"), 86, True),
            Shape(text("CPU"), 66, True),
            Shape(text("Memory"), 80, True),
            Shape(text("For"), 96, True),
            Shape(text("Usually"), 86, True),
            left_out=(3, 4),
        )
        self._processes: dict[str, NodeProcess] = {}
        self._elsewhere = ""
        self.grow = self.add_button(lambda: self.told.emit(TellNode(verb=NodeVerb.GROW)))
        self.shrink = self.add_button(lambda: self.told.emit(TellNode(verb=NodeVerb.SHRINK)))
        self.restart = self.add_button(
            lambda: self.told.emit(TellNode(verb=NodeVerb.RESTART_POOL)), "restart"
        )
        self.least, self.most = QLineEdit(), QLineEdit()
        for field in (self.least, self.most):
            field.setFixedWidth(56)
            self.foot.addWidget(field)
        self.scale = self.add_button(self._on_scale)
        self.foot.addStretch(1)
        self.task = self.add_button(self._on_task)
        self.dump = self.add_button(self._on_dump)
        self.table.wished.connect(self._on_task)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._allow_row())

    def retranslate(self) -> None:
        super().retranslate()
        self.table.setAccessibleName(tr("Processes"))
        self.grow.set_words(tr("One more"))
        self.shrink.set_words(tr("One less"))
        self.restart.set_words(tr("Restart pool"))
        self.scale.set_words(tr("Set bounds"))
        self.task.set_words(tr("Show task"))
        self.dump.set_words(tr("Where it hangs…"))
        self.least.setAccessibleName(tr("Least processes"))
        self.most.setAccessibleName(tr("Most processes"))

    def show_node(self, detail: NodeDetail, now: float, *, reachable: bool) -> None:
        self._processes = {
            f"{n}/{one.pid}": one for n, one in enumerate(detail.processes) if one.pid
        }
        self.table.take(tuple(Line(key, _cells(one, now)) for key, one in self._processes.items()))
        untold = why_untold(detail, reachable=reachable)
        scales = detail.autoscale is not None
        one_size = tr("A pool {pool} has one size.", pool=detail.pool)
        resizable = "" if detail.pool in _RESIZABLE else one_size
        few = tr("One process must stay.") if (detail.concurrency or 2) < 2 else ""
        for widget in (self.grow, self.shrink):
            widget.setVisible(not scales)
        for shown in (self.least, self.most, self.scale):
            shown.setVisible(scales)
        if detail.autoscale and not (self.least.hasFocus() or self.most.hasFocus()):
            self.most.setText(str(detail.autoscale[0]))
            self.least.setText(str(detail.autoscale[1]))
        allow(self.grow, untold or resizable)
        allow(self.shrink, untold or resizable or few)
        allow(self.scale, untold)
        setting = tr("It was started without worker_pool_restarts.")
        allow(self.restart, untold or ("" if detail.pool_restarts else setting))
        self._elsewhere = "" if detail.children_known else tr("It runs on another machine.")
        self._allow_row()

    def _allow_row(self) -> None:
        one = self._processes.get(self.table.chosen)
        choose = tr("Choose a process first.")
        idle = tr("It runs no task.")
        allow(self.dump, self._elsewhere or ("" if one else choose))
        allow(self.task, "" if one and one.task_id else idle if one else choose)

    def _on_task(self) -> None:
        one = self._processes.get(self.table.chosen)
        if one and one.task_id:
            self.task_asked.emit(one.task_id)

    def _on_dump(self) -> None:
        if one := self._processes.get(self.table.chosen):
            self.dump_asked.emit(one.pid)

    def _on_scale(self) -> None:
        least, most = self.least.text().strip(), self.most.text().strip()
        if least.isdecimal() and most.isdecimal():
            self.told.emit(TellNode(verb=NodeVerb.AUTOSCALE, n=int(most), least=int(least)))


def _cells(one: NodeProcess, now: float) -> tuple[Cell, ...]:
    started = one.task_started_at
    run_s = None if started is None else max(0.0, now - started)
    usual = one.task_usual_s
    slow = run_s is not None and bool(usual) and run_s > SLOW * (usual or 0.0)
    if one.task_id and slow:
        state = Cell(tr("Slow"), glyph="state-attention", tone=Tone.WARN, tinted=True)
    elif one.task_id:
        words = task_state(TaskState.STARTED)
        state = Cell(words, glyph="state-busy", tone=Tone.RUN, tinted=True)
    elif one.main:
        state = Cell(tr("Main"), glyph="state-ok", tone=Tone.OK)
    else:
        state = Cell(tr("Idle"), glyph="state-idle")
    module, _, function = one.task_name.rpartition(".")
    return (
        state,
        Cell(function or (tr("takes tasks and hands them out") if one.main else DASH), module)
        if one.task_name or not one.main
        else Cell("", tr("takes tasks and hands them out")),
        Cell(str(one.pid)),
        Cell(DASH if one.cpu_percent is None else percent(one.cpu_percent)),
        Cell(DASH if one.rss_bytes is None else size(one.rss_bytes)),
        Cell(DASH if run_s is None else duration(run_s)),
        Cell(DASH if usual is None else duration(usual)),
    )
