"""How a cleanup goes on: live on a terminal, else a line for each step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from desktop.cli.context import Context
from desktop.cli.ink import harmless
from desktop.cli.live_table import LiveTable
from desktop.cli.look import stack_of
from desktop.cli.states import STEP
from desktop.engine.cleanup_model import CleanupItem
from desktop.engine.snapshot import Snapshot
from desktop.quantities import duration
from desktop.words import trn

if TYPE_CHECKING:
    from rich.table import Table as RichTable

SHOWN_MAX = 20
"""So many processes are listed at once; those that are still waited for come first."""


class CleanupView(LiveTable):
    """Give it to ``Client.submit`` as ``on_snapshot``, inside a ``with`` block."""

    def __init__(self, context: Context, project: str) -> None:
        super().__init__(context)
        self._project = project
        self._begun = time.time()
        self._items: tuple[CleanupItem, ...] = ()
        self._told: dict[int, str] = {}

    def __call__(self, snapshot: Snapshot) -> None:
        stack = stack_of(snapshot, self._project)
        progress = stack.cleanup if stack else None
        # The last cleanup's end stays in the snapshot until this one begins.
        if progress is None or progress.started_at < self._begun:
            return
        self._items = progress.items
        if self._live or self._context.as_json:
            return
        for item in self._items:
            line = item_line(item)
            if self._told.get(item.pid) != line:
                self._told[item.pid] = line
                self._context.warn(line)

    def _table(self) -> RichTable:
        from rich.table import Table as RichTable

        from desktop.cli.render import ink

        table = RichTable.grid(padding=(0, 2, 0, 0))
        order = sorted(self._items, key=lambda item: STEP[item.step].style == "off")
        for item in order[:SHOWN_MAX]:
            look = STEP[item.step]
            table.add_row(
                ink(look.glyph, look.style),
                str(item.pid),
                harmless(item.name),
                ink(str(look.word), look.style),
                harmless(_details(item)),
            )
        if len(order) > SHOWN_MAX:
            table.add_row("…", f"+{len(order) - SHOWN_MAX}")
        return table


def item_line(item: CleanupItem) -> str:
    """One process on one line."""
    look = STEP[item.step]
    note = str(item.note)
    if not note and item.tasks:
        note = trn("finishing {n} task", "finishing {n} tasks", len(item.tasks))
    words = f"{look.word} ({note})" if note else str(look.word)
    return harmless(f"{look.glyph} {item.pid} {item.name}: {words}")


def _details(item: CleanupItem) -> str:
    now = time.time()
    tasks = ", ".join(
        f"{task.name} {duration(max(now - task.started_at, 0))}" if task.started_at else task.name
        for task in item.tasks[:3]
    )
    return " · ".join(part for part in (str(item.note), tasks) if part)
