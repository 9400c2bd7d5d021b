"""When a project's code changes, which of its workers should take it up (``autoreload = true``).

A change that does not import is not taken up: the workers go on with the code they have until
the next change. The restart itself is the engine's, warm like every other, so no task is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

from desktop.engine import app_info
from desktop.engine.config import StackConfig
from desktop.engine.errors import TrayError
from desktop.paths import StackHome

QUIET_MS = 300
"""An editor or a checkout writes many files at once: they count as one change."""

log = logging.getLogger(__name__)


def wanted(config: StackConfig) -> tuple[str, ...]:
    """Names of the workers that follow the code. The bundled app's code does not change."""
    if config.bundled:
        return ()
    return tuple(worker.name for worker in config.workers if worker.autoreload)


async def reloads(config: StackConfig, home: StackHome) -> AsyncGenerator[tuple[str, ...], None]:
    """The workers to restart, each time the project's Python files have changed and its app
    still imports. Goes on until it is closed; never begins when no worker follows the code."""
    names = wanted(config)
    if not names:
        return
    from watchfiles import PythonFilter, awatch

    environment = Path(config.python).parent.parent
    only_python = PythonFilter(ignore_paths=[environment])
    async for _ in awatch(config.project, watch_filter=only_python, debounce=QUIET_MS):
        try:
            await asyncio.to_thread(app_info.ask, config, home)
        except TrayError as error:
            log.warning("the changed code is not taken up: %s", error)
            continue
        yield names
