"""Queues: what waits where, how it moves, who takes it; and what is in one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop.engine.model import Problem
from desktop.engine.queue_commands import QueuePeek, QueueReport, QueuesReport
from desktop.engine.states import Severity
from desktop.engine.task_model import QueueDetail
from desktop.ui.pages.page import GAP, MARGIN, Page, Surroundings
from desktop.ui.pages.queue_detail import LIST_MAX, QueuePanel
from desktop.ui.pages.queue_table import QueueTable
from desktop.ui.queue_words import is_alone
from desktop.ui.view import View
from desktop.ui.widgets.banner import Banner
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.detail_panel import WIDTH
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.sidebar import WIDTH as SIDEBAR
from desktop.ui.widgets.table_card import TableCard
from desktop.words import text, tr, trn

LOOK_EVERY_S = 2.0
GIVEN_UP_S = 30.0
"""A look that was not answered for so long is asked again."""
WIDE = 980 - SIDEBAR
"""From this width on the details stand beside the table; below it they lie over it."""


class QueuesPage(Page):
    """Asks the engine again and again while it is seen; everything else follows from the answer."""

    name = "queues"
    label = text("Queues")
    icon = "queues"
    scrolls = False

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self._queues: tuple[QueueDetail, ...] | None = None
        self._peek: QueuePeek | None = None
        self._project: str | None = None
        self._opened = ""
        self._wanted = ""
        self._seen = False
        self._asked_at: float | None = None
        """Ticks of the look that is going on; None: none is."""
        self._due_at = 0.0
        self._problem: Problem | None = None
        self.why = Button("", "why", large=True)
        self.header.add_action(self.why)
        self.banner = Banner()
        self.table = QueueTable()
        self._card = TableCard(self.table)
        self.empty = EmptyState("queues")
        self.column.setSpacing(12)
        self.column.addWidget(self.banner)
        self.column.addWidget(self._card)
        self.column.addWidget(self.empty, 1)
        self.column.addStretch(0)
        self.detail = QueuePanel(around.actions, self)
        self.detail.hide()
        self._connect()
        self.banner.hide()
        self.retranslate()

    def _connect(self) -> None:
        self.why.clicked.connect(lambda: self.around.actions.ask_why(""))
        self.banner.dismissed.connect(self.banner.hide)
        self.table.opened.connect(self._on_opened)
        self.detail.closed.connect(self.escape)
        self.detail.purge_asked.connect(self._on_purge_asked)
        self.detail.move_asked.connect(self._on_move_asked)
        self.detail.why_asked.connect(self.around.actions.ask_why)
        self.detail.copy_asked.connect(self.around.actions.copy)

    def retranslate(self) -> None:
        self.header.title.setText(self.title())
        self.table.setAccessibleName(self.title())
        self.why.set_words(tr("Why isn't it running?…"))
        self.detail.retranslate()
        self.banner.hide()

    def wake(self) -> None:
        self._seen = True
        self._due_at = 0.0

    def sleep(self) -> None:
        self._seen = False

    def check_again(self) -> None:
        """Look now."""
        self._due_at = 0.0
        self._refresh()

    # --- asking -----------------------------------------------------------------------------

    def _look_when_due(self, view: View) -> None:
        asking = self._asked_at is not None and view.ticks - self._asked_at < GIVEN_UP_S
        usable = view.reachable and view.stack is not None and not view.stack.problem
        if not self._seen or not usable or asking or view.ticks < self._due_at:
            return
        self._asked_at = view.ticks
        self._due_at = view.ticks + LOOK_EVERY_S
        self.around.actions.queues.show(self._on_queues, self._on_not_told)
        self._ask_peek()

    def _ask_peek(self) -> None:
        opened = self._opened
        if not opened:
            return

        def answered(peek: QueuePeek) -> None:
            if opened == self._opened:
                self._peek = peek
                self._refresh()

        # Why it can't be looked into is told where it is asked for by a person.
        self.around.actions.queues.peek(opened, LIST_MAX, answered, lambda _problem: None)

    def _on_queues(self, report: QueuesReport) -> None:
        self._asked_at = None
        self._problem = None
        self._queues = report.queues
        self._refresh()

    def _on_not_told(self, problem: Problem) -> None:
        self._asked_at = None
        self._problem = problem
        self._refresh()

    def _refresh(self) -> None:
        if self.view is not None:
            self.refresh(self.view)

    # --- what is known now ------------------------------------------------------------------

    def refresh(self, view: View) -> None:
        if view.project != self._project:
            self._project = view.project
            self._queues, self._peek, self._problem = None, None, None
            self._asked_at, self._due_at, self._opened = None, 0.0, ""
            self.banner.hide()
        self._look_when_due(view)
        queues = self._queues or ()
        self.table.take(queues, view.now)
        if self._wanted and any(queue.name == self._wanted for queue in queues):
            self.table.choose(self._wanted)
            self._wanted = ""
        self._card.setVisible(bool(queues))
        self.empty.setVisible(not queues)
        self.empty.show_words(self._emptiness(view))
        self._show_sentence(queues)
        self._show_detail(view)
        self._card.setMaximumHeight(self.table.height_of(max(len(queues), 1)) + 2)

    def _emptiness(self, view: View) -> str:
        if self._problem is not None:
            return f"{self._problem.title} {self._problem.next_step}"
        if self._queues is None:
            return tr("Looking…") if view.reachable else tr("Connecting to the engine…")
        return tr("No queues yet. They appear here with the first task.")

    def _show_sentence(self, queues: tuple[QueueDetail, ...]) -> None:
        alone = [queue for queue in queues if queue.mine and is_alone(queue)]
        if alone:
            words = trn(
                "{n} queue holds tasks and has no consumer",
                "{n} queues hold tasks and have no consumer",
                len(alone),
            )
            self.header.show_sentence(words, "state-attention", "warn")
        elif queues:
            waiting = sum(queue.depth for queue in queues if queue.mine)
            words = trn("{n} task waits", "{n} tasks wait", waiting)
            glyph = ("state-waiting", "off") if waiting else ("state-ok", "ok")
            self.header.show_sentence(words if waiting else tr("Nothing waits"), *glyph)
        else:
            self.header.show_sentence("")

    # --- the details ------------------------------------------------------------------------

    def _show_detail(self, view: View) -> None:
        queue = next((q for q in self._queues or () if q.name == self._opened), None)
        self.detail.setVisible(queue is not None)
        if queue is not None:
            others = tuple(q for q in self._queues or () if q.mine and q.name != queue.name)
            self.detail.show_queue(queue, others, self._peek, view.now, reachable=view.reachable)
        self._place()

    def show_argument(self, argument: str) -> None:
        """Open the details of the queue of this name."""
        self._wanted = argument
        self._refresh()

    def escape(self) -> None:
        """Close the details."""
        self._opened, self._peek = "", None
        self.table.clearSelection()
        self.table.setCurrentIndex(self.table.rootIndex())
        self._refresh()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_opened(self, name: str) -> None:
        if name != self._opened:
            self._opened, self._peek = name, None
            self._ask_peek()
        self._refresh()

    # --- what the person does ---------------------------------------------------------------

    def _on_purge_asked(self, queue: QueueDetail) -> None:
        self.around.actions.queues.ask_purge(queue, self._on_done, self._on_failed)

    def _on_move_asked(self, queue: QueueDetail, to: QueueDetail, ids: tuple[str, ...]) -> None:
        self.around.actions.queues.ask_move(queue, to, self._on_done, self._on_failed, ids)

    def _on_done(self, report: QueueReport) -> None:
        self.banner.show_words(Severity.INFO, str(report.words), "")
        self.check_again()

    def _on_failed(self, problem: Problem) -> None:
        parts = (str(problem.message), str(problem.next_step))
        detail = " ".join(part for part in parts if part)
        self.banner.show_words(Severity.CRITICAL, str(problem.title), detail)
        self.check_again()

    # --- room -------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """The details beside the content, or over it where there is no room for both."""
        beside = not self.detail.isHidden() and self.width() >= WIDE
        self.column.setContentsMargins(0, 0, WIDTH + GAP if beside else 0, 0)
        top = 20 + self.header.sizeHint().height() + GAP
        self.detail.setGeometry(
            self.width() - WIDTH - MARGIN, top, WIDTH, self.height() - top - MARGIN
        )
        self.detail.raise_()
