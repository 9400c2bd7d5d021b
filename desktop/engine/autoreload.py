"""When a project's code changes, which of its workers should take it up (``autoreload = true``).

Content counts, not events: an editor's swap file, a touch, bytecode, a checkout that changes
nothing and a change that is taken back are no change. Code that does not import is not taken up:
the workers go on with what they have until the next change. The restart itself is the engine's,
with a successor beside each worker, so no task is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import NamedTuple

from desktop.engine import app_info
from desktop.engine.config import StackConfig
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem
from desktop.engine.source_code import SourceCode
from desktop.paths import StackHome

QUIET_MS = 300
"""An editor or a checkout writes many files at once: they count as one change."""
FINISHING_MAX = 3
"""So many predecessors of a worker at once: who saves often must not fill the memory with those
that still run long tasks. The next change is taken up when one of them has ended."""

log = logging.getLogger(__name__)


class Change(NamedTuple):
    """The code is another than before."""

    names: tuple[str, ...] = ()
    """Workers to restart on it."""
    problem: Problem | None = None
    """Why it can't be taken up. None with no names: it is again what the workers run."""


def wanted(config: StackConfig) -> tuple[str, ...]:
    """Names of the workers that follow the code. The bundled app's code does not change."""
    if config.bundled:
        return ()
    return tuple(worker.name for worker in config.workers if worker.autoreload)


async def changes(config: StackConfig, home: StackHome) -> AsyncGenerator[Change, None]:
    """Each change of the app's code, once it is quiet. Goes on until it is closed; never begins
    when no worker follows the code."""
    names = wanted(config)
    if not names:
        return
    from watchfiles import awatch

    code = SourceCode(_roots(config, home), Path(config.python).parent.parent)
    taken_up = seen = await asyncio.to_thread(code.look)
    looked = False
    async for events in awatch(
        *code.roots,
        watch_filter=lambda _, path: code.concerns(path),
        debounce=QUIET_MS,
        yield_on_timeout=True,  # after 5 s: what changed before the watch had begun
        ignore_permission_denied=True,
    ):
        if not events and looked:
            continue
        looked = True
        now = await asyncio.to_thread(code.look)
        if now == seen:
            continue
        seen = now
        if now == taken_up:
            yield Change()
            continue
        try:
            await asyncio.to_thread(app_info.ask, config, home)
        except TrayError as error:
            log.warning("the changed code is not taken up: %s", error)
            yield Change(problem=error.problem)
            continue
        taken_up = now
        yield Change(names)


def _roots(config: StackConfig, home: StackHome) -> tuple[Path, ...]:
    """The project, and where else the app's own modules lie (a package installed for editing)."""
    info = app_info.cached(config, home)
    sources = info.sources if info else ()
    return (Path(config.project), *{Path(source).parent for source in sources})
