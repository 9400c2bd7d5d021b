"""What is forgotten, and when: by age, by number, by the size of the file.

In small steps, so that nothing waits: neither what is to be written nor who reads.
"""

from __future__ import annotations

import heapq
import sqlite3
import time

from desktop.engine.config import HistoryConfig
from desktop.engine.history.conditions import KEY_MOST
from desktop.engine.history.schema import KEYS_A_SECOND, STATE_NUMBER, STATES
from desktop.engine.history.sums import STATE
from desktop.engine.history.writer import Writer
from desktop.engine.states import TaskState

STEP_TASKS = 1_000
VACUUM_PAGES = 256
"""Given back to the disk at a step: 1 MB."""
FAILURES_SHARE = 0.5
"""Failures are kept when others go, until they are so much of all that may be kept."""
FIGURES_AT_ONCE_S = 7 * 86_400.0
"""So much of the oldest figures goes at a step."""
SWEEP_SHARE = 0.9
MERGED_PAGES = 500
"""Of the index of full text, merged at a step."""
PRUNE_INTERVAL_S = 600.0
_DAY_S = 86_400.0
_MIB = 1024 * 1024
_SUCCESS = STATE_NUMBER[TaskState.SUCCESS]
_FAILURE = STATE_NUMBER[TaskState.FAILURE]
_OTHERS = tuple(STATE_NUMBER[state] for state in STATES if state is not TaskState.FAILURE)


class Retention:
    """Keeps one file within its bounds."""

    def __init__(
        self, connection: sqlite3.Connection, writer: Writer, settings: HistoryConfig
    ) -> None:
        self.settings = settings
        self._connection = connection
        self._writer = writer
        self._pruned_at = 0.0
        self._swept_at = 0
        """Tasks that there were when what nothing uses was looked for."""
        self._merging = False
        self._from: dict[int, int] = {}

    def step(self, now: float) -> bool:
        """Forget a little of what is past its time. True when there is more."""
        if self._merging:
            self._merging = self._writer.merge_text(MERGED_PAGES)
            return True
        keys = self._past_their_time(now)
        if not keys and self._is_too_large() and self._forget_beside():
            return True
        keys = keys or self._too_many()
        if keys:
            self._writer.remove(keys)
        elif time.monotonic() - self._pruned_at > PRUNE_INTERVAL_S or not self._pruned_at:
            self._pruned_at = time.monotonic()
            self._writer.prune_figures(now)
            self._from.clear()  # news of long ago may have come since
        return bool(keys) | self._give_back()

    def _past_their_time(self, now: float) -> list[int]:
        keys: list[int] = []
        for state in (*_OTHERS, _FAILURE):
            failed = state == _FAILURE
            days = self.settings.keep_failures_days if failed else self.settings.keep_days
            oldest = int((now - days * _DAY_S) * KEYS_A_SECOND)
            keys += self._oldest(state, STEP_TASKS - len(keys), oldest)
            if len(keys) >= STEP_TASKS:
                break
        return keys

    def _too_many(self) -> list[int]:
        counts = self._counts()
        total = sum(counts.values())
        over = total - self.settings.max_tasks
        if over <= 0 and self._is_too_large():
            over = max(1, total // 50)
        if over <= 0:
            return []
        wanted = min(over, STEP_TASKS)
        allowed = min(total, self.settings.max_tasks) * FAILURES_SHARE
        if counts.get(_FAILURE, 0) > allowed or total == counts.get(_FAILURE):
            return self._oldest(_FAILURE, wanted)
        each = (self._oldest(state, wanted) for state in _OTHERS if counts.get(state))
        return list(heapq.merge(*each))[:wanted]

    def _forget_beside(self) -> bool:
        """Of a file that is too large: figures and words that no task needs go before any task
        does. To look for them costs, so that is done again when a tenth of the tasks has gone."""
        if self._writer.forget_old_figures(FIGURES_AT_ONCE_S):
            return True
        total = sum(self._counts().values())
        if self._swept_at:
            self._swept_at = max(self._swept_at, total)
            if total > self._swept_at * SWEEP_SHARE:
                return False
        self._swept_at = max(total, 1)
        self._writer.forget_unused()
        # The index of full text notes what is gone, and grows by it, until its pieces are merged.
        self._merging = self._writer.merge_text(-MERGED_PAGES)
        return True

    def _is_too_large(self) -> bool:
        return self._used_bytes() > self.settings.max_mb * _MIB

    def _oldest(self, state: int, count: int, before: int = KEY_MOST) -> list[int]:
        """Keys of the oldest tasks in a state, from where the last look ended: what is older was
        forgotten, and to pass by it again and again would take the longer the more it is."""
        walked = state == _SUCCESS  # has no index: it is most of the table
        question = (
            f"SELECT key FROM task {'NOT INDEXED' if walked else ''} "
            f"WHERE state = {state:d} AND state {'=' if walked else '!='} {_SUCCESS:d} "
            "AND key >= ? AND key < ? ORDER BY key LIMIT ?"
        )
        values = (self._from.get(state, 0), before, count)
        found = [key for (key,) in self._connection.execute(question, values)]
        if found or before < KEY_MOST:
            self._from[state] = found[0] if found else before
        return found

    def _counts(self) -> dict[int, int]:
        question = "SELECT id, n FROM tally WHERE kind = ? AND n > 0"
        return dict(self._connection.execute(question, (STATE,)).fetchall())

    def _used_bytes(self) -> int:
        pages, free = self._pragma("page_count"), self._pragma("freelist_count")
        return (pages - free) * self._pragma("page_size")

    def _give_back(self) -> bool:
        """Give pages that nothing uses back to the disk, a little; True when there are more."""
        free = self._pragma("freelist_count")
        # Some are kept: the next tasks would only take them again.
        if free * 10 < self._pragma("page_count"):
            return False
        # A script is run to its end; execute() would take the first step, which is one page.
        self._connection.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
        return self._pragma("freelist_count") < free

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
