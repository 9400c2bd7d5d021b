"""What stands around the table of tasks: is the broker there, do the workers tell of their tasks,
how much goes through. Read from what the window knows; no widgets here."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from desktop.engine.model import StackStatus
from desktop.engine.states import ALIVE, Role, ServiceKind, ServiceState, TaskState
from desktop.ui.pages.tasks.completion import Known
from desktop.ui.view import View
from desktop.words import Text, text

AWAY_S = 5.0
"""A connection that is lost for less is not worth a word."""
RATE_OVER_S = 60.0
RATE_LEAST_S = 5.0
"""Before this a rate would be a guess."""


class Away(NamedTuple):
    """The broker is not there, though it should be."""

    title: Text
    service: str
    """Name of its service; "" when it is none of the stack's."""
    since: float | None
    """Seconds since the epoch."""


def broker_away(view: View) -> Away | None:
    """None when all is well, or nobody wants the broker."""
    stack = view.stack
    if stack is None:
        return None
    redis = next((s for s in view.services if s.kind is ServiceKind.REDIS), None)
    works = any(s.kind is ServiceKind.WORKER and s.state in ALIVE for s in view.services)
    heard = stack.telemetry
    lost = heard.since if works and not heard.connected else None
    lost = lost if lost is not None and view.now - lost > AWAY_S else None
    if redis is not None and redis.state in _DOWN:
        given_up = redis.state is not ServiceState.STOPPED
        if given_up or works:
            title = redis.error.title if redis.error else text("Redis is not answering.")
            return Away(title, redis.name, lost)
    if lost is not None:
        name = redis.name if redis is not None else ""
        return Away(text("The broker is not answering."), name, lost)
    return None


_DOWN = frozenset({ServiceState.STOPPED, ServiceState.FAILED, ServiceState.BACKOFF})


def silent_nodes(stack: StackStatus | None) -> tuple[tuple[str, int], ...]:
    """(node, pid) of the workers that send no events of their tasks; pid 0: not known."""
    if stack is None:
        return ()
    pids = {row.node: row.pid for row in stack.workers if row.role is Role.WORKER}
    return tuple((node, pids.get(node, 0)) for node in stack.telemetry.silent)


def known_values(stack: StackStatus | None, names: tuple[str, ...]) -> Known:
    """What a search may ask for; ``names`` are those of tasks that are seen."""
    if stack is None:
        return Known(names=names)
    nodes = [row.node for row in stack.workers if row.node]
    nodes += [one.node for one in stack.services if one.node]
    active = [task.name for task in stack.active]
    return Known(
        tuple(sorted({*names, *active} - {""})),
        tuple(sorted({*nodes, *(task.worker for task in stack.active)} - {""})),
        tuple(queue.name for queue in stack.queues),
        tuple(state.value.lower() for state in TaskState),
    )


class Rate:
    """Tasks that end in a minute, from the counts of the snapshots."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()
        self._of = ""

    def take(self, view: View) -> None:
        """What is counted now."""
        stack = view.stack
        if stack is None:
            return
        done = stack.tasks.succeeded + stack.tasks.failed
        if stack.id != self._of or (self._samples and done < self._samples[-1][1]):
            # Another stack, or an engine that began to count anew.
            self._samples.clear()
            self._of = stack.id
        self._samples.append((view.ticks, done))
        while len(self._samples) > 2 and view.ticks - self._samples[1][0] >= RATE_OVER_S:
            self._samples.popleft()

    @property
    def per_minute(self) -> int | None:
        """None while too little was seen."""
        if len(self._samples) < 2:
            return None
        (first, before), (last, after) = self._samples[0], self._samples[-1]
        if last - first < RATE_LEAST_S:
            return None
        return round((after - before) / (last - first) * 60)
