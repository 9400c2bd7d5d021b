"""The workers of one app, ours and those that somebody else started, each with what is wrong."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path

import msgspec

from desktop.engine.census import brokers, containers
from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.brokers import Broker, Said
from desktop.engine.census.census import Census
from desktop.engine.census.judgement.judge import judged
from desktop.engine.census.judgement.sight import Sight
from desktop.engine.census.judgement.survey import Survey, Wanted
from desktop.engine.census.same_app import address
from desktop.engine.model import Identity, WorkerRow
from desktop.engine.states import Owner, Role, WorkerFinding

WATCHED_S = 5.0
"""How often it is looked while a face that stays shows it."""
IDLE_S = 60.0
"""How often otherwise."""
STIR_S = 1.0
"""After something has started or ended; others mostly follow at once."""

log = logging.getLogger(__name__)


class FoundWorkers:
    """Keeps the rows of the last look, and what earlier ones have seen."""

    def __init__(
        self,
        wanted: Callable[[], Wanted],
        on_change: Callable[[], None],
        store: Path | None = None,
    ) -> None:
        """``store`` is the file in which the contents of sources are remembered."""
        self.rows: tuple[WorkerRow, ...] = ()
        """Of this app."""
        self.answers: Mapping[Identity, NodeAnswer] = {}
        """What each process of the machine that answered said in the last look."""
        self.own_answers: tuple[NodeAnswer, ...] = ()
        """Those of them that came from the stack's own broker."""
        self.nodes: tuple[str, ...] = ()
        """Names of all workers of the last look, one that is there twice twice."""
        self._stopping: frozenset[Identity] = frozenset()
        self._wanted = wanted
        self._on_change = on_change
        self._census = Census()
        self._survey = Survey(store)
        self._looking = asyncio.Lock()
        self._looked_at = 0.0
        self._stirred = False
        """Something has started or ended since the last look began."""
        self._nodes_heard = False
        self._beat: asyncio.Task[None] | None = None

    @property
    def looked(self) -> bool:
        """Somebody has looked already."""
        return bool(self._looked_at)

    async def look(self) -> tuple[WorkerRow, ...]:
        """Every Celery process of the machine, judged; the app's own are kept in ``rows``."""
        async with self._looking:
            return await self._look()

    async def fresh(self, within_s: float) -> tuple[WorkerRow, ...]:
        """The app's own, as they were seen ``within_s`` ago at the earliest, and after whatever
        has started or ended."""
        async with self._looking:
            if self._stirred or not self._looked_at or self._age_s() > within_s:
                await self._look()
        return self.rows

    async def existing(self) -> tuple[WorkerRow, ...]:
        """Workers of this app that run and are not ours, by a fresh look."""
        async with self._looking:
            # A start waits for this: other projects' brokers and old code do not matter to it.
            await self._look(own_only=True)
        mine = {pid for pid, _ in self._wanted().mine}
        elsewhere = (r for r in self.rows if r.owner is Owner.OURS and r.role is Role.WORKER)
        return (*self.others(), *(row for row in elsewhere if row.pid not in mine))

    def others(self) -> tuple[WorkerRow, ...]:
        """Workers of this app that are not ours, by the last look."""
        return others(self.rows)

    def present(self, pids: Container[int]) -> tuple[WorkerRow, ...]:
        """``rows``, but of ours only those that still run (``pids``), or that nobody wants."""
        return tuple(
            row
            for row in self.rows
            if row.owner is not Owner.OURS
            or row.pid in pids
            or WorkerFinding.SURPLUS in row.findings
        )

    def asked_to_stop(self, rows: Iterable[WorkerRow]) -> None:
        """A cleanup has these stop: that they take no more tasks is meant."""
        self._stopping |= {(row.pid, row.create_time) for row in rows}

    # --- by itself ---------------------------------------------------------------------------

    def beat(self, *, watched: bool) -> None:
        """Time has passed: look, if that is due."""
        if self._age_s() >= (WATCHED_S if watched else IDLE_S):
            self._begin(0.0)

    def stir(self) -> None:
        """Something has started or ended: look soon."""
        self._stirred = True
        self._begin(STIR_S)

    def _age_s(self) -> float:
        return time.monotonic() - self._looked_at

    async def close(self) -> None:
        if self._beat:
            self._beat.cancel()
            await asyncio.gather(self._beat, return_exceptions=True)

    def _begin(self, after_s: float) -> None:
        if self._beat is None or self._beat.done():
            self._beat = asyncio.get_running_loop().create_task(self._look_by_itself(after_s))

    async def _look_by_itself(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        try:
            async with self._looking:
                await self._look(by_itself=True)
        except Exception:
            # Nobody waits for it, and the next beat looks again.
            log.exception("the look at the workers failed")

    # --- one look ----------------------------------------------------------------------------

    async def _look(
        self, *, own_only: bool = False, by_itself: bool = False
    ) -> tuple[WorkerRow, ...]:
        """``own_only``: no broker but the stack's own is asked, and no source is read.

        ``by_itself``: where no worker is seen nobody is asked. One that only the broker knows is
        found when a person looks, and from then on.
        """
        self._stirred = False
        wanted = self._wanted()
        rows = await asyncio.to_thread(self._census.scan, wanted.ours)
        asked: tuple[Broker, ...] = ()
        if own_only:
            asked = tuple(one for one in wanted.brokers if one.url == wanted.broker)
        elif not by_itself or self._nodes_heard or any(r.role is Role.WORKER for r in rows):
            asked = brokers.brokers(wanted.brokers, self._census.brokers)
        said = await brokers.ask(asked)
        answers = await asyncio.to_thread(containers.at_home, said.answers, rows, time.time())
        said = msgspec.structs.replace(said, answers=answers)
        self._nodes_heard = bool(said.answers)
        # What is wanted is asked again: something may have started or stopped meanwhile.
        wanted = msgspec.structs.replace(self._wanted(), stopping=self._stopping)
        sight, rows = await asyncio.to_thread(self._judge, wanted, said, not own_only)
        self._stopping &= {(row.pid, row.create_time) for row in rows}
        self._looked_at = time.monotonic()
        self.answers = sight.answers
        self.own_answers = on_broker(wanted.broker, sight)
        self.nodes = tuple(row.node for row in rows if row.role is Role.WORKER)
        found = tuple(row for row in rows if row.this_app)
        if found != self.rows:
            self.rows = found
            self._on_change()
        return rows

    def _judge(self, wanted: Wanted, said: Said, code: bool) -> tuple[Sight, tuple[WorkerRow, ...]]:
        sight = self._survey.see(wanted, self._census, said, code=code)
        return sight, judged(sight)


def on_broker(url: str, sight: Sight) -> tuple[NodeAnswer, ...]:
    """What was said on this broker: of others' tasks this stack hears nothing, and misses none."""
    if not url:
        return ()
    place = address(url)
    return tuple(said for one, said in sight.answers.items() if sight.broker.get(one) == place)


def others(rows: Iterable[WorkerRow]) -> tuple[WorkerRow, ...]:
    """Those that run on this machine and are not ours."""
    return tuple(
        row
        for row in rows
        if row.role is Role.WORKER and row.owner in {Owner.EXTERNAL, Owner.ORPHAN}
    )
