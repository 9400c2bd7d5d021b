"""What the table of tasks holds of the history: which page is asked for, when, and what becomes
of the answer.

While it follows, the newest page is asked for again as soon as the history has changed, at most
ten times a second, and less often where answers take their time. While it holds, the rows stay;
those within sight are brought up to date, and what came meanwhile is only counted. A new search
breaks off whatever was under way.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from desktop.engine.commands import Command
from desktop.engine.history_commands import ListTasks, Selection, TaskOrder, TaskPage
from desktop.engine.model import Problem
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.ui.pages.tasks.model import TaskModel
from desktop.ui.pages.tasks.pages_held import PagesHeld

FIRST = 100
"""Tasks of the page that follows: more than a window shows."""
MORE = 200
"""Tasks of a page that is fetched while somebody scrolls."""
PACE_S = 0.1
HELD_PACE_S = 0.5
"""The history is looked at no more often than this; while it holds, less often."""
REST = 1
"""After a look it rests so many times as long as that took: whoever answers has other work, too."""
REST_MAX_S = 0.4
AGAIN_MS = 150
"""So long after a look whose news could not be put in, the next one follows."""
Request = Callable[
    [Command, Callable[[object], None], Callable[[Problem], None]], Callable[[], object]
]


class Search(msgspec.Struct, frozen=True):
    """Which tasks, in which order."""

    project: str = ""
    words: str = ""
    """In the query language."""
    states: tuple[TaskState, ...] = ()
    order: TaskOrder = TaskOrder.RECEIVED
    descending: bool = True

    @property
    def selection(self) -> Selection:
        return Selection(search=self.words, states=self.states)

    @property
    def narrowed(self) -> bool:
        """Not all are looked for."""
        return bool(self.words.strip() or self.states)

    @property
    def newest_first(self) -> bool:
        return self.descending and self.order in {TaskOrder.RECEIVED, TaskOrder.SEEN}


class TaskFeed(QObject):
    """Fills the model. It asks for nothing while nobody looks (see :meth:`wake`)."""

    answered = Signal()
    """Something of what it knows has changed."""
    refused = Signal(object)
    """:class:`Problem`: why the search has no answer."""
    following_changed = Signal(bool)

    def __init__(
        self,
        model: TaskModel,
        request: Request,
        seen: Callable[[], tuple[Task, ...]],
        would_leave: Callable[[int], bool],
        aimed_at: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        """``seen``: the tasks within sight. ``would_leave``: whether so many new rows at the top
        would carry away the one that somebody looks at. ``aimed_at``: whether somebody is about
        to click on a row, which should not move away meanwhile."""
        super().__init__(parent)
        self._model = model
        self._request = request
        self._seen = seen
        self._would_leave = would_leave
        self._aimed_at = aimed_at
        self._held = PagesHeld()
        self._under_way: dict[str, Callable[[], object]] = {}
        """What was asked and not answered yet, by its kind: how to break it off."""
        self._round = 0
        """Answers of an earlier one are for nobody."""
        self._awake = False
        self._wanted = False
        """Somebody has said what is looked for."""
        self._changed = False
        self._mark = -1
        self._looked_at = 0.0
        self._took_s = 0.0
        """From the last look until its answer was in the table."""
        self._news: set[str] = set()
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.timeout.connect(self._look)
        self.search = Search()
        self.following = True
        self.kept = 0
        """Tasks in the history."""
        self.by_state: dict[TaskState, int] = {}
        """Of those, how many are in each state."""
        self.loaded = False
        """The present search has been answered."""
        self.more_news = False
        """More came while it held than were counted."""

    # --- what is looked for -----------------------------------------------------------------

    def show(self, search: Search) -> None:
        """Look for these from now on, from the top."""
        if search == self.search and self._wanted:
            return
        self.search = search
        self._wanted = True
        self.loaded = False
        self._begin_again()

    def look_again(self) -> None:
        """Ask once more, whatever is known."""
        self._begin_again()

    def _begin_again(self) -> None:
        self._break_off()
        self._set_following(True)
        self._forget_news()
        self._look()

    def wake(self) -> None:
        """Somebody looks from now on."""
        self._awake = True
        self._changed = True
        if self._wanted:
            self._look_soon()

    def sleep(self) -> None:
        """Nobody looks: nothing is asked, and no timer runs."""
        self._awake = False
        self._pace.stop()
        self._break_off()

    def notice(self, mark: int) -> None:
        """The history is at this mark now."""
        if mark != self._mark:
            self._mark = mark
            self._changed = True
            if self.loaded:
                self._look_soon()

    def try_again(self) -> None:
        """The last look was refused for a reason that may be over."""
        self._changed = True
        self._look_soon()

    @property
    def at_start(self) -> bool:
        """The first row that is held is the first of all, as it was when it began to hold."""
        return self._held.before is None

    @property
    def news(self) -> int:
        """Tasks that came since it holds, as far as they were counted."""
        return len(self._news)

    # --- follow and hold --------------------------------------------------------------------

    def follow(self, follow: bool) -> None:
        """Show what is newest from now on, or leave the rows as they are."""
        if follow == self.following:
            return
        self._set_following(follow)
        self._forget_news()
        if follow:
            self._pace.stop()
            self._looked_at = 0.0
            self._look_soon()
        self.answered.emit()

    def _set_following(self, follow: bool) -> None:
        if follow != self.following:
            self.following = follow
            self.following_changed.emit(follow)

    def _forget_news(self) -> None:
        self._news.clear()
        self.more_news = False

    # --- looking ----------------------------------------------------------------------------

    def _look_soon(self) -> None:
        if not self._awake or self._pace.isActive() or "first" in self._under_way:
            return
        pace_s = PACE_S if self.following else HELD_PACE_S
        pace_s = max(pace_s, self._took_s + min(REST * self._took_s, REST_MAX_S))
        left_s = self._looked_at + pace_s - time.monotonic()
        if left_s <= 0:
            self._look()
        else:
            self._pace.start(max(1, round(left_s * 1000)))

    def _look(self) -> None:
        if not self._awake:
            return
        self._changed = False
        self._looked_at = time.monotonic()
        self._ask("first", self._command(limit=FIRST), self._on_first)
        seen = () if self.following else self._seen()
        if seen:
            ids = tuple(task.id for task in seen)
            command = ListTasks(
                self.search.project, Selection(ids=ids, search=None), limit=len(ids)
            )
            self._ask("seen", command, lambda page: self._model.update(page.tasks))

    def _on_first(self, page: TaskPage) -> None:
        self.kept, self.by_state = page.kept, page.by_state
        new = self._count_new(page)
        if self.following and self.loaded and new and self._would_leave(new):
            self._set_following(False)
        if not self.loaded:
            self.loaded = True
            self._model.reset(page.tasks)
            self._held.begin(page.next, len(page.tasks))
        elif self.following and new and self._aimed_at():
            self._model.update(page.tasks)
            self._pace.start(AGAIN_MS)
        elif self.following:
            self._model.become(page.tasks)
            self._held.begin(page.next, len(page.tasks))
        else:
            self._count_news(page)
        self.answered.emit()
        self._took_s = time.monotonic() - self._looked_at
        if self._changed:
            self._look_soon()

    def _count_new(self, page: TaskPage) -> int:
        known = (n for n, task in enumerate(page.tasks) if self._model.row_of(task.id) >= 0)
        return next(known, len(page.tasks))

    def _count_news(self, page: TaskPage) -> None:
        """What the rows that are held lack at their top."""
        if not self.search.newest_first:
            return
        new = [task.id for task in page.tasks[: self._count_new(page)]]
        met = len(new) < len(page.tasks) or any(one in self._news for one in new)
        self.more_news = self.more_news or (not met and bool(page.next))
        if len(self._news) < FIRST * 100:
            self._news.update(new)

    # --- more of it -------------------------------------------------------------------------

    def more_behind(self) -> None:
        """The end of the rows is near."""
        after = self._held.behind
        if after and not self.following and not {"behind", "before"} & set(self._under_way):
            self._ask("behind", self._command(after=after, limit=MORE), self._on_behind)

    def more_before(self) -> None:
        """The start of the rows is near, and it is not the start of the history."""
        after = self._held.before
        if after is not None and not {"behind", "before"} & set(self._under_way):
            limit = MORE if after else FIRST
            self._ask("before", self._command(after=after, limit=limit), self._on_before)

    def _on_behind(self, page: TaskPage) -> None:
        self._model.drop_first(self._held.behind_came(page.next, self._model.append(page.tasks)))
        self.answered.emit()

    def _on_before(self, page: TaskPage) -> None:
        self._model.drop_last(self._held.before_came(self._model.prepend(page.tasks)))
        self.answered.emit()

    # --- asking -----------------------------------------------------------------------------

    def _command(self, *, after: str = "", limit: int) -> ListTasks:
        search = self.search
        return ListTasks(
            search.project, search.selection, search.order, search.descending, after, limit
        )

    def _ask(self, kind: str, command: ListTasks, done: Callable[[TaskPage], None]) -> None:
        """At most one of a kind is under way; the newest counts."""
        if kind in self._under_way:
            self._under_way.pop(kind)()
        round_ = self._round
        settled: list[bool] = []

        def answered(answer: object) -> None:
            settled.append(True)
            if round_ == self._round:
                self._under_way.pop(kind, None)
                if isinstance(answer, TaskPage):
                    done(answer)

        def failed(problem: Problem) -> None:
            settled.append(True)
            if round_ == self._round:
                self._under_way.pop(kind, None)
                if kind == "first":
                    self.refused.emit(problem)

        break_off = self._request(command, answered, failed)
        if not settled:
            self._under_way[kind] = break_off

    def _break_off(self) -> None:
        self._round += 1
        for break_off in self._under_way.values():
            break_off()
        self._under_way.clear()
        self._pace.stop()
