"""Workers: all of the app in a table, and all of the one that is selected below it."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPoint
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop.engine.model import Problem
from desktop.engine.node_commands import DumpNode, NodeDetail, StackDump, TellNode
from desktop.engine.states import ServiceKind, Severity
from desktop.engine.task_commands import TaskActionReport
from desktop.ui.pages.page import GAP, Page, Surroundings
from desktop.ui.pages.workers.detail import WorkerDetail
from desktop.ui.pages.workers.dump_dialog import DumpDialog
from desktop.ui.pages.workers.table import HEADER, ROW, WorkerTable
from desktop.ui.run_task_form import RunTaskForm
from desktop.ui.view import STARTABLE, View
from desktop.ui.widgets.banner import Banner
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.table_card import TableCard
from desktop.ui.worker_lines import WorkerLine, sentence, worker_lines
from desktop.words import text, tr

ROWS_SEEN_MIN = 2
DETAIL_HEIGHT_MIN = 330
LOOK_EVERY_S = 2.0
"""A look asks the selected worker seven questions; 20 to 60 ms in threads of the engine."""
GIVEN_UP_S = 15.0


class WorkersPage(Page):
    """Only while it is seen, the selected worker is asked about itself."""

    name = "workers"
    label = text("Workers")
    icon = "workers"
    scrolls = False

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self._workers = around.actions.workers
        self._seen = False
        self._asked: tuple[str, int] | None = None
        self._asked_at = 0.0
        self._due_at = 0.0
        self._wanted = ""
        self.run = Button("", "play", large=True)
        self.restart_all = Button("", "restart", large=True)
        self.header.add_action(self.run)
        self.header.add_action(self.restart_all)
        self.note = Banner()
        self.table = WorkerTable()
        self.detail = WorkerDetail()
        self.empty = EmptyState("workers")
        self._card = TableCard(self.table)
        self.column.setSpacing(12)
        self.column.addWidget(self.note)
        self.column.addWidget(self._card)
        self.column.addWidget(self.detail, 1)
        self.column.addWidget(self.empty, 1)
        self._connect()
        self.table.show_widths(self.around.preferences.worker_widths)
        self.retranslate()

    def _connect(self) -> None:
        actions, detail = self.around.actions, self.detail
        self.run.clicked.connect(lambda _checked=False: self._run_task(""))
        self.restart_all.clicked.connect(self._on_restart_all)
        self.note.dismissed.connect(self.note.hide)
        self.empty.pressed.connect(self._on_start)
        self.table.picked.connect(self._on_picked)
        self.table.widths.dragged.connect(self._on_dragged)
        self.table.menu_asked.connect(self._on_menu_asked)
        detail.log_asked.connect(lambda: self._with_service(actions.show_log))
        detail.restart_asked.connect(lambda: self._with_service(actions.restart))
        detail.stop_asked.connect(self._on_stop)
        detail.copied.connect(actions.copy)
        detail.told.connect(self._tell)
        detail.queues.cancel_asked.connect(self._on_cancel_queue)
        detail.tasks.run_asked.connect(self._run_task)
        detail.processes.dump_asked.connect(self._dump)
        for panel in (detail.processes, detail.waiting):
            panel.task_asked.connect(actions.show_task)

    def retranslate(self) -> None:
        self.header.title.setText(self.title())
        self.table.setAccessibleName(self.title())
        self.run.set_words(tr("Run a task…"))
        self.restart_all.set_words(tr("Restart all"))
        self.detail.retranslate()
        self.note.hide()

    def wake(self) -> None:
        self._seen, self._due_at = True, 0.0

    def sleep(self) -> None:
        self._seen = False

    # --- what is known now ------------------------------------------------------------------

    def refresh(self, view: View) -> None:
        lines = worker_lines(view)
        self._card.setVisible(bool(lines))
        self.detail.setVisible(bool(lines))
        self.empty.setVisible(not lines)
        can_start = view.reachable and bool(self._startable())
        self.empty.show_words(tr("No workers running."), tr("Start workers") if can_start else "")
        self.table.take(lines)
        if self._wanted and self.table.choose(self._wanted):
            self._wanted = ""
        self.header.show_sentence(*sentence(lines))
        self.run.setEnabled(view.reachable)
        self.restart_all.setEnabled(view.reachable and any(one.service for one in lines))
        if chosen := self.table.chosen:
            self.detail.show_line(chosen, view)
            self._look_when_due(chosen, view)
        self._fit()

    def _on_dragged(self) -> None:
        self.around.preferences.worker_widths = self.table.widths.kept

    def _look_when_due(self, line: WorkerLine, view: View) -> None:
        who = (line.node, line.pid)
        waits = self._asked == who and view.ticks - self._asked_at < GIVEN_UP_S
        if not self._seen or not view.reachable or not line.pid or waits:
            return
        if view.ticks >= self._due_at or self.detail.node is None:
            self._asked, self._asked_at = who, view.ticks
            self._due_at = view.ticks + LOOK_EVERY_S
            self._workers.show(*who, self._on_node, self._on_not_shown)

    def _on_node(self, node: NodeDetail) -> None:
        self._asked = None
        if self.view is not None:
            self.detail.show_node(node, self.view)

    def _on_not_shown(self, _problem: Problem) -> None:
        # A broker that is down is told by the services; what is known stays.
        self._asked = None

    def _on_picked(self) -> None:
        self._due_at = 0.0
        if self.view is not None and (chosen := self.table.chosen):
            self.detail.show_line(chosen, self.view)
            self._look_when_due(chosen, self.view)

    def show_argument(self, argument: str) -> None:
        """Select a node, a service or a pid."""
        self._wanted = argument
        if self.view is not None:
            self.refresh(self.view)

    def check_again(self) -> None:
        """Look at all workers now."""
        self._due_at = 0.0
        self.around.actions.look_again()

    # --- what a person wants ----------------------------------------------------------------

    def _with_service(self, do: object) -> None:
        if (chosen := self.table.chosen) and chosen.service and callable(do):
            do(chosen.service)

    def _tell(self, command: TellNode) -> None:
        node = self.detail.node
        if node is not None:
            told = msgspec.structs.replace(command, node=node.node, pid=node.pid)
            self._workers.tell(told, self._say, self.show_problem)

    def _on_stop(self) -> None:
        chosen = self.table.chosen
        if chosen is None or self.view is None:
            return
        known = self.detail.node
        owner = chosen.row.owner if chosen.row else None
        node = known or NodeDetail(chosen.node, chosen.pid, answered=False, owner=owner)
        self._workers.ask_stop(node, self.view.now, self._say, self.show_problem)

    def _on_cancel_queue(self, queue: str) -> None:
        if node := self.detail.node:
            self._workers.ask_cancel_queue(node, queue, self._say, self.show_problem)

    def _run_task(self, name: str) -> RunTaskForm:
        form = self.around.actions.run_task(name=name)
        form.sent.connect(self._on_sent)
        return form

    def _on_sent(self, report: TaskActionReport) -> None:
        self._say(str(report.words))

    def _dump(self, pid: int, *, consent: bool = False) -> None:
        node = self.detail.node
        if node is None:
            return

        def failed(problem: Problem) -> None:
            if problem.code == "signal-needs-consent":
                agreed = lambda: self._dump(pid, consent=True)  # noqa: E731
                self._workers.ask_signal(node.node, str(problem.message), agreed)
            else:
                self.show_problem(problem)

        def done(found: StackDump) -> None:
            title = tr("Process {pid} of {node}", pid=pid, node=node.node)
            DumpDialog(self.window(), title, found, self.around.actions.copy).open()

        self._workers.dump(DumpNode(node=node.node, pid=pid, consent=consent), done, failed)

    def _on_restart_all(self) -> None:
        stack = self.view.stack if self.view else None
        running = [
            one.name
            for one in (stack.services if stack else ())
            if one.kind is ServiceKind.WORKER and one.pid and not one.of
        ]
        if running:
            self.around.actions.restart(*running)

    def _startable(self) -> tuple[str, ...]:
        stack = self.view.stack if self.view else None
        return tuple(
            one.name
            for one in (stack.services if stack else ())
            if one.kind is ServiceKind.WORKER and one.enabled and one.state in STARTABLE
        )

    def _on_start(self) -> None:
        if names := self._startable():
            self.around.actions.start(*names)

    def _on_menu_asked(self, at: QPoint) -> None:
        chosen = self.table.chosen
        stack = self.view.stack if self.view else None
        service = stack.service(chosen.service) if stack and chosen and chosen.service else None
        if service is not None and self.view is not None:
            self.around.actions.menu(self, service, self.view).popup(at)

    def _say(self, words: str) -> None:
        """What a worker said it did."""
        self._due_at = 0.0
        chosen = self.table.chosen
        self.note.show_words(Severity.INFO, words, chosen.node if chosen else "")
        self._fit()

    def show_problem(self, problem: Problem) -> None:
        """What could not be done."""
        detail = " ".join(part for part in (str(problem.message), str(problem.next_step)) if part)
        self.note.show_words(Severity.WARNING, str(problem.title), detail)
        self._fit()

    def escape(self) -> None:
        """Put the note away."""
        self.note.hide()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """All rows where there is room; else the table scrolls and leaves room for the details."""
        wanted = self.table.height_wanted() + 2
        least = min(wanted, HEADER + ROWS_SEEN_MIN * ROW + 2)
        room = self.height() - 20 - 24 - self.header.height() - GAP - DETAIL_HEIGHT_MIN - 12
        if not self.note.isHidden():
            room -= self.note.sizeHint().height() + 12
        self._card.setFixedHeight(max(least, min(wanted, room)))
