"""Schedule: what beat sends and when, and tasks that wait for their time."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.engine.model import Problem
from desktop.engine.queue_commands import Schedule
from desktop.engine.states import ServiceKind, Severity
from desktop.engine.task_model import ScheduleEntry, WaitingTask
from desktop.quantities import clock
from desktop.ui.fonts import Role
from desktop.ui.pages.page import Page, Surroundings
from desktop.ui.pages.schedule_table import (
    ENTRY_SHAPES,
    WAITING_SHAPES,
    EntryColumn,
    ScheduleTable,
    WaitingColumn,
    entry_cell,
    waiting_cell,
)
from desktop.ui.view import STARTABLE, View
from desktop.ui.widgets.banner import Banner
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.label import Label
from desktop.ui.widgets.table_card import TableCard
from desktop.words import text, tr, trn

LOOK_EVERY_S = 5.0
GIVEN_UP_S = 60.0
"""The app may take long to be imported; then it is asked again."""


class SchedulePage(Page):
    """Asks the engine again and again while it is seen."""

    name = "schedule"
    label = text("Schedule")
    icon = "schedule"
    scrolls = True

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self._schedule: Schedule | None = None
        self._project: str | None = None
        self._seen = False
        self._asked_at: float | None = None
        """Ticks of the look that is going on; None: none is."""
        self._due_at = 0.0
        self._refused: Problem | None = None
        self.start_beat = Button("", "play", look="primary", large=True)
        self.header.add_action(self.start_beat)
        self.banner = Banner()
        self.entries: ScheduleTable[ScheduleEntry] = ScheduleTable(
            ENTRY_SHAPES,
            entry_cell,
            lambda one: one.name,
            (EntryColumn.QUEUE, EntryColumn.RUNS, EntryColumn.LAST),
        )
        self.told = Label("", Role.SECONDARY, "sub")
        self.waiting_title = Label("", Role.CARD_TITLE)
        self.waiting: ScheduleTable[WaitingTask] = ScheduleTable(
            WAITING_SHAPES, waiting_cell, lambda one: one.id, (WaitingColumn.NOTE,)
        )
        self.empty = EmptyState("schedule")
        self._entries_card = TableCard(self.entries)
        self._waiting_card = TableCard(self.waiting)
        self.column.setSpacing(12)
        for widget in (self.banner, self._entries_card, self.told):
            self.column.addWidget(widget)
        self.column.addWidget(self.waiting_title)
        self.column.addWidget(self._waiting_card)
        self.column.addWidget(self.empty, 1)
        self.column.addStretch(0)
        self.start_beat.clicked.connect(self._on_start_clicked)
        self.banner.dismissed.connect(self.banner.hide)
        self.waiting.opened.connect(around.actions.ask_why)
        self.banner.hide()
        self.retranslate()

    def retranslate(self) -> None:
        self.header.title.setText(self.title())
        self.start_beat.set_words(tr("Start beat"))
        self.entries.setAccessibleName(tr("Entries of beat"))
        self.waiting.setAccessibleName(tr("Waiting for their time"))
        self.waiting_title.setText(tr("Waiting for their time"))

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
        if self._seen and usable and not asking and view.ticks >= self._due_at:
            self._asked_at = view.ticks
            self._due_at = view.ticks + LOOK_EVERY_S
            self.around.actions.queues.schedule(self._on_schedule, self._on_refused)

    def _on_schedule(self, schedule: Schedule) -> None:
        self._asked_at, self._refused = None, None
        self._schedule = schedule
        self._refresh()

    def _on_refused(self, problem: Problem) -> None:
        self._asked_at, self._refused = None, problem
        self._refresh()

    def _refresh(self) -> None:
        if self.view is not None:
            self.refresh(self.view)

    # --- what is known now ------------------------------------------------------------------

    def refresh(self, view: View) -> None:
        if view.project != self._project:
            self._project = view.project
            self._schedule, self._asked_at, self._due_at = None, None, 0.0
            self._refused = None
        self._look_when_due(view)
        known = self._schedule or Schedule()
        self.entries.take(known.entries, view.now)
        self.waiting.take(known.waiting, view.now)
        self._entries_card.setVisible(bool(known.entries))
        self._waiting_card.setVisible(bool(known.waiting))
        self.waiting_title.setVisible(bool(known.waiting))
        self._entries_card.setFixedHeight(self.entries.height_of(len(known.entries)) + 2)
        self._waiting_card.setFixedHeight(self.waiting.height_of(len(known.waiting)) + 2)
        self.told.setVisible(known.told_at is not None)
        if known.told_at is not None:
            self.told.setText(
                tr("Runs as beat wrote them down at {time}.", time=clock(known.told_at))
            )
        self._show_problem(self._refused or known.problem)
        nothing = not known.entries and not known.waiting
        self.empty.setVisible(nothing)
        self.empty.show_words(self._emptiness(view))
        self._show_beat(view, known)

    def _emptiness(self, view: View) -> str:
        if self._schedule is None and self._refused is None:
            return tr("Looking…") if view.reachable else tr("Connecting to the engine…")
        return tr("Nothing is scheduled, and no task waits for its time.")

    def _show_problem(self, problem: Problem | None) -> None:
        if problem is None:
            self.banner.hide()
            return
        parts = (str(problem.message), str(problem.next_step))
        detail = " ".join(part for part in parts if part)
        self.banner.show_words(Severity.WARNING, str(problem.title), detail, dismissable=False)

    def _show_beat(self, view: View, known: Schedule) -> None:
        beat = next((s for s in view.services if s.kind is ServiceKind.BEAT), None)
        can_start = bool(known.entries) and beat is not None and beat.state in STARTABLE
        self.start_beat.setVisible(can_start and not known.beat_runs)
        self.start_beat.setEnabled(view.reachable)
        late = sum(one.late_s is not None for one in known.entries)
        if self._schedule is None or not known.entries:
            self.header.show_sentence("")
        elif known.beats > 1:
            self.header.show_sentence(
                tr("{n} beats run: each entry is sent {n} times", n=known.beats),
                "state-attention",
                "warn",
            )
        elif known.beat_runs:
            words = trn("Beat sends {n} entry", "Beat sends {n} entries", len(known.entries))
            self.header.show_sentence(words, "state-ok", "ok")
        else:
            words = tr("Beat is not running: nothing is sent")
            if late:
                words += " · " + trn("{n} entry is late", "{n} entries are late", late)
            self.header.show_sentence(words, "state-attention", "warn")

    def _on_start_clicked(self) -> None:
        view = self.view
        beat = (
            next((s for s in view.services if s.kind is ServiceKind.BEAT), None) if view else None
        )
        if beat is not None:
            self.around.actions.start(beat.name)
            self.check_again()
