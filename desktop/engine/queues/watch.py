"""A stack's queues, watched: measured with everything else, told in full when somebody asks.

Belongs to one stack and lives in the engine's loop; what blocks runs in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import operator
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from desktop.engine import redis_url
from desktop.engine.broker import Binding
from desktop.engine.errors import TrayError
from desktop.engine.model import Finding, Queue, WorkerRow
from desktop.engine.queues import findings, messages, other_brokers, reading
from desktop.engine.queues.consumers import Consumers, consumers, near_name
from desktop.engine.queues.pace import Pace
from desktop.engine.queues.reading import Reading
from desktop.engine.rescue.witnesses import Broker
from desktop.engine.states import Role
from desktop.engine.task_model import QueueDetail

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

BOUND_S = 10.0
"""How old the bindings may be: they are looked for through all keys of the database."""
CONSUMERS_S = 15.0
"""How old the word of the workers may be when a person asks."""
UNCONSUMED_S = 5.0
"""So long a queue has to stand without a consumer before that is told: workers come and go."""
UNKNOWN_MAX = 20
"""Queues that nobody names and that are looked into."""
VISIBILITY_TIMEOUT_S = 3600.0
"""kombu's, where the app's ``broker_transport_options`` set none."""


class QueueWatch:
    """What the engine remembers of the queues of one stack."""

    def __init__(self, stack: LiveStack) -> None:
        self._stack = stack
        self._paces: dict[str, Pace] = {}
        self._readings: tuple[Reading, ...] = ()
        self._bound: tuple[Binding, ...] = ()
        self._bound_for = ""
        self._bound_at = 0.0
        self._ours: frozenset[str] = frozenset()
        """Queues that the app does not name, but sends to."""
        self._consumers = Consumers()
        self._consumers_by: tuple[object, ...] = ((), {}, "", None)
        self._alone_since: dict[str, float] = {}
        """Queue that holds messages to when it was first seen without a consumer."""

    # --- measuring ---------------------------------------------------------------------------

    async def measure(self) -> None:
        """One more look. A broker that can't be asked keeps what was known; one that is down has
        no queues."""
        if not self._stack.service_up("redis") or "redis" not in self._stack.supervisors:
            self._readings = ()
            return
        with contextlib.suppress(TrayError):
            broker = await self._stack.rescuer.broker()
            if broker is not None:
                await self.look(broker)

    async def look(self, broker: Broker, bound_s: float = BOUND_S) -> tuple[Reading, ...]:
        """Read the queues now. Raises :class:`desktop.engine.errors.ServiceError`."""
        if self._bound_for != broker.url or time.monotonic() - self._bound_at > bound_s:
            self._bound = await asyncio.to_thread(reading.bound, broker.url, broker.keys)
            self._bound_for, self._bound_at = broker.url, time.monotonic()
        found = await asyncio.to_thread(
            reading.read, broker.url, broker.keys, self.names(), self._bound
        )
        now = time.time()
        for one in found:
            self._paces.setdefault(one.name, Pace()).note(one, now)
        self._paces = {one.name: self._paces[one.name] for one in found}
        self._readings = found
        self._ours = await asyncio.to_thread(self._sent_by_us, broker, found)
        self._note_alone(now)
        self._stack.tasks.history.note_depth(sum(one.depth for one in self._mine()))
        return found

    def _sent_by_us(self, broker: Broker, found: Iterable[Reading]) -> frozenset[str]:
        """Of the queues that neither the app nor any node names: those whose next message is a
        task of the app, sent there by a slip."""
        said, tasks = self.consumers(), self._stack.app.info.tasks
        unknown = [
            one.name
            for one in found
            if one.depth
            and one.name not in said.by_queue
            and one.name not in self._stack.queue_names
        ]
        return frozenset(
            name
            for name in unknown[:UNKNOWN_MAX]
            for message in messages.peek(broker.url, broker.keys, name, 0, 1)[0]
            if message.name in tasks
        )

    def names(self) -> tuple[str, ...]:
        """All queues that are worth a look: the app's, those that nodes consume, and whatever
        else is bound on the database."""
        consumed = self.consumers().by_queue
        named = (*self._stack.queue_names, *sorted(consumed), *reading.working_queues(self._bound))
        return tuple(dict.fromkeys(named))

    @property
    def bound(self) -> tuple[Binding, ...]:
        """The bindings of the last look."""
        return self._bound

    def _note_alone(self, now: float) -> None:
        said = self.consumers()
        alone = {
            one.name
            for one in self._readings
            if one.depth and self._is_mine(one.name, said) and said.of(one.name) == ()
        }
        if not said.complete:
            alone = set()
        self._alone_since = {name: self._alone_since.get(name, now) for name in alone}

    # --- for the snapshot --------------------------------------------------------------------

    def status(self, rows: Sequence[WorkerRow]) -> tuple[Queue, ...]:
        """The app's queues, and what else holds messages; ``rows`` are its processes. Redis does
        not know who consumes; the workers of the app do. None while none was seen."""
        workers = [row for row in rows if row.role is Role.WORKER]
        return tuple(
            Queue(
                one.name,
                one.depth,
                sum(one.name in row.queues for row in workers) if workers else None,
                one.unacked,
            )
            for one in self._mine()
        )

    def _mine(self) -> tuple[Reading, ...]:
        said = self.consumers()
        return tuple(one for one in self._readings if self._is_mine(one.name, said))

    def findings(self) -> tuple[Finding, ...]:
        """Queues that nobody consumes."""
        now = time.time()
        said = self.consumers()
        stand = tuple(
            self._detail(one, said)
            for one in self._readings
            if now - self._alone_since.get(one.name, now) >= UNCONSUMED_S
        )
        return tuple(findings.unconsumed(stand))

    # --- in full -----------------------------------------------------------------------------

    async def details(self) -> tuple[QueueDetail, ...]:
        """Every queue as it is now. Raises :class:`TrayError`."""
        broker = await self._stack.rescuer.broker()
        if broker is None:
            return await self._elsewhere()
        await self._stack.found.fresh(CONSUMERS_S)
        found = await self.look(broker, 0.0)
        said = self.consumers()
        oldest = await asyncio.to_thread(self._told, broker, found)
        return tuple(self._detail(one, said, oldest.get(one.name)) for one in found)

    async def _elsewhere(self) -> tuple[QueueDetail, ...]:
        """Of another broker than Redis."""
        url, options = self._stack.broker_url, self._stack.app.info.transport_options
        if not url or redis_url.is_redis(url):
            raise other_brokers.broker_down(url)
        await self._stack.found.fresh(CONSUMERS_S)
        said = self.consumers()
        found = await asyncio.to_thread(other_brokers.depths, url, options, self.names())
        now = time.time()
        for name, depth in found:
            counted = Reading(name, ((0, depth),) if depth else ())
            self._paces.setdefault(name, Pace()).note(counted, now)
        return tuple(
            self._detail(Reading(name, ((0, depth),) if depth else ()), said)
            for name, depth in found
        )

    @staticmethod
    def _told(broker: Broker, found: Iterable[Reading]) -> dict[str, float]:
        """When the oldest message of each was sent, where all tell: the first of a priority waits
        the longest of it, and one of low priority may wait for ever."""
        told = {}
        for one in found:
            at, sent = 0, []
            for _, count in one.by_priority:
                shown, _ = messages.peek(broker.url, broker.keys, one.name, at, 1)
                sent.append(shown[0].sent_at if shown else None)
                at += count
            known = [instant for instant in sent if instant is not None]
            if known and len(known) == len(sent):
                told[one.name] = min(known)
        return told

    def _detail(self, one: Reading, said: Consumers, sent_at: float | None = None) -> QueueDetail:
        pace = self._paces.get(one.name) or Pace()
        consumed = said.of(one.name)
        alone = one.depth and consumed == ()
        return QueueDetail(
            one.name,
            one.depth,
            one.by_priority if len(one.by_priority) > 1 else (),
            consumed,
            one.unacked,
            self._redelivered_in_s(one),
            pace.oldest_seen_at if sent_at is None and one.depth else sent_at,
            sent_at is not None,
            pace.growth_per_minute,
            pace.drained_in_s,
            self._is_mine(one.name, said),
            pace.depths,
            near_name(one.name, said.by_queue) if alone else "",
        )

    def _redelivered_in_s(self, one: Reading) -> float | None:
        if one.oldest_delivery_at is None:
            return None
        return max(one.oldest_delivery_at + self.visibility_timeout_s - time.time(), 0.0)

    @property
    def visibility_timeout_s(self) -> float:
        """After so long an unacknowledged message is delivered again."""
        said = self._stack.app.info.transport_options.get("visibility_timeout")
        return float(said) if isinstance(said, int | float) else VISIBILITY_TIMEOUT_S

    def consumers(self) -> Consumers:
        """Who consumes what, by the last look at the workers."""
        found, url = self._stack.found, self._stack.broker_url
        by = (found.rows, found.answers, url, found.looked)
        # Asked for several times a snapshot; rows and answers are replaced as a whole, at a look.
        if not all(map(operator.is_, by, self._consumers_by)):
            self._consumers_by = by
            self._consumers = consumers(found.rows, found.answers, url, asked=found.looked)
        return self._consumers

    def pace(self, queue: str) -> Pace | None:
        return self._paces.get(queue)

    def _is_mine(self, name: str, said: Consumers) -> bool:
        """The app names it, its workers consume it, or its tasks wait there by a slip."""
        return name in self._stack.queue_names or name in said.mine or name in self._ours
