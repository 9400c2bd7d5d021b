"""Listens to one broker's task events for a stack: counts, tasks in flight, and the history."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from desktop.engine.app_info import AppInfo
from desktop.engine.census.answers import NodeAnswer
from desktop.engine.config import StackConfig
from desktop.engine.control import Control
from desktop.engine.events_off import Totals, turn_on
from desktop.engine.history.history import History
from desktop.engine.metrics_commands import MetricsReport
from desktop.engine.model import ActiveTask, TaskCounts, TelemetryStatus
from desktop.engine.task_model import Task
from desktop.engine.task_witnesses import witnesses
from desktop.engine.telemetry import Telemetry
from desktop.engine.telemetry.holders import Holders

TOLD_MAX = 1_000
"""Nodes that are remembered to have been told to send events."""


class TaskWatch:
    """Follows the stack's broker, which a change of the configuration may move."""

    def __init__(self, on_change: Callable[[], None], folder: Path) -> None:
        """``folder`` keeps the stack's state, and the history of its tasks."""
        self.counts = TaskCounts()
        self.active: tuple[ActiveTask, ...] = ()
        self.status = TelemetryStatus()
        self.holders = Holders()
        """Who got which task last, on the broker that is listened to."""
        self.history = History(folder, self._told)
        """What became of every task; recorded as long as the stack is open."""
        self._turns_on = False
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._listens_to: tuple[str, AppInfo] | None = None
        self._telemetry: Telemetry | None = None
        self._totals = Totals()
        self._control: Control | None = None
        self._turning: asyncio.Task[None] | None = None
        self._turned: dict[str, None] = {}

    def configure(self, config: StackConfig) -> None:
        """Follow this configuration from now on."""
        self.history.open(config.history)
        self._turns_on = config.events.turn_on

    def listen(self, url: str, info: AppInfo) -> None:
        """Listen to this broker, which is up, from now on, for the app that ``info`` tells of."""
        if not url:
            return
        if (url, _essence(info)) == self._listens_to:
            if self._telemetry:
                self._telemetry.hurry()
            return
        if self._telemetry:
            self._telemetry.stop()
        self._listens_to = (url, _essence(info))
        options = dict(info.transport_options)
        self._control = Control(url, options)
        self.holders = Holders()
        self._totals = Totals()
        telemetry = Telemetry(
            url,
            lambda counts, active: self._call(self._set, telemetry, counts, active),
            key_prefix=str(options.get("global_keyprefix") or ""),
            exchange=info.event_exchange,
            options=options,
            control=self._control,
            holders=self.holders,
            on_tasks=self._record,
            witnesses=witnesses(url, info, self.history),
        )
        self._telemetry = telemetry
        telemetry.start()

    async def close(self) -> None:
        if self._turning:
            self._turning.cancel()
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

    async def metrics(self) -> MetricsReport:
        """What Flower's metrics tell of this broker; nothing while none is listened to."""
        telemetry = self._telemetry
        return MetricsReport(await asyncio.to_thread(telemetry.series) if telemetry else ())

    # --- workers that send no events -------------------------------------------------------------

    @property
    def silent(self) -> tuple[str, ...]:
        """Nodes that run tasks and send no events of them."""
        return tuple(sorted({*self.status.silent, *self._totals.silent}))

    def sends_events(self, node: str, pid: int) -> bool | None:
        """Whether this process tells of the tasks that it runs, by what was heard of it and what
        it counts itself; None: it has run none since it is listened to."""
        if node in self.silent:
            return False
        heard = self._telemetry and self._telemetry.connected and self._telemetry.speaks(node, pid)
        return True if heard else None

    def look(self, answers: Iterable[NodeAnswer]) -> None:
        """What workers said of themselves when they were asked last."""
        if self._telemetry:
            connected = self._telemetry.connected
            self._totals.look(answers, self._telemetry.speaks, listening=connected)
        new = [node for node in self.silent if node not in self._turned]
        idle = self._turning is None or self._turning.done()
        if self._turns_on and new and idle and self._control:
            self._turned.update(dict.fromkeys(new[:TOLD_MAX]))
            while len(self._turned) > TOLD_MAX:
                del self._turned[next(iter(self._turned))]
            self._turning = self._loop.create_task(
                asyncio.to_thread(turn_on, self._control, new)  # type: ignore[arg-type]
            )

    def _set(
        self, telemetry: Telemetry, counts: TaskCounts, active: tuple[ActiveTask, ...]
    ) -> None:
        if telemetry is self._telemetry:
            self.counts, self.active, self.status = counts, active, telemetry.status
            self._on_change()

    def _record(self, tasks: Sequence[Task]) -> None:
        """From the telemetry's thread. Faces learn of it, even where no count has changed."""
        self.history.put(tasks)
        self._told()

    def _told(self) -> None:
        """From the history's thread: it has something to say in the findings."""
        self._call(self._on_change)

    def _call(self, what: Callable[..., None], *arguments: object) -> None:
        """From another thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(what, *arguments)


def _essence(info: AppInfo) -> AppInfo:
    """What listening depends on."""
    return AppInfo(
        queues=info.queues,
        consumed=info.consumed,
        result_backend=info.result_backend,
        result_key_prefix=info.result_key_prefix,
        event_exchange=info.event_exchange,
        transport_options=info.transport_options,
        priority_steps=info.priority_steps,
    )
