"""Who got a task last, who runs it, and what has ended: the events as a witness after a death.

Unlike the tasks in flight of :mod:`desktop.engine.telemetry.fold`, which are forgotten with their
node, what a dead process had is kept here until it is known what became of it. Fed by the thread
that listens, asked by any.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

import msgspec

from desktop.engine.model import ActiveTask
from desktop.engine.telemetry.wire import Event

OPEN_MAX = 20_000
"""Tasks that have not ended; beyond it the one that was heard of first is forgotten."""
ENDED_MAX = 20_000
SENT_MAX = 5_000

_ENDS = frozenset(
    {"task-succeeded", "task-failed", "task-retried", "task-revoked", "task-rejected"}
)


class Holding(msgspec.Struct, frozen=True):
    """A task as the last node that got it told of it. Instants are that node's wall clock."""

    id: str
    node: str
    pid: int
    """Of the worker's main process; 0: the node only answered a question."""
    at: float
    """When it was received or, later, started."""
    started: bool = False
    name: str = ""
    args: str = ""
    kwargs: str = ""
    queue: str = ""
    """As the sender's event told; "" when it sends none."""


class Holders:
    """What is known of the tasks that no event has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Holding] = OrderedDict()
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._queues: OrderedDict[str, str] = OrderedDict()

    def feed(self, events: Iterable[Event]) -> None:
        """Take events in, in any order."""
        with self._lock:
            for event in events:
                if not event.uuid:
                    continue
                if event.type in {"task-received", "task-started"}:
                    self._begin(event)
                elif event.type in _ENDS:
                    self._end(event)
                elif event.type == "task-sent" and event.queue:
                    self._queues[event.uuid] = event.queue
                    if len(self._queues) > SENT_MAX:
                        self._queues.popitem(last=False)

    def answered(self, answers: Mapping[str, Iterable[ActiveTask]]) -> None:
        """What nodes said that they run, where no event has told of it."""
        with self._lock:
            for node, tasks in answers.items():
                for task in tasks:
                    if task.id in self._ended or task.id in self._open or not task.id:
                        continue
                    self._keep(
                        Holding(
                            id=task.id,
                            node=node,
                            pid=0,
                            at=task.started_at or 0.0,
                            started=True,
                            name=task.name,
                            args=task.args,
                            kwargs=task.kwargs,
                        )
                    )

    def lost_touch(self) -> None:
        """Events were missed: what was open may have ended, or gone to another node."""
        with self._lock:
            self._open.clear()

    def last(self, ids: Iterable[str]) -> dict[str, Holding]:
        """Who got each of these tasks last, as far as that is known and has not ended."""
        with self._lock:
            return {one: found for one in ids if (found := self._open.get(one)) is not None}

    def had_by(self, node: str, pid: int) -> tuple[Holding, ...]:
        """What this process has received and not ended, begun or not: a process that is killed
        takes the events of its last moments with it."""
        with self._lock:
            return tuple(
                one
                for one in self._open.values()
                if one.node == node and (one.pid == pid or (one.started and not one.pid))
            )

    def has_ended(self, task_id: str) -> bool:
        with self._lock:
            return task_id in self._ended

    @property
    def running(self) -> bool:
        """Something has begun and not ended."""
        with self._lock:
            return any(one.started for one in self._open.values())

    def settle(self, ids: Iterable[str]) -> None:
        """It is known what became of these."""
        with self._lock:
            for one in ids:
                self._open.pop(one, None)

    def _begin(self, event: Event) -> None:
        ended_at = self._ended.get(event.uuid)
        if ended_at is not None:
            if event.timestamp <= ended_at:
                return
            del self._ended[event.uuid]
        before = self._open.get(event.uuid)
        node, pid, at = event.hostname, event.pid, event.timestamp
        started = event.type == "task-started"
        # Only task-received tells of name and arguments, and it may come late.
        name, args, kwargs = event.name, event.args, event.kwargs
        if before is not None:
            if (before.at, before.started) > (at, started):
                node, pid, at, started = before.node, before.pid, before.at, before.started
            name, args, kwargs = name or before.name, args or before.args, kwargs or before.kwargs
        queue = self._queues.get(event.uuid, "")
        self._keep(
            Holding(event.uuid, node, pid, at, started, name or "", args or "", kwargs or "", queue)
        )

    def _end(self, event: Event) -> None:
        before = self._open.get(event.uuid)
        if before is not None and event.timestamp >= before.at:
            del self._open[event.uuid]
        self._ended[event.uuid] = max(event.timestamp, self._ended.get(event.uuid, 0.0))
        self._ended.move_to_end(event.uuid)
        if len(self._ended) > ENDED_MAX:
            self._ended.popitem(last=False)

    def _keep(self, holding: Holding) -> None:
        self._open[holding.id] = holding
        if len(self._open) > OPEN_MAX:
            self._open.popitem(last=False)
