"""Puts it together for one stack: a worker ends, and what it held is back in its queues.

Every worker that is known is watched. At a death, and now and then, what nobody holds any more is
put back; while that is refused, because somebody who may hold it does not answer, it is tried
again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from desktop.engine import redis_sentinel, redis_url
from desktop.engine.app_info import AppInfo
from desktop.engine.census import inquiry
from desktop.engine.census.census import Census
from desktop.engine.cleanup import audit as audits
from desktop.engine.cleanup.audit import Audit
from desktop.engine.cleanup_model import LostTask, RescuedTask, Stranded
from desktop.engine.commands import RunAgainReport
from desktop.engine.control import Control
from desktop.engine.errors import TrayError
from desktop.engine.model import Identity, WorkerRow
from desktop.engine.rescue import claims, keys, losses, unacked, witnesses
from desktop.engine.rescue.accounting import DEATHS_MAX, Accounting
from desktop.engine.rescue.claims import Scene
from desktop.engine.rescue.deaths import Deaths, pool_lives
from desktop.engine.rescue.message import Message
from desktop.engine.rescue.untold import HadBy, ask
from desktop.engine.rescue.watched import Watched
from desktop.engine.rescue.witnesses import Broker, Witnesses
from desktop.engine.telemetry.holders import Holders
from desktop.engine.telemetry.receiver import runs_here
from desktop.words import Text, text

log = logging.getLogger(__name__)

GRACE_S = 2.0
"""Younger deliveries are left alone unless their holder is proven dead."""
BEAT_GRACE_S = 10.0
"""The same, where nothing says that a worker has died."""
BEAT_S = 30.0
DEATH_PAUSE_S = 0.1
"""What a process had sent before its end is read by the broker within this."""
PAUSES_S = (0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 8.0, 15.0)
"""Between attempts that were refused; then with every beat."""


class RescueStack(msgspec.Struct, frozen=True):
    """What a rescue needs to know of its stack, now."""

    url: str = ""
    """"": its broker is down or not known."""
    master_name: str = ""
    info: AppInfo = AppInfo()
    control: Control | None = None
    holders: Holders | None = None
    ours: tuple[Identity, ...] = ()
    had_by: HadBy = lambda *_: ()


class RescueReport(msgspec.Struct, frozen=True):
    """What became of the messages and tasks of dead workers since the last report."""

    rescued: tuple[RescuedTask, ...] = ()
    lost: tuple[LostTask, ...] = ()
    stranded: Stranded | None = None


class Rescuer:
    """Belongs to one stack, and lives in the engine's loop."""

    def __init__(
        self, stack: Callable[[], RescueStack], folder: Path, on_change: Callable[[], None]
    ) -> None:
        """``folder`` is the stack's own, where the list of lost tasks is kept."""
        self.stranded: Stranded | None = None
        self._stack = stack
        self._on_change = on_change
        self._census = Census()
        self._deaths = Deaths(self._on_death)
        self._dead: deque[Watched] = deque(maxlen=DEATHS_MAX)
        self._accounts = Accounting(folder)
        self._audit = Audit(folder / audits.FILE)
        self._pending = False
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._rows: tuple[WorkerRow, ...] = ()

    # --- for the stack -----------------------------------------------------------------------

    def begin(self, dead: Iterable[WorkerRow] = ()) -> None:
        """Look for what earlier deaths have left, and go on looking. ``dead`` are workers that
        ended while no engine ran."""
        now = time.time()
        for row in dead:
            one = Watched(
                row.pid,
                row.create_time,
                row.node,
                row.queues,
                died_at=now,
                log=row.log_path,
            )
            self._dead.append(one)
            self._accounts.died(one)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        self._wake.set()

    def watch(self, rows: Iterable[WorkerRow]) -> None:
        """Workers that run; cheap where nothing is new."""
        rows = tuple(rows)
        if rows != self._rows:
            self._rows = rows
            self._deaths.watch(rows)

    @property
    def lost(self) -> tuple[LostTask, ...]:
        """Lost tasks that were not run again, the newest first."""
        return self._accounts.list.open

    async def close(self) -> None:
        self._deaths.close()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def broker(self) -> Broker | None:
        """The stack's Redis, behind its sentinels too; None while it is down, or another's."""
        return await _broker_of(self._stack())

    # --- commands ----------------------------------------------------------------------------

    async def rescue(self, *, dead: Iterable[Watched] = ()) -> RescueReport:
        """Put back what nobody holds, and say what is lost. ``dead`` are workers whose end was
        seen elsewhere. Never raises for a broker that is out of reach: that is told as stranded.
        """
        for one in dead:
            self._on_death(one)
        await self._attempt(GRACE_S)
        if self._pending and self._stack().url:
            # Some were delivered just now, and only their age can speak.
            await asyncio.sleep(GRACE_S)
            await self._attempt(GRACE_S)
        rescued, lost = self._accounts.told()
        return RescueReport(rescued, lost, self.stranded)

    async def run_again(self, ids: Iterable[str]) -> RunAgainReport:
        """Send lost tasks again, each once, under new ids."""
        async with self._lock:
            await self._accounts.load()
            stack = self._stack()
            report = await losses.run_again(
                self._accounts.list, stack.url, stack.info.transport_options, tuple(ids)
            )
            await asyncio.to_thread(self._audit.write, map(audits.run_again, report.sent))
        self._on_change()
        return report

    async def keep(self, tasks: Sequence[LostTask]) -> None:
        """Tasks that force has cut off: listed with those of other deaths."""
        async with self._lock:
            await self._accounts.load()
            await asyncio.to_thread(losses.keep, self._accounts.list, tasks)
        self._on_change()

    # --- by itself ---------------------------------------------------------------------------

    def _on_death(self, dead: Watched) -> None:
        self._dead.append(dead)
        self._accounts.died(dead)
        self._wake.set()

    async def _run(self) -> None:
        pauses = iter(PAUSES_S)
        grace_s = GRACE_S if self._dead else BEAT_GRACE_S
        while True:
            self._wake.clear()
            await asyncio.sleep(DEATH_PAUSE_S)
            await self._attempt(grace_s)
            unfinished = self.stranded or self._pending
            pause_s = next(pauses, BEAT_S) if unfinished else BEAT_S
            try:
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
                pauses, grace_s = iter(PAUSES_S), GRACE_S
            except TimeoutError:
                grace_s = GRACE_S if unfinished else BEAT_GRACE_S

    async def _attempt(self, grace_s: float) -> None:
        async with self._lock:
            before = (self.stranded, self._accounts.list.open)
            # Until it has been looked to the end.
            self._pending = bool(self._dead)
            try:
                await self._accounts.load()
                self._pending |= bool(self._accounts.unsettled)
                await self._look(grace_s)
            except TrayError as error:
                if self.stranded:
                    self.stranded = Stranded(self.stranded.count, error.problem.title)
            except Exception:
                # The next attempt may fare better; a person is not helped by a dead engine.
                log.exception("the rescue broke")
            entries, self._accounts.entries = self._accounts.entries, []
            if entries:
                await asyncio.to_thread(self._audit.write, entries)
            if before != (self.stranded, self._accounts.list.open):
                self._on_change()

    async def _look(self, grace_s: float) -> None:
        stack = self._stack()
        broker = await _broker_of(stack)
        if broker is None:
            return
        holders = stack.holders or Holders()
        names = frozenset((*stack.info.queues, *stack.info.consumed))
        read = await asyncio.to_thread(unacked.read, broker.url, broker.keys)
        untold = partial(ask, had_by=stack.had_by, running=self._deaths.running, info=stack.info)
        await self._accounts.note(read, stack.info, holders, untold)
        scene = self._scene(holders, read, grace_s)
        proven = claims.proven(read, scene)
        moved = await asyncio.to_thread(unacked.put_back, broker.url, broker.keys, proven, names)
        self._accounts.took_back(moved)
        settled = {one.tag for one in proven}
        rest = tuple(m for m in read if m.tag not in settled)
        old = any(m.id and scene.now - m.delivered_at >= grace_s for m in rest)
        homeless = list(moved.homeless)
        refused: tuple[tuple[Message, Text], ...] = ()
        if old:
            try:
                said = await witnesses.ask(broker, self._census, stack.ours, time.time())
            except TrayError as error:
                # A broker may forbid to ask who is connected: then nobody knows.
                said = Witnesses(blocked=error.problem.message)
            self._accounts.remember(said.answers)
            moved, refused = await self._by_exclusion(broker, rest, scene, said, names)
            homeless.extend(moved.homeless)
        elif holders.running:
            self._accounts.remember((await inquiry.ask(broker.control)).values())
        self.stranded = _stranded(homeless, refused, self._dead)
        self._accounts.learn(read, scene)
        await self._accounts.settle(broker, stack.info, holders)
        self._pending = any(
            scene.now - one.delivered_at < grace_s and claims.left_by_the_dead(one, self._dead)
            for one in rest
        )

    async def _by_exclusion(
        self,
        broker: Broker,
        messages: tuple[Message, ...],
        scene: Scene,
        said: Witnesses,
        names: frozenset[str],
    ) -> tuple[unacked.Moved, tuple[tuple[Message, Text], ...]]:
        again = await asyncio.to_thread(unacked.deliveries, broker.url, broker.keys)
        both = tuple(one for one in messages if again.get(one.tag) == one.delivered_at)
        scene = msgspec.structs.replace(
            scene,
            nodes=said.nodes,
            claimed=said.claimed,
            silent=(*scene.silent, *said.silent),
            strangers=said.strangers,
            blocked=said.blocked,
        )
        ruling = claims.judge(both, scene)
        moved = await asyncio.to_thread(
            unacked.put_back, broker.url, broker.keys, ruling.abandoned, names
        )
        self._accounts.took_back(moved)
        return moved, ruling.refused

    def _scene(self, holders: Holders, read: tuple[Message, ...], grace_s: float) -> Scene:
        last = holders.last(one.id for one in read if one.id)
        # A pool that outlives its parent still runs what it has.
        left = {(one.pid, one.create_time) for one in self._dead if read and pool_lives(one)}
        named = {(one.node, one.pid) for one in last.values()}
        return Scene(
            now=time.time(),
            grace_s=grace_s,
            deaths=tuple(d for d in self._dead if (d.pid, d.create_time) not in left),
            running=self._deaths.running,
            holders=last,
            gone=frozenset(one for one in named if runs_here(*one) is False),
            silent=tuple(
                claims.Silent(one.pid, one.create_time, one.node)
                for one in self._dead
                if (one.pid, one.create_time) in left
            ),
        )


async def _broker_of(stack: RescueStack) -> Broker | None:
    """The broker; None where there is nothing to rescue: RabbitMQ requeues by itself."""
    if not stack.url or not stack.control or not redis_url.is_redis(stack.url):
        return None
    url = stack.url
    if url.startswith("sentinel:"):
        master = await redis_sentinel.master(url, stack.master_name, 2.0)
        if not isinstance(master, redis_sentinel.Master) or not master.url:
            return None
        url = master.url
    database = redis_url.address(url)[2]
    return Broker(
        url,
        keys.keys(stack.info.transport_options, database, steps=stack.info.priority_steps),
        database,
        stack.control,
    )


def _stranded(
    homeless: Iterable[Message],
    refused: Iterable[tuple[Message, Text]],
    dead: Iterable[Watched],
) -> Stranded | None:
    """What stays behind. Of those that were refused most are in flight: only what a worker that
    died may have had counts."""
    dead = tuple(dead)
    reasons = [
        text("No queue is bound for what was sent to {exchange}.", exchange=one.exchange)
        for one in homeless
    ]
    reasons += [why for one, why in refused if claims.left_by_the_dead(one, dead)]
    return Stranded(len(reasons), reasons[0]) if reasons else None
