"""What the window shows at one moment: the last that is known of the current project."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from desktop.engine.model import EngineInfo, Machine, ServiceStatus, StackStatus
from desktop.engine.states import ServiceState

if TYPE_CHECKING:
    from desktop.ui.bridge import Bridge

STARTABLE = frozenset({ServiceState.STOPPED, ServiceState.FAILED, ServiceState.BACKOFF})
STOPPABLE = frozenset({ServiceState.STARTING, ServiceState.RUNNING, ServiceState.BACKOFF})


@dataclass(frozen=True, slots=True)
class View:
    """``reachable`` is False while no engine answers; the rest is then the last that was known."""

    stack: StackStatus | None
    machine: Machine | None
    engine: EngineInfo | None
    reachable: bool
    project: str
    now: float
    """Seconds since the epoch."""
    ticks: float = 0.0
    """Monotonic seconds, the clock of the trends."""

    @property
    def services(self) -> tuple[ServiceStatus, ...]:
        return self.stack.services if self.stack else ()

    @property
    def can_start(self) -> bool:
        """Something that belongs to "start all" does not run."""
        return self.reachable and any(s.enabled and s.state in STARTABLE for s in self.services)

    @property
    def can_stop(self) -> bool:
        """Something of ours runs."""
        return self.reachable and any(s.state in STOPPABLE for s in self.services)

    @property
    def stopping(self) -> tuple[ServiceStatus, ...]:
        """Services that were asked to stop and have not yet."""
        return tuple(s for s in self.services if s.state is ServiceState.STOPPING)

    def uptime_s(self, service: ServiceStatus) -> float | None:
        """How long it has run, in whole seconds; None when it does not."""
        if service.started_at is None or service.state in {
            ServiceState.STOPPED,
            ServiceState.FAILED,
            ServiceState.BACKOFF,
        }:
            return None
        return float(max(0, int(self.now - service.started_at)))


class Row(NamedTuple):
    """One thing that a question is about."""

    what: str
    note: str
    """A word on it, at the right."""
    below: str = ""
    """More of it, in a line of its own."""


def view_of(bridge: Bridge) -> View:
    """What the bridge knows now."""
    snapshot = bridge.snapshot
    return View(
        stack=bridge.stack,
        machine=snapshot.machine if snapshot else None,
        engine=snapshot.engine if snapshot else None,
        reachable=snapshot is not None,
        project=bridge.project,
        now=time.time(),
        ticks=time.monotonic(),
    )
