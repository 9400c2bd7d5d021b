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


class Fate(Enum):
    """What became of a node's tasks."""

    KEPT = 0
    WAITING_GONE = 1
    """Those that had not started were given back."""
    ALL_GONE = 2


class _Node(msgspec.Struct, gc=False):
    seen_at: float
    beats: bool = False
    replaced: bool = False
    offline_at: float | None = None


class Nodes:
    """Last signs of life. ``now`` is monotonic seconds."""

    def __init__(self) -> None:
        self._nodes: OrderedDict[Key, _Node] = OrderedDict()

    def task_event(self, event: Event, now: float) -> None:
        self._touch((event.hostname, event.pid), now)

    def worker_event(self, event: Event, now: float) -> None:
        node = self._touch((event.hostname, event.pid), now)
        if event.type == "worker-heartbeat":
            node.beats = True
        elif event.type == "worker-online":
            node.offline_at = None
            for (name, pid), other in self._nodes.items():
                other.replaced |= name == event.hostname and pid != event.pid
        elif event.type == "worker-offline":
            node.offline_at = now

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
            node = self._nodes[key] = _Node(now)
            if len(self._nodes) > NODES_MAX:
                self._nodes.popitem(last=False)
        node.seen_at = now
        return node


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
