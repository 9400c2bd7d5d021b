"""Gathers all that the judges may know in one look. Blocks; not safe for two threads at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from desktop.engine.census.brokers import Address, Broker, Said
from desktop.engine.census.census import Census
from desktop.engine.census.judgement.memory import APART_S, Memory
from desktop.engine.census.judgement.sight import OwnService, Sight, identities, identity_of
from desktop.engine.census.same_app import address, same_app
from desktop.engine.census.sources.code import Code, OldCode
from desktop.engine.census.suspended import suspended
from desktop.engine.model import Identity, WorkerRow
from desktop.engine.states import Owner, Role


class Wanted(msgspec.Struct, frozen=True):
    """Whose workers are looked for, and what their stack knows of them."""

    app: str = ""
    project: str = ""
    """The folder that the app is imported from; "": the bundled app."""
    broker: str = ""
    brokers: tuple[Broker, ...] = ()
    """To ask about their nodes: the stack's own while it is up, and those of the engine's other
    stacks. Without any the process table alone is asked."""
    ours: tuple[tuple[int, float], ...] = ()
    """(pid, create time) of what we started, for any project."""
    mine: tuple[tuple[int, float], ...] = ()
    """The same of this project alone."""
    services: tuple[OwnService, ...] = ()
    """Its workers and beats that run."""
    sources: tuple[str, ...] = ()
    """The files that the app is made of, as it tells; () when it was not asked."""
    stopping: frozenset[Identity] = frozenset()
    """What a cleanup has asked to stop."""
    busy: frozenset[str] = frozenset()
    """Nodes that run a task, as the events tell it."""
    tasks_since: Callable[[str, int, float], int | None] = lambda _node, _pid, _at: None
    """See :class:`~desktop.engine.census.judgement.sight.Sight`."""
    home: str = ""
    """The state folder of the engine."""


class Survey:
    """One look after the other; remembers what one alone can't tell."""

    def __init__(self, store: Path | None = None) -> None:
        """``store`` is the file in which the contents of sources are remembered."""
        self._memory = Memory()
        self._code = Code(store)
        self._changed: dict[Identity, OldCode | None] = {}

    def see(self, wanted: Wanted, census: Census, said: Said, *, code: bool = True) -> Sight:
        """The rows as they are now, joined with what the brokers said.

        Without ``code`` no source is read, which may take a second for a project that was never
        looked at; what is known of it stays.
        """
        now = time.time()
        rows = tuple(_marked(row, wanted) for row in census.scan(wanted.ours, said.answers))
        memory = self._memory
        answers = memory.take(rows, said, now)
        ours = identities(rows, wanted.ours)
        broker = {
            identity_of(row): place
            for row in rows
            if (place := _place(row, wanted, memory.broker, ours))
        }
        if code:
            self._changed = self._code.look(rows, memory.loaded, wanted.sources, now)
        here = [row.pid for row in rows if row.owner is not Owner.REMOTE]
        stopped = suspended(here)
        sight = Sight(
            now=now,
            rows=rows,
            answers=answers,
            last=dict(memory.last),
            broker=broker,
            reached=said.reached,
            depths=said.depths,
            past=tuple(look for look in memory.past if now - look.at >= APART_S),
            ours=ours,
            services=wanted.services,
            code=self._changed,
            tasks_since=wanted.tasks_since,
            busy=wanted.busy,
            stopping=wanted.stopping,
            suspended=frozenset(identity_of(row) for row in rows if row.pid in stopped),
            home=wanted.home,
        )
        memory.keep(now, answers, broker, said)
        return sight


def _marked(row: WorkerRow, wanted: Wanted) -> WorkerRow:
    """With ``this_app``: of beats too."""
    mine = any(row.pid == pid for pid, _ in wanted.mine) and row.owner is not Owner.REMOTE
    if not mine:
        if row.role not in {Role.WORKER, Role.BEAT}:
            return row
        as_worker = msgspec.structs.replace(row, role=Role.WORKER)
        if not same_app(as_worker, app=wanted.app, project=wanted.project, broker=wanted.broker):
            return row
    return msgspec.structs.replace(row, this_app=True)


def _place(
    row: WorkerRow,
    wanted: Wanted,
    heard: Mapping[Identity, Address],
    ours: frozenset[Identity],
) -> Address | None:
    """The broker of a process: where it answered, else what its command line says."""
    identity = identity_of(row)
    if identity in heard:
        return heard[identity]
    if row.broker:
        return address(row.broker)
    mine = any(row.pid == pid for pid, _ in wanted.mine)
    return address(wanted.broker) if mine and identity in ours and wanted.broker else None
