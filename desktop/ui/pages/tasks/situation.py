"""What stands around the table of tasks: is the broker there, do the workers tell of their tasks,
how much goes through. Read from what the window knows; no widgets here."""

from __future__ import annotations

from collections import deque

from desktop.engine.model import ServiceStatus, StackStatus
from desktop.engine.states import ALIVE, UP, Role, ServiceKind, ServiceState, TaskState
from desktop.ui.pages.tasks.completion import Known
from desktop.ui.view import View

EVENTS_OFF = "events-off"
"""The finding that workers do not tell of their tasks."""
RATE_OVER_S = 60.0
RATE_LEAST_S = 5.0
"""Before this a rate would be a guess."""


def broker_trouble(view: View) -> ServiceStatus | None:
    """Redis, when it should be up and is not; None when all is well or nobody wants it."""
    redis = next((s for s in view.services if s.kind is ServiceKind.REDIS), None)
    if redis is None or redis.state in UP or redis.state is ServiceState.STARTING:
        return None
    wanted = redis.state in {ServiceState.FAILED, ServiceState.BACKOFF}
    works = any(s.kind is ServiceKind.WORKER and s.state in ALIVE for s in view.services)
    return redis if wanted or works else None


def silent_nodes(stack: StackStatus | None) -> tuple[tuple[str, int], ...]:
    """(node, pid) of the workers that send no task events."""
    found = next((f for f in stack.findings if f.id == EVENTS_OFF), None) if stack else None
    if stack is None or found is None:
        return ()
    rows = [row for row in stack.workers if row.role is Role.WORKER and row.node]
    concerned = [row for row in rows if row.pid in found.pids] or rows
    return tuple((row.node, row.pid) for row in concerned)


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
