"""The workers of one stack, each told, shown and looked into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from desktop.engine.census.pool_usage import PoolMeter
from desktop.engine.node_commands import (
    DumpNode,
    NodeDetail,
    NodeReport,
    NodeVerb,
    ShowNode,
    StackDump,
    TellNode,
)
from desktop.engine.node_control import detail, dump, telling
from desktop.engine.node_control.usual import UsualRuntimes

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack


TOLD_MAX = 1_000
_EVENTS = {NodeVerb.ENABLE_EVENTS: True, NodeVerb.DISABLE_EVENTS: False}


class Nodes:
    """Belongs to one stack, and lives in the engine's loop."""

    def __init__(self, stack: LiveStack) -> None:
        self._stack = stack
        self._meter = PoolMeter()
        self._usual = UsualRuntimes(stack)
        self._events: dict[str, bool] = {}
        """What nodes were told here about their events: no worker says whether it sends them."""

    async def tell(self, command: TellNode) -> NodeReport:
        """See :func:`desktop.engine.node_control.telling.tell`."""
        report = await telling.tell(self._stack, command)
        if command.verb in _EVENTS:
            self._events[command.node] = _EVENTS[command.verb]
            while len(self._events) > TOLD_MAX:
                del self._events[next(iter(self._events))]
        return report

    async def show(self, command: ShowNode) -> NodeDetail:
        """See :func:`desktop.engine.node_control.detail.show`."""
        shown = await detail.show(self._stack, command, self._meter)
        return await self._usual.with_usual(
            msgspec.structs.replace(shown, events=self._sends_events(shown))
        )

    def _sends_events(self, shown: NodeDetail) -> bool | None:
        seen = self._stack.tasks.sends_events(shown.node, shown.pid)
        return seen if seen is False else self._events.get(shown.node, seen)

    async def dump(self, command: DumpNode) -> StackDump:
        """See :func:`desktop.engine.node_control.dump.dump`."""
        return await dump.dump(self._stack, command)
