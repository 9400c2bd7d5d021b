"""News that waits to be written: one record a task, merged. Not locked; its owner is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from desktop.engine.history.merge import merge
from desktop.engine.history.schema import ENDED
from desktop.engine.task_model import Task

MOST = 100_000
"""Tasks; some 100 MB at worst of a disk that stays full."""


class Backlog:
    """At most :data:`MOST` tasks; beyond that, the oldest of those that had not ended are given up
    first: their next event tells of them again."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._tasks: dict[str, Task] = {}
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._tasks)

    def put(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            waiting = self._tasks.get(task.id)
            if waiting is not None and not task.complete:
                task = merge(waiting, task)  # noqa: PLW2901 - of one task
            self._tasks[task.id] = task
        self._make_room()

    def take(self, count: int) -> list[Task]:
        """The oldest ``count`` of them, which are then its caller's."""
        if count >= len(self._tasks):
            taken, self._tasks = list(self._tasks.values()), {}
            return taken
        taken = list(islice(self._tasks.values(), count))
        for task in taken:
            del self._tasks[task.id]
        return taken

    def give_back(self, tasks: Sequence[Task]) -> None:
        """What was taken was not written; what has come since is newer."""
        since, self._tasks = self._tasks, {task.id: task for task in tasks}
        self.put(list(since.values()))

    def clear(self) -> None:
        self._tasks.clear()

    def _make_room(self) -> None:
        over = len(self._tasks) - self._most
        if over <= 0:
            return
        in_flight = (id_ for id_, task in self._tasks.items() if task.state not in ENDED)
        given_up = list(islice(in_flight, over))
        given_up += islice(
            (id_ for id_ in self._tasks if id_ not in set(given_up)), over - len(given_up)
        )
        for id_ in given_up:
            del self._tasks[id_]
        self.dropped += len(given_up)
