"""Every task that the engine has seen: live at the top, searched, sorted, and acted on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop.engine.history_commands import TaskOrder
from desktop.engine.model import Problem
from desktop.ui.pages.page import Page, Surroundings, set_dim
from desktop.ui.pages.tasks import headline
from desktop.ui.pages.tasks.banners import TaskBanners
from desktop.ui.pages.tasks.body import Body
from desktop.ui.pages.tasks.columns import chosen
from desktop.ui.pages.tasks.completion import Known
from desktop.ui.pages.tasks.conduct import Conduct
from desktop.ui.pages.tasks.detail_feed import DetailFeed
from desktop.ui.pages.tasks.feed import Search, TaskFeed
from desktop.ui.pages.tasks.figures import Figures
from desktop.ui.pages.tasks.filter_bar import FilterBar
from desktop.ui.pages.tasks.kept_searches import KeptSearches
from desktop.ui.pages.tasks.situation import Rate, broker_away, known_values
from desktop.ui.pages.tasks.state_counts import StateCounts
from desktop.ui.pages.tasks.table import TaskTable
from desktop.ui.view import View
from desktop.ui.widgets.button import Button, IconButton
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.table_card import TableCard
from desktop.words import text, tr

BAD_QUERY = "bad-query"
SEARCH = "?"
"""Begins an argument of the page that is a search; any other is the id of a task."""


class TasksPage(Page):
    """Puts its parts together: filter, feed, table, details, figures, and what can be done."""

    name = "tasks"
    label = text("Tasks")
    icon = "tasks"
    scrolls = False

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self._rate = Rate()
        self._problem: Problem | None = None
        self._project: str | None = None
        self._order = (TaskOrder.RECEIVED, True)
        request = around.actions.tasks.request
        self.switch = Button("", "chart", large=True)
        self.hold = Button("", "pause", large=True)
        self.export = Button("", "download", large=True)
        self.more = IconButton("more", side=34)
        for button in (self.switch, self.hold, self.export, self.more):
            self.header.add_action(button)
        self.banners = TaskBanners(around.actions)
        kept = KeptSearches(around.actions.tasks, self.banners.tell_problem)
        self.filter = FilterBar(self._known, kept)
        self.table = table = TaskTable()
        self.feed = TaskFeed(
            table.model_,
            request,
            lambda: table.seen,
            table.would_leave,
            lambda: table.aimed_at,
            self,
        )
        self.counts = StateCounts(request, self._show_counts)
        self.empty = EmptyState("tasks")
        self.empty.hide()
        self.figures = Figures(request)
        self._card = TableCard(table)
        self.body = Body((self._card, self.empty), self.figures)
        self.detail = self.body.detail
        self.details = DetailFeed(self.detail, request, self)
        self.conduct = Conduct(self)
        self.column.setSpacing(12)
        for part in (*self.banners.all, self.filter):
            self.column.addWidget(part)
        self.column.addWidget(self.body, 1)
        self._connect()
        table.show_widths(around.preferences.task_widths)
        table.show_columns(chosen(around.preferences.task_columns))
        table.show_order(*self._order)
        self.retranslate()

    def _connect(self) -> None:
        table, feed = self.table, self.feed
        table.widths.dragged.connect(self._on_dragged)
        self.filter.changed.connect(self._on_filter_changed)
        self.filter.search.left.connect(self._to_table)
        self.hold.clicked.connect(self.pause)
        self.switch.clicked.connect(lambda: self._show_figures(not self.body.figures_shown))
        self.figures.search_asked.connect(self._on_search_asked)
        self.empty.pressed.connect(self._on_empty_pressed)
        feed.answered.connect(self._on_answered)
        feed.refused.connect(self._on_refused)
        feed.following_changed.connect(self._on_following_changed)
        table.opened.connect(self.open)
        table.moved.connect(self._on_moved)
        table.at_top_changed.connect(self._on_at_top_changed)
        table.near_end.connect(feed.more_behind)
        table.near_start.connect(feed.more_before)
        table.pill_clicked.connect(lambda: feed.follow(True))
        table.order_asked.connect(self._on_order_asked)
        self.detail.closed.connect(self._close_detail)
        self.detail.opened.connect(self.open)
        self.conduct.connect()

    def retranslate(self) -> None:
        self.header.title.setText(self.title())
        self.table.setAccessibleName(self.title())
        self.export.set_words(tr("Export…"))
        self.more.set_words(tr("More"))
        for part in (self.filter, self.detail, self.figures):
            part.retranslate()
        self._show_mode()
        self.banners.clear()

    # --- for the window ---------------------------------------------------------------------

    def wake(self) -> None:
        self.feed.wake()
        self.figures.set_awake(self.body.figures_shown)

    def sleep(self) -> None:
        self.feed.sleep()
        self.counts.stop()
        self.details.rest()
        self.figures.set_awake(False)

    def refresh(self, view: View) -> None:
        if view.project != self._project:
            self._project = view.project
            self._problem = None
            self.banners.clear()
            self.conduct.break_off()
            self._close_detail()
            self.table.model_.reset(())
        self._rate.take(view)
        self.table.model_.tick(view.now)
        search = self._search()
        mark = view.stack.history_mark if view.stack else 0
        if view.reachable:
            self.feed.notice(mark)
        self.feed.show(search)
        if view.reachable:
            if self._problem is not None and self._problem.code != BAD_QUERY:
                self.feed.try_again()
            self.counts.look(search, mark)
            self.details.notice(mark)
        self.figures.take(search.project)
        self._show_counts()
        has_tasks = self.table.model_.rowCount() > 0
        self.banners.show_surroundings(view, self.conduct, has_tasks=has_tasks)
        set_dim(self.body, view.reachable and broker_away(view) is not None)
        self._show_state()

    def _search(self) -> Search:
        order, down = self._order
        states = self.filter.chosen_states
        return Search(self._project or "", self.filter.words, states, order, down)

    def _known(self) -> Known:
        names = {task.name for task in self.table.model_.tasks}
        return known_values(self.view.stack if self.view else None, tuple(names))

    # --- what is looked for -----------------------------------------------------------------

    def _on_dragged(self) -> None:
        self.around.preferences.task_widths = self.table.widths.kept

    def _on_filter_changed(self) -> None:
        if self._search() != self.feed.search:
            self._forget_problem()
        if self.view is not None:
            self.refresh(self.view)
            self.table.to_top()

    def _on_order_asked(self, order: TaskOrder, descending: bool) -> None:
        self._order = (order, descending)
        self.table.show_order(order, descending)
        self._on_filter_changed()

    def _on_search_asked(self, words: str) -> None:
        self._show_figures(False)
        self.filter.show_search(words)

    def _on_answered(self) -> None:
        self._forget_problem()
        if not self.feed.following:
            self.table.tell_edges()
        self.details.follow(self.table.model_)
        self.table.show_pill(headline.pill(self.feed))
        self._show_counts()
        self._show_state()

    def _on_refused(self, problem: Problem) -> None:
        known, self._problem = self._problem, problem
        if problem.code == BAD_QUERY:
            at = problem.title.args.get("n")
            words = " ".join(part for part in (str(problem.title), str(problem.message)) if part)
            self.filter.show_wrong(words, at - 1 if isinstance(at, int) else None)
        elif problem != known:
            self.banners.tell_problem(problem)
        self._show_state()

    def _forget_problem(self) -> None:
        if self._problem is not None:
            self._problem = None
            self.filter.show_wrong("", None)
            self.banners.failed.hide()

    # --- what is told -----------------------------------------------------------------------

    def _show_counts(self) -> None:
        self.filter.show_counts(self.counts.counts(self.feed.by_state))

    def _show_state(self) -> None:
        """The sentence, and either the table or why there is none."""
        view = self.view
        if self._problem is not None and not self.feed.loaded:
            self.header.show_sentence("")
        else:
            reachable = view is not None and view.reachable
            away = view is not None and broker_away(view) is not None
            words = headline.sentence(self.feed, self._rate, reachable=reachable, broker_away=away)
            self.header.show_sentence(*words)
        empty = self.feed.loaded and not self.table.model_.tasks and self._problem is None
        self._card.setVisible(not empty)
        self.empty.setVisible(empty)
        if empty:
            stack = view.stack if view else None
            narrowed = self.filter.narrows
            why = headline.emptiness(self.filter.words, narrowed=narrowed, stack=stack)
            self.empty.show_words(*why)

    def _on_empty_pressed(self) -> None:
        if self.filter.narrows:
            self.filter.clear()
        else:
            self.conduct.fill_empty()

    # --- follow and hold --------------------------------------------------------------------

    def pause(self) -> None:
        self.feed.follow(not self.feed.following)

    def _on_at_top_changed(self, at_top: bool) -> None:
        if not at_top or self.feed.at_start:
            self.feed.follow(at_top)

    def _on_following_changed(self, following: bool) -> None:
        if following:
            self.table.to_top()
        else:
            self.table.tell_edges()
        self.table.show_pill(headline.pill(self.feed))
        self._show_mode()
        self._show_state()

    def _show_mode(self) -> None:
        following, figures = self.feed.following, self.body.figures_shown
        self.hold.set_icon("pause" if following else "up")
        self.hold.set_words(tr("Hold") if following else tr("Follow"))
        self.hold.setEnabled(not figures)
        self.switch.set_icon("tasks" if figures else "chart")
        self.switch.set_words(tr("Table") if figures else tr("Figures"))

    # --- keyboard ---------------------------------------------------------------------------

    def search(self) -> None:
        self._show_figures(False)
        self.filter.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.search.selectAll()

    def check_again(self) -> None:
        """Ask the engine once more."""
        self.feed.look_again()

    def escape(self) -> None:
        """Clear the search and then leave it; else close the details, then clear the search."""
        if self.filter.search.hasFocus():
            if self.filter.search.text():
                self.filter.clear()
            else:
                self._to_table()
        elif not self.detail.isHidden():
            self._close_detail()
        elif self.filter.narrows:
            self.filter.clear()

    def _to_table(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.table.current_id and self.table.model_.rowCount():
            self.table.selectRow(0)

    # --- the details ------------------------------------------------------------------------

    def show_argument(self, argument: str) -> None:
        """The details of the task of this id; or, after "?", the tasks that a search finds."""
        if argument.startswith(SEARCH):
            self._on_search_asked(argument[len(SEARCH) :])
        elif argument:
            self._show_figures(False)
            self.open(argument)

    def open(self, task_id: str) -> None:
        """Show the details of a task, whether or not the table holds it."""
        model = self.table.model_
        self.details.show(self._project or "", task_id, model.task(model.row_of(task_id)))
        if self.table.current_id != task_id:
            self.table.choose(task_id)
        self.detail.show()

    def _on_moved(self, task_id: str) -> None:
        if not self.detail.isHidden() and self.details.task_id != task_id:
            self.open(task_id)

    def _close_detail(self) -> None:
        if not self.detail.isHidden():
            self.details.stop()
            self.detail.hide()
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- figures ----------------------------------------------------------------------------

    def _show_figures(self, shown: bool) -> None:
        if shown == self.body.figures_shown:
            return
        if shown:
            self._close_detail()
        self.body.show_figures(shown)
        self.filter.setVisible(not shown)
        self.figures.set_awake(shown and self.isVisible())
        self._show_mode()
