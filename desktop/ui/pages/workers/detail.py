"""One worker: its command line, three lines over time, and its tabs."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from desktop.engine.node_commands import NodeDetail, NodeVerb, TellNode
from desktop.engine.states import Owner
from desktop.quantities import percent, size
from desktop.ui.fonts import Role
from desktop.ui.pages.workers.panels import (
    Panel,
    QueuesPanel,
    SettingsPanel,
    TasksPanel,
    WaitingPanel,
    allow,
    why_untold,
)
from desktop.ui.pages.workers.processes import ProcessesPanel
from desktop.ui.theme import Tone
from desktop.ui.trends import SPAN_S
from desktop.ui.view import View
from desktop.ui.widgets.button import Button, IconButton
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.chip import StateChip
from desktop.ui.widgets.label import Label
from desktop.ui.widgets.sparkline import Sparkline
from desktop.ui.worker_lines import WorkerLine
from desktop.words import text, tr

RATE_OVER_S = 15.0
"""Shorter, and a count of tasks is all jumps."""
Sample = tuple[float, float, float, float]
"""Instant, tasks begun so far, CPU in percent of a core, bytes of memory."""
TITLES = (
    text("Processes"),
    text("Queues"),
    text("Tasks"),
    text("Waiting"),
    text("Settings"),
)


class WorkerDetail(Card):
    """Shows values, and asks for what a person wants; who does it is the page."""

    log_asked = Signal()
    restart_asked = Signal()
    stop_asked = Signal()
    copied = Signal(str)
    told = Signal(object)
    """A :class:`TellNode` without project, node and process."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.node: NodeDetail | None = None
        self._line: WorkerLine | None = None
        self._samples: dict[tuple[str, int], deque[Sample]] = {}
        self._title = Label("", Role.PANEL_TITLE)
        self._chip = StateChip(tinted=True)
        self._note = Label("", Role.SECONDARY, "sub")
        self.log = Button("", "logs")
        self.restart = Button("", "restart")
        self.stop = Button("", "stop")
        self.more = IconButton("more")
        self._command = Label("", Role.MONO, "sub")
        self._copy = IconButton("copy", side=22, icon_side=14)
        self.curves = (_Curve(), _Curve(), _Curve())
        self.processes, self.queues = ProcessesPanel(), QueuesPanel()
        self.tasks, self.waiting, self.settings = TasksPanel(), WaitingPanel(), SettingsPanel()
        self.panels: tuple[Panel, ...] = (
            self.processes,
            self.queues,
            self.tasks,
            self.waiting,
            self.settings,
        )
        self.tabs = QTabBar()
        self._stacked = QStackedWidget()
        self._connect()
        self._lay_out()

    def _connect(self) -> None:
        self.log.clicked.connect(self.log_asked)
        self.restart.clicked.connect(self.restart_asked)
        self.stop.clicked.connect(self.stop_asked)
        self.more.clicked.connect(self._on_more)
        self._copy.clicked.connect(lambda: self.copied.emit(self._command.text()))
        for panel in self.panels:
            panel.told.connect(self.told)
        self.tabs.currentChanged.connect(self._stacked.setCurrentIndex)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 8, 4)
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addWidget(self._chip)
        head.addWidget(self._note, 1)
        for button in (self.log, self.restart, self.stop, self.more):
            head.addWidget(button)
        command = QHBoxLayout()
        command.setContentsMargins(16, 0, 16, 6)
        command.setSpacing(6)
        command.addWidget(self._command)
        command.addWidget(self._copy)
        command.addStretch(1)
        curves = QHBoxLayout()
        curves.setContentsMargins(16, 0, 16, 4)
        curves.setSpacing(24)
        for curve in self.curves:
            curves.addWidget(curve, 1)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for panel, _ in zip(self.panels, TITLES, strict=True):
            self.tabs.addTab("")
            self._stacked.addWidget(panel)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 0, 1, 1)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addLayout(command)
        whole.addLayout(curves)
        whole.addWidget(self.tabs)
        whole.addWidget(self._stacked, 1)

    def retranslate(self) -> None:
        """Take the words of the present language."""
        self.log.set_words(tr("Show log"))
        self.restart.set_words(tr("Restart"))
        self.stop.set_words(tr("Stop…"))
        self.more.set_words(tr("More"))
        self._copy.set_words(tr("Copy {what}", what=tr("Command")))
        self.tabs.setAccessibleName(tr("About this worker"))
        for number, title in enumerate(TITLES):
            self.tabs.setTabText(number, str(title))
        for panel in self.panels:
            panel.retranslate()

    # --- what is known ----------------------------------------------------------------------

    def show_line(self, line: WorkerLine, view: View) -> None:
        """What the table knows of it; the rest follows when the worker has answered."""
        if self._line is None or not line.is_same(self._line):
            self.node = None
        self._line = line
        mark = line.marks[0]
        self._title.setText(line.node)
        self._chip.show_state(mark.glyph, mark.tone, mark.word)
        self._show_note()
        command = self.node.command if self.node else ""
        command = command or (line.row.command if line.row else "")
        self._command.setText(command)
        self._copy.setVisible(bool(command))
        ours = bool(line.service)
        self.log.setVisible(ours)
        self.restart.setVisible(ours)
        self.restart.setEnabled(view.reachable and bool(line.pid))
        remote = line.row is not None and line.row.owner is Owner.REMOTE
        out = "" if view.reachable else tr("The engine is out of reach.")
        allow(self.stop, out or ("" if line.pid else tr("It does not run.")))
        self.more.setEnabled(self.node is not None)
        if self.node is not None:
            for panel in self.panels:
                panel.show_node(self.node, view.now, reachable=view.reachable)
        elif not line.pid or remote:
            self._show_nothing(line, view)
        self._show_curves(view)

    def _show_nothing(self, line: WorkerLine, view: View) -> None:
        nothing = NodeDetail(line.node, line.pid, answered=False, children_known=False)
        for panel in self.panels:
            panel.show_node(nothing, view.now, reachable=view.reachable)

    def show_node(self, node: NodeDetail, view: View) -> None:
        """What the worker has answered."""
        line = self._line
        if line is None or node.node != line.node or node.pid not in {0, line.pid}:
            return
        self.node = node
        samples = self._samples.setdefault((node.node, node.pid), deque())
        cpu = sum(one.cpu_percent or 0.0 for one in node.processes)
        memory = sum(one.rss_bytes or 0 for one in node.processes)
        samples.append((view.ticks, float(sum(n for _, n in node.totals)), cpu, float(memory)))
        while samples and samples[0][0] < view.ticks - SPAN_S:
            samples.popleft()
        self.show_line(line, view)

    def _show_note(self) -> None:
        node = self.node
        words = ""
        if node is not None and not node.answered:
            words = tr("It does not answer; it may be busy.")
        elif node is not None and node.shares_its_name:
            words = tr("Another worker has the same name.")
        elif node is not None:
            parts = [
                node.pool,
                tr("prefetch {n}", n=node.prefetch) if node.prefetch else "",
                tr("clock {n}", n=node.clock) if node.clock else "",
                tr("sends no task events") if node.events is False else "",
            ]
            words = " · ".join(part for part in parts if part)
        self._note.setText(words)

    def _show_curves(self, view: View) -> None:
        line = self._line
        samples = tuple(self._samples.get((line.node, line.pid), ())) if line else ()
        rates = _rates(samples)
        cpu = tuple((at, value) for at, _, value, _ in samples)
        memory = tuple((at, value / 2**20) for at, *_, value in samples)
        rate_now = f"{rates[-1][1]:.0f}" if rates else ""
        shown = (
            (tr("Tasks per minute"), rates, rate_now),
            (tr("CPU"), cpu, percent(cpu[-1][1]) if cpu else ""),
            (tr("Memory"), memory, size(int(samples[-1][3])) if samples else ""),
        )
        for curve, (caption, series, value) in zip(self.curves, shown, strict=True):
            curve.show_series(caption, value, series, view.ticks)

    def _on_more(self) -> None:
        node = self.node
        if node is None:
            return
        menu = QMenu(self)
        why = why_untold(node, reachable=True)
        for words, verb, is_so in (
            (tr("Send task events"), NodeVerb.ENABLE_EVENTS, True),
            (tr("Send no task events"), NodeVerb.DISABLE_EVENTS, False),
        ):
            entry = QAction(words, menu)
            entry.setEnabled(not why and node.events is not is_so)
            entry.triggered.connect(
                lambda _checked=False, verb=verb: self.told.emit(TellNode(verb=verb))
            )
            menu.addAction(entry)
        menu.addSeparator()
        name = QAction(tr("Copy {what}", what=tr("Name")), menu)
        name.triggered.connect(lambda: self.copied.emit(node.node))
        menu.addAction(name)
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))


def _rates(samples: tuple[Sample, ...]) -> tuple[tuple[float, float], ...]:
    """(instant, tasks per minute), each over the :data:`RATE_OVER_S` before it."""
    found: list[tuple[float, float]] = []
    first = 0
    for at, done, _cpu, _memory in samples:
        while samples[first][0] < at - RATE_OVER_S:
            first += 1
        then, before = samples[first][:2]
        if at > then:
            found.append((at, max(0.0, (done - before) / (at - then) * 60)))
    return tuple(found)


class _Curve(QWidget):
    """A caption, the value now, and the last two minutes."""

    def __init__(self) -> None:
        super().__init__()
        self._caption = Label("", Role.SECONDARY, "sub")
        self._value = Label("", Role.SECONDARY_MEDIUM)
        self._line = Sparkline()
        self._line.setFixedHeight(34)
        above = QHBoxLayout()
        above.setContentsMargins(0, 0, 0, 0)
        above.addWidget(self._caption, 1)
        above.addWidget(self._value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(above)
        column.addWidget(self._line)

    def show_series(
        self, caption: str, value: str, series: tuple[tuple[float, float], ...], now: float
    ) -> None:
        self._caption.setText(caption)
        self._value.setText(value)
        self._line.setAccessibleName(f"{caption} {value}".strip())
        self._line.show_series(series, now, Tone.RUN)
