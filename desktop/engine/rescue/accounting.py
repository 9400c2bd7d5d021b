"""What became of the tasks of those that died: each is back, somewhere, finished, or lost."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from desktop.engine.app_info import AppInfo
from desktop.engine.census.answers import NodeAnswer
from desktop.engine.cleanup import audit
from desktop.engine.cleanup_model import HeldTask, LostTask, RescuedTask
from desktop.engine.commands import CleanupEntry
from desktop.engine.errors import TrayError
from desktop.engine.rescue import losses, unacked
from desktop.engine.rescue.claims import Scene
from desktop.engine.rescue.lost import Dying, LostTasks, read_dying, suspects, write_dying
from desktop.engine.rescue.message import Message
from desktop.engine.rescue.untold import Untold
from desktop.engine.rescue.watched import Watched
from desktop.engine.rescue.witnesses import Broker
from desktop.engine.telemetry.holders import Holders, Holding

log = logging.getLogger(__name__)

LATE_EVENTS_S = 1.5
"""Events of a dead node may still be on their way for this long."""
RUNNING_S = 1.0
"""A task that has run for so long and is unacknowledged is acknowledged late."""
UNTOLD_S = 600.0
"""What was found by itself stands in the next report for so long."""
NAMES_MAX = 5_000
DEATHS_MAX = 500


class Accounting:
    """Belongs to one stack's rescuer, and lives in the engine's loop."""

    def __init__(self, folder: Path) -> None:
        self.list = LostTasks(folder / "lost.json")
        self.unsettled: list[Watched] = []
        """Those whose tasks were not accounted for yet: of a broker that needs no rescue, all."""
        self._dying_path = folder / "dying.json"
        self._dying: dict[Watched, Dying] = {}
        self._ended: dict[Watched, frozenset[str]] = {}
        """Ids that the log of each tells to have ended: a process that is killed takes its last
        events with it."""
        self._loaded = False
        self._asked: dict[tuple[str, int], dict[str, HeldTask]] = {}
        self._back: dict[str, float] = {}
        self._late: set[str] = set()
        self.entries: list[CleanupEntry] = []
        """For the log, since it was last written."""
        self._untold: deque[tuple[float, RescuedTask | LostTask]] = deque(maxlen=unacked.READ_MAX)

    async def load(self) -> None:
        """Read what earlier engines kept."""
        if not self._loaded:
            await asyncio.to_thread(self.list.load)
            for one in await asyncio.to_thread(read_dying, self._dying_path):
                self.unsettled = [
                    dead for dead in self.unsettled if dead.identity != one.dead.identity
                ]
                self._dying.setdefault(one.dead, one)
                self.unsettled.append(one.dead)
            self._loaded = True

    def died(self, dead: Watched) -> None:
        """Its tasks are to be accounted for. A death that is told twice, by the process table and
        by the record of a service, is one."""
        known = any(one.identity == dead.identity for one in self.unsettled)
        if not known and len(self.unsettled) < DEATHS_MAX:
            self.unsettled.append(dead)

    def told(self) -> tuple[tuple[RescuedTask, ...], tuple[LostTask, ...]]:
        """What was put back and what was found lost since this was asked last."""
        told = [one for at, one in self._untold if time.monotonic() - at <= UNTOLD_S]
        self._untold.clear()
        return (
            tuple(one for one in told if isinstance(one, RescuedTask)),
            tuple(one for one in told if isinstance(one, LostTask)),
        )

    # --- what is learnt while all is well ----------------------------------------------------

    def remember(self, answers: Iterable[NodeAnswer]) -> None:
        """What runs, with its real arguments: they are known only as long as it runs."""
        kept = {(one.node, one.pid) for one in self.unsettled}
        self._asked = {key: tasks for key, tasks in self._asked.items() if key in kept}
        for one in answers:
            tasks = one.tasks or ()
            self._asked[one.node, one.pid] = {task.id: task for task in tasks}
            self._is_late(*(task.name for task in tasks if task.acknowledged is False))

    def learn(self, read: Iterable[Message], scene: Scene) -> None:
        """Which tasks are acknowledged late. Such a one is never lost: when it is neither
        unacknowledged nor anywhere else, it has finished."""
        for one in read:
            holding = scene.holders.get(one.id)
            if holding and holding.started and holding.at < scene.now - RUNNING_S:
                self._is_late(one.name)

    def _is_late(self, *names: str) -> None:
        if len(self._late) < NAMES_MAX:
            self._late.update(names)

    # --- what happens ------------------------------------------------------------------------

    def took_back(self, moved: unacked.Moved) -> None:
        at, now = time.monotonic(), time.time()
        for one, queue in moved.back:
            log.info("back in %s: %s", queue, one.id)
            task = RescuedTask(one.id, one.name, queue)
            self._untold.append((at, task))
            self.entries.append(audit.rescued(task))
            self._back[one.id] = now
        while len(self._back) > unacked.READ_MAX:
            del self._back[next(iter(self._back))]

    async def note(
        self,
        read: Iterable[Message],
        info: AppInfo,
        holders: Holders,
        untold: Callable[[Watched], Untold],
    ) -> None:
        """Write down what those that died may have lost, before it is waited for the last word:
        this engine may not live to hear it. ``read`` is what is unacknowledged; ``untold`` asks
        other witnesses than events, and blocks."""
        new = [dead for dead in self.unsettled if dead not in self._dying]
        if not new:
            return
        ids = {one.id for one in read}
        for dead in new:
            try:
                more = await asyncio.to_thread(untold, dead)
            except TrayError as error:
                log.warning("what no event told of %s can't be read: %s", dead.node, error)
                more = Untold()
            self._ended[dead] = more.ended
            self._dying[dead] = Dying(dead, more.suspects)
            tasks = self._suspects(dead, info, holders)
            self._dying[dead] = Dying(dead, tuple(one for one in tasks if one.id not in ids))
        await self._write_dying()

    async def _write_dying(self) -> None:
        dying = [one for one in self._dying.values() if one.tasks]
        try:
            await asyncio.to_thread(write_dying, self._dying_path, dying)
        except OSError as error:
            log.warning("what died with its worker can't be written down: %s", error)

    async def settle(self, broker: Broker, info: AppInfo, holders: Holders) -> None:
        """For each death, once: which of its tasks nothing will bring back. Raises
        :class:`desktop.engine.errors.ServiceError`: then it is to be asked again."""
        if not self.unsettled:
            return
        found: list[LostTask] = []
        while self.unsettled:
            dead = self.unsettled[0]
            if self._suspects(dead, info, holders):
                await asyncio.sleep(min(dead.died_at + LATE_EVENTS_S - time.time(), LATE_EVENTS_S))
            candidates = self._suspects(dead, info, holders)
            queues = (*dead.queues, *info.queues)
            lost = await asyncio.to_thread(losses.really_lost, broker, candidates, queues, info)
            holders.settle(one.id for one in lost)
            self.unsettled.remove(dead)
            self._dying.pop(dead, None)
            self._ended.pop(dead, None)
            found.extend(lost)
        if found:
            log.warning("lost with their workers: %s", ", ".join(one.id for one in found))
            at = time.monotonic()
            self._untold.extend((at, one) for one in found)
            # A cleanup may have listed what it cut off.
            self.entries += [audit.lost(one) for one in found if not self.list.get(one.id)]
            await asyncio.to_thread(losses.keep, self.list, found)
        await self._write_dying()

    def _suspects(self, dead: Watched, info: AppInfo, holders: Holders) -> tuple[LostTask, ...]:
        asked = self._asked.get((dead.node, dead.pid), {})
        noted = self._dying.get(dead)
        found = suspects(
            dead,
            holders.had_by(dead.node, dead.pid),
            {one: task for one, task in asked.items() if not holders.has_ended(one)},
            info.default_queue,
        )
        known = {one.id for one in found}
        others = [one for one in (noted.tasks if noted else ()) if one.id not in known]
        last = holders.last(one.id for one in others)
        found = (*found, *(one for one in others if not _is_elsewhere(last.get(one.id), dead)))
        ended = self._ended.get(dead, frozenset())
        early = {one for one, task in asked.items() if task.acknowledged}
        return tuple(
            one
            for one in found
            if self._back.get(one.id, 0.0) < dead.died_at
            and one.id not in ended
            and not holders.has_ended(one.id)
            and (one.id in early or not (info.acks_late or one.name in self._late))
        )


def _is_elsewhere(holding: Holding | None, dead: Watched) -> bool:
    """Another process got it since."""
    if holding is None or (holding.node == dead.node and holding.pid in {0, dead.pid}):
        return False
    return holding.at >= dead.create_time
