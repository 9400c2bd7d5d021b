"""Keeps the workers with ``autoreload`` of one stack on the project's present code."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from desktop.engine import autoreload
from desktop.engine.config import StackConfig
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem
from desktop.paths import StackHome

log = logging.getLogger(__name__)


class CodeFollowing:
    """Watches as the configuration says, and has the workers restarted."""

    def __init__(
        self,
        home: StackHome,
        restart: Callable[[tuple[str, ...]], Awaitable[object]],
        on_change: Callable[[], None],
    ) -> None:
        """``restart``: those of these workers that run, on the code as it is now."""
        self.problem: Problem | None = None
        """Why the present code was not taken up."""
        self._home = home
        self._restart = restart
        self._on_change = on_change
        self._config: StackConfig | None = None
        self._task: asyncio.Task[None] | None = None

    def follow(self, config: StackConfig) -> None:
        """Watch from now on as this configuration says; idempotent."""
        if self._config == config:
            return
        self._config = config
        before = self._task
        self._task = asyncio.get_running_loop().create_task(self._follow(config))
        if before:
            before.cancel()
        if self.problem and not autoreload.wanted(config):
            self._set(None)

    async def close(self) -> None:
        """Watch no more."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self, config: StackConfig) -> None:
        async with aclosing(autoreload.changes(config, self._home)) as changes:
            async for change in changes:
                self._set(change.problem)
                if not change.names:
                    continue
                try:
                    # A new configuration ends this watch, not the restart that read it.
                    await asyncio.shield(asyncio.ensure_future(self._restart(change.names)))
                except TrayError as error:
                    log.warning("not restarted: %s", error)

    def _set(self, problem: Problem | None) -> None:
        if problem != self.problem:
            self.problem = problem
            self._on_change()
