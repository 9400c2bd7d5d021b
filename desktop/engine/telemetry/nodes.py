"""Which nodes still have their tasks, as far as their events and the process table tell.

A goodbye (``worker-offline``) is not the end: a worker that stops warmly says it first, then
finishes what runs and sends those events too, and gives back what only waited (measured with
Celery 5.7). Silence is not the end either: a ``solo`` worker sends no heartbeat while it works.
So the process table decides where it can, and only for the rest there are graces.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from enum import Enum

import msgspec

from desktop.engine.telemetry.tally import Tally
from desktop.engine.telemetry.wire import Event

Key = tuple[str, int]
"""A process behind a node's name: name and pid (0: not known yet)."""
Alive = Callable[[str, int], bool | None]
"""Whether the process of a node runs; None when that can't be known from here."""

NODES_MAX = 5_000
"""Remembered at most; the one that was seen first goes."""
LATE_GRACE_S = 2.0
"""Events may still be on the way for this long after a node's end."""
SILENT_GRACE_S = 30.0
"""No event for this long, where heartbeats came before (each 2 s unless told otherwise)."""
REPLACED_GRACE_S = 6.0
"""The same, when a newer process has taken the node's name."""

BUSY_BEATS = 2
"""So many heartbeats in a row that tell of tasks, and a node is at work."""
DELAY_WINDOW_S = 60.0
SKEW_MIN_S = 0.5
"""A clock that is less off than this is taken for right: on the way is as much lost."""


class Fate(Enum):
    """What became of a node's tasks."""

    KEPT = 0
    WAITING_GONE = 1
    """Those that had not started were given back."""
    ALL_GONE = 2


class _Node(msgspec.Struct, gc=False):
    key: Key
    seen_at: float
    beats: bool = False
    busy_beats: int = 0
    """Heartbeats in a row that told of tasks that run."""
    replaced: bool = False
    offline_at: float | None = None
    tally: Tally = msgspec.field(default_factory=Tally)
    delay_s: float | None = None
    """Shortest time between a stamp of its clock and its arrival, of late."""
    delay_before_s: float | None = None
    delay_since: float = 0.0


class Nodes:
    """Last signs of life. ``now`` is monotonic seconds, ``wall`` the same moment since the
    epoch."""

    def __init__(self) -> None:
        self._nodes: OrderedDict[Key, _Node] = OrderedDict()
        self._skews: dict[str, float] = {}
        self.missed = 0
        """Starts of tasks that heartbeats counted and no event told."""

    def task_event(self, event: Event, now: float, wall: float = 0.0) -> Key:
        """Its process; of one process always the same value, so that many tasks share it."""
        node = self._touch((event.hostname, event.pid), now)
        node.tally.task_events += 1
        if wall and event.timestamp:
            self._measure_delay(event.hostname, node, wall - event.timestamp, now)
        return node.key

    def worker_event(self, event: Event, now: float, wall: float = 0.0, started: int = 0) -> None:
        """``started`` is how many tasks of this process were heard to start."""
        node = self._touch((event.hostname, event.pid), now)
        if wall and event.timestamp:
            self._measure_delay(event.hostname, node, wall - event.timestamp, now)
        if event.processed is not None:
            self.missed += node.tally.beat(event.processed, started)
        if event.type == "worker-heartbeat":
            node.beats = True
            node.busy_beats = node.busy_beats + 1 if event.active else 0
        elif event.type == "worker-online":
            node.offline_at = None
            for (name, pid), other in self._nodes.items():
                other.replaced |= name == event.hostname and pid != event.pid
        elif event.type == "worker-offline":
            node.offline_at = now

    @property
    def silent(self) -> tuple[Key, ...]:
        """Those that work, by their heartbeats, and send no events of their tasks."""
        return tuple(key for key, node in self._nodes.items() if node.tally.is_silent)

    @property
    def at_work(self) -> bool:
        """Whether any runs tasks, by two heartbeats in a row: the events of what began just before
        one are on their way."""
        return any(node.busy_beats >= BUSY_BEATS for node in self._nodes.values())

    def speaks(self, name: str, pid: int) -> bool:
        """Whether an event of a task was heard of this process."""
        node = self._nodes.get((name, pid))
        return node is not None and node.tally.task_events > 0

    def knows(self, name: str) -> bool:
        """Whether some process of this name is remembered."""
        return any(key[0] == name for key in self._nodes)

    def skew(self, name: str) -> float:
        """Seconds to be added to a node's time stamps so that they are comparable with those of
        others; 0 while its clock agrees with this machine's."""
        return self._skews.get(name, 0.0)

    def answered(self, name: str, now: float) -> Key:
        """The node answered a question; its process, when that is known."""
        key = next((key for key in reversed(self._nodes) if key[0] == name), (name, 0))
        node = self._touch(key, now)
        # Its first heartbeat will name the process; when none comes, it died before.
        node.beats |= key[1] == 0
        return key

    def grant_time(self, now: float) -> None:
        """Nothing could be heard until now: silence counts from here."""
        for node in self._nodes.values():
            node.seen_at = max(node.seen_at, now)
            node.tally.forget()

    def fates(self, now: float, alive: Alive) -> dict[Key, Fate]:
        """The nodes whose tasks are not all kept; those with none left are forgotten."""
        fates: dict[Key, Fate] = {
            key: fate
            for key, node in self._nodes.items()
            if (fate := _fate(node, now, alive(*key))) is not Fate.KEPT
        }
        for key, fate in fates.items():
            if fate is Fate.ALL_GONE:
                del self._nodes[key]
        return fates

    def _touch(self, key: Key, now: float) -> _Node:
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = _Node(key, now)
            if len(self._nodes) > NODES_MAX:
                (name, _), _ = self._nodes.popitem(last=False)
                self._skews.pop(name, None)
        node.seen_at = now
        return node

    def _measure_delay(self, name: str, node: _Node, delay_s: float, now: float) -> None:
        """The shortest delay of one or two windows is how far the clock is off: everything else
        is time on the way."""
        if now - node.delay_since >= DELAY_WINDOW_S:
            node.delay_before_s, node.delay_s, node.delay_since = node.delay_s, None, now
        if node.delay_s is None or delay_s < node.delay_s:
            node.delay_s = delay_s
            least = min(delay_s, delay_s if node.delay_before_s is None else node.delay_before_s)
            if abs(least) >= SKEW_MIN_S:
                self._skews[name] = least
            else:
                self._skews.pop(name, None)


def _fate(node: _Node, now: float, alive: bool | None) -> Fate:
    silent_s = now - node.seen_at
    said_goodbye = node.offline_at is not None and now - node.offline_at >= LATE_GRACE_S
    if alive is False and silent_s >= LATE_GRACE_S:
        return Fate.ALL_GONE
    if alive is None and (node.beats or said_goodbye) and silent_s >= SILENT_GRACE_S:
        return Fate.ALL_GONE
    if alive is None and node.replaced and silent_s >= REPLACED_GRACE_S:
        return Fate.ALL_GONE
    return Fate.WAITING_GONE if said_goodbye else Fate.KEPT
