"""The workers of one stack, each told, shown and looked into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.engine.census.pool_usage import PoolMeter
from desktop.engine.node_commands import (
    DumpNode,
    NodeDetail,
    NodeReport,
    ShowNode,
    StackDump,
    TellNode,
)
from desktop.engine.node_control import detail, dump, telling
from desktop.engine.node_control.usual import UsualRuntimes

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack


class Nodes:
    """Belongs to one stack, and lives in the engine's loop."""

    def __init__(self, stack: LiveStack) -> None:
        self._stack = stack
        self._meter = PoolMeter()
        self._usual = UsualRuntimes(stack)

    async def tell(self, command: TellNode) -> NodeReport:
        """See :func:`desktop.engine.node_control.telling.tell`."""
        return await telling.tell(self._stack, command)

    async def show(self, command: ShowNode) -> NodeDetail:
        """See :func:`desktop.engine.node_control.detail.show`."""
        shown = await detail.show(self._stack, command, self._meter)
        return await self._usual.with_usual(shown)

    async def dump(self, command: DumpNode) -> StackDump:
        """See :func:`desktop.engine.node_control.dump.dump`."""
        return await dump.dump(self._stack, command)
