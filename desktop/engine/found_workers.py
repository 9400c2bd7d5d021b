"""The workers of one app: ours and those that somebody else started."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

import msgspec

from desktop.engine.census import inquiry
from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.census import Census
from desktop.engine.census.same_app import same_app
from desktop.engine.control import Control
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role


class Wanted(msgspec.Struct, frozen=True):
    """Whose workers are looked for."""

    app: str = ""
    project: str = ""
    """The folder that the app is imported from; "": the bundled app."""
    broker: str = ""
    control: Control | None = None
    """None while the broker is down: then the process table alone is asked."""
    ours: tuple[tuple[int, float], ...] = ()
    """(pid, create time) of what we started, for any project."""
    mine: tuple[tuple[int, float], ...] = ()
    """The same of this project alone."""


class FoundWorkers:
    """Keeps the rows of the last look."""

    def __init__(self, wanted: Callable[[], Wanted], on_change: Callable[[], None]) -> None:
        self.rows: tuple[WorkerRow, ...] = ()
        self.answers: Mapping[str, NodeAnswer] = {}
        """What the nodes of the stack's broker said."""
        self.nodes: tuple[str, ...] = ()
        """Their names and those of all workers of this machine, one that is there twice twice."""
        self._wanted = wanted
        self._on_change = on_change
        self._census = Census()

    async def look(self) -> tuple[WorkerRow, ...]:
        """Every Celery process of the machine; the app's own are kept in ``rows``."""
        wanted = self._wanted()
        answers = await inquiry.ask(wanted.control) if wanted.control else {}
        rows = await asyncio.to_thread(self._census.scan, wanted.ours, answers)
        self.answers = answers
        self.nodes = tuple(row.node for row in rows if row.role is Role.WORKER)
        mine = {pid for pid, _ in wanted.mine}
        self.rows = tuple(
            row
            for row in rows
            if row.pid in mine
            or same_app(row, app=wanted.app, project=wanted.project, broker=wanted.broker)
        )
        self._on_change()
        return rows

    async def existing(self) -> tuple[WorkerRow, ...]:
        """Workers of this app that run and are not ours, by a fresh look."""
        await self.look()
        mine = {pid for pid, _ in self._wanted().mine}
        elsewhere = (r for r in self.rows if r.owner is Owner.OURS and r.role is Role.WORKER)
        return (*self.others(), *(row for row in elsewhere if row.pid not in mine))

    def others(self) -> tuple[WorkerRow, ...]:
        """Workers of this app that are not ours, by the last look."""
        return others(self.rows)


def others(rows: Iterable[WorkerRow]) -> tuple[WorkerRow, ...]:
    """Those that run on this machine and are not ours."""
    return tuple(
        row
        for row in rows
        if row.role is Role.WORKER and row.owner in {Owner.EXTERNAL, Owner.ORPHAN}
    )
