"""Clean up: what is left over, why, what stopping it means, and how that goes."""

from __future__ import annotations

import time
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop.engine.commands import CleanupLogReport, CleanupPlan, RunAgainReport
from desktop.engine.model import Problem
from desktop.engine.states import Severity
from desktop.quantities import duration
from desktop.ui.cleanup_lines import (
    Choices,
    Line,
    is_cleaning,
    left_alone,
    lines,
    picks,
)
from desktop.ui.pages.cleanup_aftermath import CleanupAftermath
from desktop.ui.pages.cleanup_detail import CleanupDetail
from desktop.ui.pages.cleanup_foot import CleanupFoot
from desktop.ui.pages.cleanup_history import CleanupHistory
from desktop.ui.pages.cleanup_model import same_process
from desktop.ui.pages.cleanup_table import CleanupTable
from desktop.ui.pages.left_alone import LeftAlone
from desktop.ui.pages.page import GAP, MARGIN, Page, Surroundings
from desktop.ui.view import View
from desktop.ui.widgets.banner import Banner
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.detail_panel import WIDTH
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.sidebar import WIDTH as SIDEBAR
from desktop.ui.widgets.table_card import TableCard
from desktop.words import text, tr, trn

LOOK_EVERY_S = 10.0
"""A look costs 30 to 200 ms of the engine's time (measured); only while the page is seen."""
CHANGED_S = 1.0
"""After a change among the workers a look may follow this soon."""
GIVEN_UP_S = 60.0
"""A look that was not answered for so long is asked again."""
ROWS_SEEN_MIN = 3
WIDE = 980 - SIDEBAR
"""From this width on the details stand beside the table; below it they lie over it."""


class CleanupPage(Page):
    """The plan of the engine with the person's check marks; everything else follows from both."""

    name = "cleanup"
    label = text("Cleanup")
    icon = "cleanup"

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self._cleanup = around.actions.cleanup
        self._choices = Choices()
        self._plan: CleanupPlan | None = None
        self._project: str | None = None
        self._workers: object = None
        self._asked_at: float | None = None
        """Ticks of the look that is going on; None: none is."""
        self._due_at = 0.0
        self._checked_at = 0.0
        self._unseen: Problem | None = None
        """Why the last look failed; told once, until one goes well."""
        self._seen = False
        self._sent = False
        self._was_cleaning = False
        self._wanted = 0
        self._opened: Line | None = None
        self.history = Button("", "logs", large=True)
        self.again = Button("", "restart", large=True)
        self.header.add_action(self.history)
        self.header.add_action(self.again)
        self.failed = Banner()
        self.aftermath = CleanupAftermath()
        self.table = CleanupTable()
        self._card = TableCard(self.table)
        self.foot = CleanupFoot()
        self.empty = EmptyState("cleanup")
        self.left = LeftAlone()
        self.column.setSpacing(12)
        self.column.addWidget(self.failed)
        self.column.addWidget(self.aftermath)
        self.column.addWidget(self._card, 1)
        self.column.addWidget(self.empty, 1)
        self.column.addWidget(self.left)
        self.column.addStretch(0)
        self.add_foot(self.foot)
        self.detail = CleanupDetail(around.actions, self)
        self.detail.hide()
        self._connect()
        self.retranslate()

    def _connect(self) -> None:
        self.history.clicked.connect(self._on_history_clicked)
        self.again.clicked.connect(self.check_again)
        self.failed.dismissed.connect(self.failed.hide)
        self.aftermath.run_again_asked.connect(self._on_run_again_asked)
        self.table.model_.checks_asked.connect(self._on_checks_asked)
        self.table.opened.connect(self._on_opened)
        self.table.moved.connect(self._on_moved)
        self.table.force_asked.connect(lambda line: self._force([line]))
        self.detail.closed.connect(self.escape)
        self.detail.force_asked.connect(lambda line: self._force([line]))
        self.foot.stop.clicked.connect(self._on_stop_clicked)
        self.foot.force.clicked.connect(self._on_force_clicked)

    def retranslate(self) -> None:
        self.header.title.setText(self.title())
        self.table.setAccessibleName(self.title())
        self.history.set_words(tr("History…"))
        self.again.set_words(tr("Check again"))
        self.detail.retranslate()
        self.failed.hide()

    def wake(self) -> None:
        """Seen again: look at once, what is known may be old."""
        self._seen = True
        self._due_at = 0.0

    def sleep(self) -> None:
        self._seen = False

    # --- the plan ---------------------------------------------------------------------------

    def check_again(self) -> None:
        """Look now."""
        self._due_at = 0.0
        if self.view is not None:
            self.refresh(self.view)

    def _look_when_due(self, view: View) -> None:
        stack = view.stack
        workers = tuple((row.pid, row.create_time) for row in stack.workers) if stack else None
        if workers != self._workers:
            self._workers = workers
            self._due_at = min(self._due_at, self._checked_at + CHANGED_S)
        cleaning = is_cleaning(stack.cleanup if stack else None)
        if self._was_cleaning and not cleaning:
            self._due_at = 0.0
        self._was_cleaning = cleaning
        asking = self._asked_at is not None and view.ticks - self._asked_at < GIVEN_UP_S
        # While it goes on, the rows are those that were decided about.
        held = cleaning and self._plan is not None
        if not self._seen or not view.reachable or stack is None or stack.problem or held or asking:
            return
        if view.ticks >= self._due_at:
            self._asked_at = view.ticks
            self._due_at = view.ticks + LOOK_EVERY_S
            self._cleanup.plan(self._on_plan, self._on_not_planned)

    def _on_plan(self, plan: CleanupPlan) -> None:
        self._asked_at = None
        self._checked_at = time.monotonic()
        if self._unseen is not None:
            self._unseen = None
            self.failed.hide()
        if self._was_cleaning and self._plan is not None:
            return
        self._plan = plan
        self._refresh()

    def _on_not_planned(self, problem: Problem) -> None:
        self._asked_at = None
        known, self._unseen = self._unseen, problem
        if problem != known and self.view is not None and self.view.reachable:
            self._on_failed(problem)

    def _refresh(self) -> None:
        if self.view is not None:
            self.refresh(self.view)

    # --- what is known now ------------------------------------------------------------------

    def refresh(self, view: View) -> None:
        if view.project != self._project:
            self._project = view.project
            self._plan, self._asked_at, self._due_at = None, None, 0.0
            self._choices, self._opened, self._sent = Choices(), None, False
            self._unseen = None
            self.failed.hide()
        self._look_when_due(view)
        stack = view.stack
        progress = stack.cleanup if stack else None
        cleaning = is_cleaning(progress)
        listed = lines(self._plan, progress, self._choices)
        rows = left_alone(self._plan)
        self._card.setVisible(bool(listed))
        self.foot.setVisible(bool(listed))
        self.empty.setVisible(not listed)
        self.table.take(listed, view.now, frozen=cleaning)
        self._choose_wanted(listed)
        # What was sent and has not begun yet can't be sent again, nor forced.
        ready = view.reachable and (cleaning or not self._sent)
        self.foot.show_lines(listed, progress, view.now, ready=ready)
        self.left.show_rows(rows)
        self.again.setEnabled(view.reachable and not cleaning)
        self.history.setEnabled(view.reachable)
        self._show_sentence(view, listed)
        self.aftermath.take(view, self._plan.stranded if self._plan else None)
        self._show_detail(listed, view.now)
        self._fit(len(listed))

    def _show_sentence(self, view: View, listed: tuple[Line, ...]) -> None:
        if view.stack is not None and is_cleaning(view.stack.cleanup):
            self.header.show_sentence(tr("Cleaning up…"), "state-busy", "run")
            return
        if self._plan is None:
            words = tr("Looking…") if view.reachable else tr("Connecting to the engine…")
            self.header.show_sentence(words)
            self.empty.show_words(words)
            return
        ago = int(max(0.0, view.ticks - self._checked_at))
        checked = tr("checked {time} ago", time=duration(ago)) if ago else tr("checked just now")
        self.empty.show_words(
            tr("Nothing to clean up. Checked {time} ago.", time=duration(ago))
            if ago
            else tr("Nothing to clean up. Checked just now.")
        )
        found = sum(line.row is not None and line.row.selected for line in listed)
        if found:
            words = trn("{n} leftover found", "{n} leftovers found", found)
            self.header.show_sentence(f"{words} · {checked}", "state-attention", "warn")
        else:
            words = tr("No leftovers")
            self.header.show_sentence(f"{words} · {checked}", "state-ok", "ok")

    # --- what the person does ---------------------------------------------------------------

    def _on_checks_asked(self, asked: list[Line], checked: bool) -> None:
        for line in asked:
            self._choices.choose(line.pid, line.create_time, checked)
        self._refresh()

    def _on_stop_clicked(self) -> None:
        chosen = picks(self.table.model_.lines)
        if chosen and not self._sent:
            self._sent = True
            self.failed.hide()
            self._cleanup.stop(chosen, self._on_done, self._on_failed)
            self._refresh()

    def _on_force_clicked(self) -> None:
        listed = self.table.model_.lines
        waiting = [line for line in listed if line.waits]
        self._force(waiting or [line for line in listed if line.checked])

    def _force(self, concerned: list[Line]) -> None:
        if not concerned:
            return
        waiting = all(line.waits for line in concerned)
        self._cleanup.ask_force(concerned, self._on_done, self._on_failed, waiting=waiting)

    def _on_done(self) -> None:
        self._sent = False
        self._due_at = 0.0
        self._refresh()

    def _on_failed(self, problem: Problem) -> None:
        self._sent = False
        parts = (str(problem.message), str(problem.next_step))
        detail = " ".join(part for part in parts if part)
        self.failed.show_words(Severity.CRITICAL, str(problem.title), detail)
        self._refresh()

    def _on_run_again_asked(self, ids: tuple[str, ...]) -> None:
        self._cleanup.run_again(ids, self._on_run_again, self._on_failed)

    def _on_run_again(self, report: RunAgainReport) -> None:
        if report.failed:
            self._on_failed(report.failed[0].problem)

    def _on_history_clicked(self) -> None:
        self._cleanup.log(self._show_history, self._on_failed)

    def _show_history(self, report: CleanupLogReport) -> None:
        CleanupHistory(self, self.around.actions, report.entries).open()

    # --- the details ------------------------------------------------------------------------

    def show_argument(self, argument: str) -> None:
        """Open the details of the process of this pid."""
        self._wanted = int(argument) if argument.isdigit() else 0
        self._refresh()

    def _choose_wanted(self, listed: tuple[Line, ...]) -> None:
        found = next((line for line in listed if self._wanted and line.pid == self._wanted), None)
        if found is not None:
            self._wanted = 0
            self._opened = found
            self.table.choose(found)

    def escape(self) -> None:
        """Close the details."""
        self._opened = None
        self._refresh()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_opened(self, line: Line) -> None:
        self._opened = line
        self._refresh()

    def _on_moved(self, line: Line) -> None:
        if self._opened is not None and not same_process(self._opened, line):
            self._opened = line
            if self.view is not None:
                self._show_detail(self.table.model_.lines, self.view.now)

    def _show_detail(self, listed: tuple[Line, ...], now: float) -> None:
        shown = self._opened and next(filter(partial(same_process, self._opened), listed), None)
        if shown is None:
            self._opened = None
        else:
            self.detail.show_line(shown, now)
        self.detail.setVisible(shown is not None)
        self._place()

    # --- room -------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """The details beside the content, or over it where there is no room for both."""
        beside = not self.detail.isHidden() and self.width() >= WIDE
        self.column.setContentsMargins(0, 0, WIDTH + GAP if beside else 0, 0)
        top = 20 + self.header.sizeHint().height() + GAP
        below = MARGIN if self.foot.isHidden() else self.foot.height() + GAP
        self.detail.setGeometry(
            self.width() - WIDTH - MARGIN, top, WIDTH, self.height() - top - below
        )
        self.detail.raise_()

    def _fit(self, rows: int) -> None:
        """All rows where there is room; else the table scrolls by itself, and only when not even
        a few have room the whole page does."""
        self._card.setMinimumHeight(self.table.height_of(min(rows, ROWS_SEEN_MIN)) + 2)
        self._card.setMaximumHeight(self.table.height_of(max(rows, 1)) + 2)
