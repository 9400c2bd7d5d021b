"""Listens to one broker's task events for a stack, and keeps the newest counts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from desktop.engine import redis_url
from desktop.engine.history.history import History
from desktop.engine.model import ActiveTask, TaskCounts
from desktop.engine.telemetry import Telemetry
from desktop.engine.telemetry.holders import Holders


class TaskWatch:
    """Follows the stack's broker, which a change of the configuration may move."""

    def __init__(self, on_change: Callable[[], None], folder: Path) -> None:
        """``folder`` keeps the stack's state, and the history of its tasks."""
        self.counts = TaskCounts()
        self.active: tuple[ActiveTask, ...] = ()
        self.holders = Holders()
        """Who got which task last, on the broker that is listened to."""
        self.history = History(folder, self._told)
        """What became of every task; recorded as long as the stack is open."""
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._url = ""
        self._telemetry: Telemetry | None = None

    def listen(self, url: str, key_prefix: str = "") -> None:
        """Listen to this broker from now on. Only Redis is listened to. ``key_prefix`` is the
        app's ``global_keyprefix``."""
        if not url or url == self._url or not redis_url.is_redis(url):
            return
        if self._telemetry:
            self._telemetry.stop()
        loop = asyncio.get_running_loop()

        def on_change(counts: TaskCounts, active: tuple[ActiveTask, ...]) -> None:
            loop.call_soon_threadsafe(self._set, counts, active)

        self.holders = Holders()
        self._telemetry = Telemetry(url, on_change, key_prefix=key_prefix, holders=self.holders)
        self._url = url
        self._telemetry.start()

    async def close(self) -> None:
        if self._telemetry:
            await asyncio.to_thread(self._telemetry.stop)
        await self.history.close()

    def running(self, node: str, pid: int = 0) -> tuple[str, ...]:
        """Ids of the tasks that a node has started and not ended; with ``pid``, that process of
        those that share its name."""
        return tuple(
            task.id
            for task in self.active
            if task.worker == node
            and task.started_at is not None
            and (not pid or task.worker_pid in {0, pid})
        )

    def started_since(self, node: str, pid: int, at: float) -> int | None:
        """Tasks that this process of a node has started since ``at``; None when not all were
        heard."""
        return self._telemetry.started_since(node, pid, at) if self._telemetry else None

    def _set(self, counts: TaskCounts, active: tuple[ActiveTask, ...]) -> None:
        self.counts, self.active = counts, active
        self._on_change()

    def _told(self) -> None:
        """From the history's thread: it has something to say in the findings."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._on_change)
