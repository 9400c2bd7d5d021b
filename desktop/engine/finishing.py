"""Which tasks a warmly stopping worker still finishes.

A worker that was asked to stop answers no control message and sends no more events, so its log
is the only witness of progress: every task's last line there carries its id in brackets. What a
task says itself (``get_task_logger``) begins with its id, too: ``name[id]: ``.
"""

from __future__ import annotations

from pathlib import Path

from desktop.engine.logs import LogFollower


class Finishing:
    """Counts down the tasks that were running when the worker was asked to stop."""

    def __init__(self, log: Path, task_ids: tuple[str, ...]) -> None:
        self._left = {f"[{task_id}]" for task_id in task_ids}
        self._follower = LogFollower(log, lines=0)
        if self._left:
            self._follower.read_new()

    @property
    def count(self) -> int:
        return len(self._left)

    def look(self) -> None:
        """Read what the log says since the last look. Blocking, and bounded."""
        if not self._left:
            return
        for line in self._follower.read_new():
            self._left -= {mark for mark in self._left if mark in line.replace(f"{mark}: ", "")}
