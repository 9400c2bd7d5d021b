"""How fast tasks go, from two looks at their counts."""

from __future__ import annotations

from typing import NamedTuple

from desktop.engine.model import StackStatus, TaskCounts


class Rate(NamedTuple):
    """Tasks a second."""

    finished: float
    failed: float


class Rates:
    """Fed with each report; tells of the time since the one before."""

    def __init__(self) -> None:
        self._before: tuple[float, str, TaskCounts] | None = None

    def take(self, stack: StackStatus, now: float) -> Rate | None:
        """None of the first look, and where the counts began anew."""
        before, self._before = self._before, (now, stack.id, stack.tasks)
        if before is None or before[1] != stack.id or now <= before[0]:
            return None
        old, new = before[2], stack.tasks
        failed = new.failed - old.failed
        finished = failed + new.succeeded - old.succeeded
        if failed < 0 or finished < 0:
            return None
        return Rate(finished / (now - before[0]), failed / (now - before[0]))
