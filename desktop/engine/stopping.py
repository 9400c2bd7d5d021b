"""One stop of one process: asked for, waited for, and forced only on a person's word."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from pathlib import Path

from desktop.engine.finishing import Finishing
from desktop.engine.model import CeleryPing, ServiceSpec
from desktop.engine.process import Process, addresses
from desktop.engine.redis_waiting import end_waiting
from desktop.engine.states import ServiceKind
from desktop.words import Text, text, textn

LOOK_S = 0.25
FORCE_STEP_S = 8.0
"""How long a worker gets to hand its messages back after QUIT, before KILL."""


class Stopping:
    """Asks once, then counts down what is left to do."""

    def __init__(
        self, spec: ServiceSpec, running: Process, log: Path, on_change: Callable[[], None]
    ) -> None:
        self._spec = spec
        self._running = running
        self._log = log
        self._on_change = on_change
        self.told = False
        """It was asked, and takes nothing more."""
        self._finishing: Finishing | None = None
        self._slow = False
        self._suspended = False
        self._watching: asyncio.Task[None] | None = None
        self._forcing: asyncio.Task[None] | None = None

    def ask(self, task_ids: tuple[str, ...]) -> None:
        """TERM: a worker finishes ``task_ids`` and gives back the rest, others just end."""
        if self._spec.kind is ServiceKind.WORKER:
            self._finishing = Finishing(self._log, task_ids)
        self._running.signal(signal.SIGTERM)
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    def force(self) -> None:
        """Down the ladder now, whatever still runs."""
        if self._forcing is None or self._forcing.done():
            self._forcing = asyncio.get_running_loop().create_task(self._force())

    async def close(self) -> None:
        """Watch no more; what was asked for stays asked for."""
        tasks = [task for task in (self._watching, self._forcing) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def tasks_left(self) -> int:
        """How many of the tasks that ran when it was asked are not finished."""
        return self._finishing.count if self._finishing else 0

    def note(self) -> Text | None:
        """What it is doing, in words; None when there is nothing to say yet."""
        if self._suspended:
            return text("is suspended; to go on: kill -CONT {pid}", pid=str(self._running.pid))
        if self._finishing and self._finishing.count:
            return textn("finishing {n} task", "finishing {n} tasks", self._finishing.count)
        return text("does not stop; it can be forced") if self._slow else None

    async def _watch(self) -> None:
        asked = time.monotonic()
        if isinstance(self._spec.probe, CeleryPing):
            await asyncio.to_thread(_wake, self._spec.probe.broker, self._running.pid)
        self.told = True
        self._on_change()
        patience_s = self._spec.stop_patience_s
        while self._running.alive:
            await asyncio.sleep(LOOK_S)
            before = self.note()
            self._suspended = self._running.suspended
            if self._finishing:
                await asyncio.to_thread(self._finishing.look)
            if patience_s is not None and time.monotonic() - asked > patience_s:
                self._slow = True
            if self.note() != before:
                self._on_change()

    async def _force(self) -> None:
        """QUIT lets a worker hand back what it holds (facts: TERM and then KILL strands tasks for
        the visibility timeout); KILL only for what ignores even that."""
        first = signal.SIGQUIT if self._spec.kind is ServiceKind.WORKER else signal.SIGTERM
        for number in (first, signal.SIGKILL):
            self._running.signal(number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FORCE_STEP_S):
                    await asyncio.shield(self._running.ended)
                    return


def _wake(broker: str, pid: int) -> None:
    end_waiting(broker, addresses(pid))
