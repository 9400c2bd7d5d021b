"""How long tasks usually run, by the history: the median of what succeeded in the last days."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from desktop.engine.errors import TrayError
from desktop.engine.history_commands import TaskFigures
from desktop.engine.node_commands import NodeDetail, NodeProcess

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

DAYS_S = 7 * 86_400.0
KEPT_S = 60.0
"""A median hardly moves; it is asked for again after this long."""
NAMES_MAX = 500


class UsualRuntimes:
    """Remembers what it was told."""

    def __init__(self, stack: LiveStack) -> None:
        self._stack = stack
        self._known: dict[str, tuple[float, float | None]] = {}

    async def with_usual(self, node: NodeDetail) -> NodeDetail:
        """The same, each running task with its usual runtime."""
        names = {one.task_name for one in node.processes if one.task_name}
        usual = {name: await self._of(name) for name in names}
        return msgspec.structs.replace(
            node, processes=tuple(_with(one, usual) for one in node.processes)
        )

    async def _of(self, name: str) -> float | None:
        now = time.time()
        at, known = self._known.get(name, (0.0, None))
        if now - at < KEPT_S:
            return known
        try:
            report = await self._stack.tasks.history.figures(
                TaskFigures(since=now - DAYS_S, name=name, points=1)
            )
        except TrayError:
            # Without a history nothing is usual.
            return None
        found = next((one.runtime_p50_s for one in report.names if one.name == name), None)
        if len(self._known) >= NAMES_MAX:
            self._known.clear()
        self._known[name] = (now, found)
        return found


def _with(one: NodeProcess, usual: dict[str, float | None]) -> NodeProcess:
    if not one.task_name:
        return one
    return msgspec.structs.replace(one, task_usual_s=usual.get(one.task_name))
