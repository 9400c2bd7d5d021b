"""Watches one service through its probe: is it ready, does it still answer, is it back?"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any

from desktop.engine import probes
from desktop.engine.control import Control
from desktop.engine.model import Problem, RedisPing, ServiceSpec
from desktop.engine.process import Process
from desktop.words import Text

PROBE_PAUSE_S = 0.02
EXTERNAL_CHECK_S = 3.0
HEALTH_CHECK_S = 20.0
HEALTH_TIMEOUT_S = 5.0
HEALTH_PAUSE_S = 0.5


class Readiness:
    """What the answers say; watched in one way at a time."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self.ready = False
        """It has answered since its start."""
        self.external = False
        """Somebody else's answers in its place."""
        self.silent = False
        """It runs but does not answer just now."""
        self.detail = Text("")
        self.node_pid = 0
        """The process that the node says it is; 0: not known."""
        self.refused: Problem | None = None
        """Why it can't be used, when waiting longer is no use."""
        self.warning: Problem | None = None
        """It can be used, but a person should know this."""
        self._on_change = on_change
        self._task: asyncio.Task[None] | None = None

    def reset(self) -> None:
        """Nothing is known: a start begins, or the service has stopped."""
        self.ready = self.external = self.silent = False
        self.refused = self.warning = None
        self.node_pid = 0

    def cancel(self) -> None:
        """Watch no more."""
        if self._task:
            self._task.cancel()
            self._task = None

    async def close(self) -> None:
        """Watch no more, and wait until that is so."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def await_ready(self, spec: ServiceSpec, running: Process, control: Control | None) -> None:
        """Ask until it is ready, or it has ended."""
        self._watch(self._until_ready(spec, running, control))

    def watch_health(
        self, spec: ServiceSpec, running: Process | None, control: Control | None
    ) -> None:
        """Look now and then whether it still answers. It is left running when it does not: a
        busy solo worker answers nobody, and silence is not death."""
        self._watch(self._health(spec, running.pid if running else None, control))

    def watch_external(self, spec: ServiceSpec) -> None:
        """Notice when somebody else's server goes."""
        self._watch(self._external(spec))

    def _watch(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.cancel()
        self._task = asyncio.get_running_loop().create_task(coroutine)

    async def _until_ready(
        self, spec: ServiceSpec, running: Process, control: Control | None
    ) -> None:
        begun = time.monotonic()
        while running.alive:
            alive_for_s = time.monotonic() - begun
            if isinstance(spec.probe, RedisPing) and await probes.greets(spec.probe.url):
                answer = probes.ProbeAnswer(True)
            else:
                answer = await probes.ready(
                    spec.probe, alive_for_s=alive_for_s, control=control, pid=running.pid
                )
            if running.alive and (answer.ok or not answer.retry):
                self.ready, self.detail = answer.ok, answer.detail
                self.node_pid = answer.node_pid
                self.refused = None if answer.ok else answer.problem
                self.warning = answer.problem if answer.ok else None
                self._on_change()
                return
            await asyncio.sleep(PROBE_PAUSE_S)

    async def _health(self, spec: ServiceSpec, pid: int | None, control: Control | None) -> None:
        if str(self.detail):  # it answered a moment ago
            await asyncio.sleep(HEALTH_CHECK_S)
        while True:
            self.silent = not await self._answers(spec, pid, control)
            self._on_change()
            await asyncio.sleep(HEALTH_CHECK_S)

    async def _answers(self, spec: ServiceSpec, pid: int | None, control: Control | None) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEALTH_TIMEOUT_S):
                while True:
                    answer = await probes.ready(
                        spec.probe, alive_for_s=HEALTH_CHECK_S, control=control, pid=pid
                    )
                    if answer.ok:
                        self.node_pid = answer.node_pid
                        self.detail, self.warning = answer.detail, answer.problem
                        return True
                    await asyncio.sleep(HEALTH_PAUSE_S)
        return False

    async def _external(self, spec: ServiceSpec) -> None:
        while True:
            await asyncio.sleep(EXTERNAL_CHECK_S)
            answer = await probes.ready(spec.probe, alive_for_s=0.0, control=None)
            if not answer.ok:
                self.external = False
                self._on_change()
                return
            if answer.problem != self.warning:
                self.warning = answer.problem
                self._on_change()
