"""Shows how services move while a command waits: live on a terminal, else a line for each move."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from desktop.cli.context import Context
from desktop.cli.ink import paint
from desktop.cli.live_table import LiveTable
from desktop.cli.look import stack_of
from desktop.cli.states import SERVICE, service_line, state_words
from desktop.engine.client import Client
from desktop.engine.model import ServiceStatus, StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import ServiceState
from desktop.quantities import duration

if TYPE_CHECKING:
    from rich.table import Table as RichTable
    from rich.text import Text as RichText


class Moves:
    """Tells each change of each service's state or note once, as a line."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}
        self._first = True

    def lines(self, stack: StackStatus) -> list[tuple[str, str]]:
        """What is new since the last look: line and style. Where a stack begins is no news,
        but for what is on its way already."""
        new = []
        for one in stack.services:
            line = service_line(one)
            known = self._told.get(one.name)
            self._told[one.name] = line
            if known == line or (
                known is None and (self._first or one.state is ServiceState.STOPPED)
            ):
                continue
            new.append((line, SERVICE[one.state].style))
        self._first = False
        return new


class Progress(LiveTable):
    """Give it to ``Client.submit`` as ``on_snapshot``, inside a ``with`` block."""

    def __init__(self, context: Context, project: str) -> None:
        super().__init__(context)
        self._project = project
        self._moves = Moves()
        self._begun = time.monotonic()
        self.before: StackStatus | None = None
        """The stack as it was seen first; None when it was seen only after the answer."""
        self.stack: StackStatus | None = None
        """The stack as it was seen last."""

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._begun

    def __call__(self, snapshot: Snapshot) -> None:
        stack = stack_of(snapshot, self._project)
        if stack is None:
            return
        self.before = self.before or stack
        self.stack = stack
        if self._context.as_json or self._live:
            return
        color = self._context.paints(sys.stderr)
        for line, style in self._moves.lines(stack):
            self._context.warn(paint(line, style, color=color))

    def catch_up(self, client: Client) -> None:
        """Look once more, when the answer came before the first snapshot."""
        if self.stack is None:
            self.stack = stack_of(client.snapshot(), self._project)

    def _table(self) -> RichTable:
        from rich.table import Table as RichTable

        table = RichTable.grid(padding=(0, 2, 0, 0))
        for one in services_of_interest(self.stack):
            table.add_row(*_row(one))
        return table


def services_of_interest(stack: StackStatus | None) -> tuple[ServiceStatus, ...]:
    """Those that run, should run, or belong to "start all"."""
    if stack is None:
        return ()
    return tuple(
        one
        for one in stack.services
        if one.enabled or one.wanted or one.state is not ServiceState.STOPPED
    )


def _row(one: ServiceStatus) -> tuple[str | RichText, ...]:
    from desktop.cli.render import ink

    look = SERVICE[one.state]
    moving = one.state in {ServiceState.STARTING, ServiceState.STOPPING}
    since = one.started_at if one.state is ServiceState.STARTING else None
    return (
        ink(look.glyph, look.style),
        one.name,
        ink(state_words(one), look.style),
        duration(max(time.time() - since, 0.0)) if moving and since else "",
    )
