"""Events in, counts and tasks in flight out. Pure: no clock, no thread, no broker.

Counts do not depend on the order in which events come, and an event that comes twice counts once.
A task that has ended does not come back by an event from before its end; a later one (a redelivery,
a retry) is a new run. Memory is bounded whatever is sent.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Mapping

import msgspec

from desktop.engine.model import ActiveTask, TaskCounts
from desktop.engine.states import TaskState
from desktop.engine.telemetry.nodes import Alive, Fate, Nodes
from desktop.engine.telemetry.starts import Starts
from desktop.engine.telemetry.wire import Event

IN_FLIGHT_MAX = 20_000
"""Beyond this many tasks in flight the oldest waiting ones are forgotten."""
ENDED_MAX = 20_000
"""Ends that are remembered, against late events."""
SEEN_MAX = 20_000
"""Events that are remembered, against duplicates; half of them at least."""

_COUNTED = {
    "task-received": "received",
    "task-succeeded": "succeeded",
    "task-failed": "failed",
    "task-retried": "retried",
    "task-revoked": "revoked",
}
_ENDS = frozenset(
    {"task-succeeded", "task-failed", "task-retried", "task-revoked", "task-rejected"}
)
_BEGINS = frozenset({"task-received", "task-started"})


class _Flight(msgspec.Struct, gc=False):
    """One task that a node has."""

    id: str
    name: str = ""
    node: str = ""
    pid: int = 0
    started: bool = False
    received_at: float | None = None
    started_at: float | None = None
    args: str = ""
    kwargs: str = ""
    seen_at: float = 0.0
    """Monotonic, of the last event."""


class _End(msgspec.Struct, gc=False):
    node: str
    clock: int
    timestamp: float


class Fold:
    """The state that events describe. ``now`` is always monotonic seconds."""

    def __init__(self) -> None:
        self.starts = Starts()
        self._counts = dict.fromkeys(_COUNTED.values(), 0)
        self._flights: dict[str, _Flight] = {}
        self._ended: OrderedDict[str, _End] = OrderedDict()
        self._nodes = Nodes()
        self._seen: set[int] = set()
        self._seen_before: set[int] = set()
        self._running = 0
        self._nameless: set[str] = set()  # nodes with tasks whose process is not known yet

    # --- what is known -----------------------------------------------------------------------

    @property
    def counts(self) -> TaskCounts:
        return TaskCounts(active=self._running, **self._counts)

    @property
    def in_flight(self) -> int:
        """Tasks that nodes have, running or waiting."""
        return len(self._flights)

    def active(self, limit: int) -> tuple[ActiveTask, ...]:
        """The tasks in flight: running ones first, each kind oldest first."""
        first = heapq.nsmallest(limit, self._flights.values(), key=_order)
        return tuple(
            ActiveTask(
                id=flight.id,
                name=flight.name,
                worker=flight.node,
                state=TaskState.STARTED if flight.started else TaskState.RECEIVED,
                received_at=flight.received_at,
                started_at=flight.started_at,
                args=flight.args,
                kwargs=flight.kwargs,
                worker_pid=flight.pid,
            )
            for flight in first
        )

    # --- what happens ------------------------------------------------------------------------

    def feed(self, events: Iterable[Event], now: float) -> None:
        """Take events in, in any order."""
        for event in events:
            if event.type.startswith("task-"):
                if event.uuid and not self._is_duplicate(event):
                    self._task_event(event, now)
            elif event.type.startswith("worker-") and event.hostname:
                self._worker_event(event, now)

    def tick(self, now: float, alive: Alive) -> None:
        """Forget the tasks of nodes that are gone, by :mod:`desktop.engine.telemetry.nodes`."""
        fates = self._nodes.fates(now, alive)
        if not fates:
            return
        for flight in tuple(self._flights.values()):
            fate = fates.get((flight.node, flight.pid), Fate.KEPT)
            if fate is Fate.ALL_GONE or (fate is Fate.WAITING_GONE and not flight.started):
                self._forget(flight.id)

    def repair(self, answers: Mapping[str, Iterable[ActiveTask]], asked_at: float) -> None:
        """Put right what events that were lost have left wrong, by what the nodes themselves say
        they run. ``asked_at`` is when they were asked, on the same clock as ``now``."""
        for node, tasks in answers.items():
            running = {task.id: task for task in tasks}
            for flight in [f for f in self._flights.values() if f.node == node]:
                if flight.started and flight.id not in running and flight.seen_at < asked_at:
                    self._forget(flight.id)
            for task in running.values():
                if task.id not in self._ended:
                    self._take_answer(node, task, asked_at)

    def lost_touch(self, now: float) -> None:
        """Events were missed: tasks that only waited may have gone anywhere meanwhile, and no
        question brings that back. Those that ran are kept until :meth:`repair`."""
        for flight in tuple(self._flights.values()):
            if not flight.started:
                self._forget(flight.id)
        self._nodes.grant_time(now)

    def _worker_event(self, event: Event, now: float) -> None:
        self._nodes.worker_event(event, now)
        if event.type != "worker-online" and event.hostname not in self._nameless:
            return
        self._nameless.discard(event.hostname)
        for flight in tuple(self._flights.values()):
            if flight.node != event.hostname:
                continue
            if flight.pid == 0:
                flight.pid = event.pid
            elif (
                event.type == "worker-online"
                and flight.pid == event.pid
                and _last_instant(flight) < event.timestamp
            ):
                self._forget(flight.id)  # re-executed in place (HUP): same pid, another life

    # --- tasks -------------------------------------------------------------------------------

    def _task_event(self, event: Event, now: float) -> None:
        counter = _COUNTED.get(event.type)
        if counter is not None:
            self._counts[counter] += 1
        if event.type in _BEGINS:
            self._nodes.task_event(event, now)
            self._begin(event, now)
        elif event.type in _ENDS:
            self._nodes.task_event(event, now)
            self._end(event)

    def _begin(self, event: Event, now: float) -> None:
        end = self._ended.get(event.uuid)
        if end is not None:
            if not _is_after(event, end):
                return
            del self._ended[event.uuid]
        flight = self._flights.get(event.uuid)
        if flight is None:
            flight = self._flights[event.uuid] = _Flight(event.uuid)
            self._make_room()
        flight.seen_at = now
        if event.type == "task-started" or not flight.started:
            # A started task stays with the node that runs it.
            flight.node, flight.pid = event.hostname, event.pid
        flight.name = event.name or flight.name
        flight.args = event.args or flight.args
        flight.kwargs = event.kwargs or flight.kwargs
        if event.type == "task-started":
            flight.started_at = event.timestamp or flight.started_at
            self.starts.note(event.hostname, event.pid, event.timestamp)
            self._running += not flight.started
            flight.started = True
        else:
            flight.received_at = event.timestamp or flight.received_at

    def _end(self, event: Event) -> None:
        end = self._ended.get(event.uuid)
        if end is None or _is_after(event, end):
            self._ended[event.uuid] = _End(event.hostname, event.clock, event.timestamp)
            self._ended.move_to_end(event.uuid)
            if len(self._ended) > ENDED_MAX:
                self._ended.popitem(last=False)
            self._forget(event.uuid)

    def _take_answer(self, node: str, task: ActiveTask, asked_at: float) -> None:
        flight = self._flights.get(task.id)
        if flight is None:
            flight = self._flights[task.id] = _Flight(task.id, seen_at=asked_at)
            self._make_room()
        flight.node, flight.pid = self._nodes.answered(node, asked_at)
        if not flight.pid:
            self._nameless.add(node)
        flight.name = flight.name or task.name
        flight.args = flight.args or task.args
        flight.kwargs = flight.kwargs or task.kwargs
        flight.started_at = flight.started_at or task.started_at
        self._running += not flight.started
        flight.started = True

    def _forget(self, task_id: str) -> None:
        flight = self._flights.pop(task_id, None)
        if flight is not None and flight.started:
            self._running -= 1

    def _make_room(self) -> None:
        if len(self._flights) <= IN_FLIGHT_MAX:
            return
        oldest = heapq.nsmallest(IN_FLIGHT_MAX // 10, self._flights.values(), key=_expendable)
        for flight in oldest:
            self._forget(flight.id)

    def _is_duplicate(self, event: Event) -> bool:
        key = hash((event.uuid, event.type, event.hostname, event.clock, event.timestamp))
        if key in self._seen or key in self._seen_before:
            return True
        self._seen.add(key)
        if len(self._seen) >= SEEN_MAX // 2:
            self._seen_before, self._seen = self._seen, set()
        return False


def _is_after(event: Event, end: _End) -> bool:
    """Whether ``event`` is later than ``end``. A node's own clock orders its events; between nodes
    only the wall clocks can."""
    if event.hostname == end.node and event.clock and end.clock:
        return event.clock > end.clock
    return event.timestamp > end.timestamp


def _last_instant(flight: _Flight) -> float:
    return max(flight.received_at or 0.0, flight.started_at or 0.0)


def _order(flight: _Flight) -> tuple[bool, float, str]:
    instant = flight.started_at if flight.started else flight.received_at
    return (not flight.started, instant or 0.0, flight.id)


def _expendable(flight: _Flight) -> tuple[bool, float]:
    return (flight.started, flight.seen_at)
