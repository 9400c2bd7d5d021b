"""How many tasks are in the states that need eyes, for the numbers beside the filter."""

from __future__ import annotations

import time
from collections.abc import Callable

from desktop.engine.history_commands import ListTasks, Selection, TaskPage
from desktop.engine.states import TaskState
from desktop.ui.pages.tasks.feed import Request, Search

PACE_S = 2.0
"""Counting what a search finds takes the engine a moment: no more often than this."""
COUNTED = (TaskState.STARTED, TaskState.RETRY, TaskState.FAILURE)


class StateCounts:
    """Of all tasks the engine tells with each page; of those that a search finds it is asked."""

    def __init__(self, request: Request, changed: Callable[[], None]) -> None:
        self._request = request
        self._changed = changed
        self._search = Search()
        self._asked_at = 0.0
        self._mark = -1
        self._under_way: list[Callable[[], object]] = []
        self._round = 0
        self._found: dict[TaskState, int] = {}

    def counts(self, by_state: dict[TaskState, int]) -> dict[TaskState, int]:
        """What is known; ``by_state`` is of all tasks."""
        return self._found if self._search.words.strip() else by_state

    def look(self, search: Search, mark: int) -> None:
        """Count what this search finds, if that may have changed since the last time."""
        anew = search.words != self._search.words or search.project != self._search.project
        now = time.monotonic()
        if not anew and (mark == self._mark or now - self._asked_at < PACE_S):
            return
        self.stop()
        self._search, self._mark, self._asked_at = search, mark, now
        if anew:
            self._found = {}
        if search.words.strip():
            for state in COUNTED:
                self._count(state)

    def stop(self) -> None:
        """No answer is wanted any more."""
        self._round += 1
        for break_off in self._under_way:
            break_off()
        self._under_way.clear()

    def _count(self, state: TaskState) -> None:
        selection = Selection(search=self._search.words, states=(state,))
        command = ListTasks(self._search.project, selection, limit=1, count=True)
        round_ = self._round

        def counted(answer: object) -> None:
            if round_ == self._round and isinstance(answer, TaskPage):
                # More than can be counted is more than is told.
                self._found[state] = 0 if answer.total is None else answer.total
                self._changed()

        self._under_way.append(self._request(command, counted, lambda _problem: None))
