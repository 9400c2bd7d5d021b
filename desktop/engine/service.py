"""One supervised service as a state machine: facts in, moves and one action out. Pure.

Nothing here waits, signals or reads a clock: :class:`desktop.engine.supervisor.Supervisor` brings
the facts and carries out the actions. ``now`` is monotonic, so a laptop's sleep and a changed
clock do no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar

import msgspec

from desktop.engine.model import Problem, ServiceSpec
from desktop.engine.restart import Ended, judge
from desktop.engine.states import MOVES, ServiceState

EXTERNAL_GRACE_S = 5.0
"""An external server that stops answering may only be restarting: so long before we step in."""
ENDS_KEPT = 32


class Action(StrEnum):
    """What the supervisor has to do next."""

    NONE = "none"
    SPAWN = "spawn"
    TERM = "term"


class Facts(msgspec.Struct, frozen=True):
    """What the supervisor sees at one instant."""

    needs_up: bool = True
    """Everything it needs answers."""
    users_alive: bool = False
    """Something of ours that needs it still runs."""
    alive: bool = False
    """There is a process of ours."""
    exit_problem: Problem | None = None
    """Why the process ended, when it just did."""
    external: bool = False
    """Somebody else's answers in its place."""
    ready: bool = False
    blocked: Problem | None = None
    """Why it can't be started, or why waiting for its answer is no use."""


class IllegalMove(Exception):
    """A move that is not in the table: a defect in the engine, never a user's doing."""


class Service:
    """State of one service; its only writer."""

    def __init__(self, spec: ServiceSpec, on_move: Callable[[Service, str], None]) -> None:
        self.spec = spec
        self.state = ServiceState.STOPPED
        self.wanted = False
        self.problem: Problem | None = None
        self.restarts = 0
        self.since = 0.0
        self.retry_at = 0.0
        self.asked_to_stop = False
        self._again = False
        self._doomed = False
        self._spawned_at: float | None = None
        self._ends: tuple[Ended, ...] = ()
        self._on_move = on_move

    # --- what people want --------------------------------------------------------------------

    def start(self, now: float) -> None:
        """Somebody wants it: forget past failures and begin."""
        self.wanted = True
        if self.state in {ServiceState.FAILED, ServiceState.BACKOFF}:
            self._ends = ()
            self._move(ServiceState.STARTING, now, "asked to start")

    def stop(self) -> None:
        """Nobody wants it any more."""
        self.wanted = False
        self._again = False

    def restart(self) -> None:
        """Stop it, and start it again once it has stopped."""
        self.wanted = True
        self._again = self.state in {ServiceState.STARTING, ServiceState.RUNNING}

    def adopt(
        self,
        now: float,
        *,
        stopping: bool = False,
        asked: bool = False,
        ready: bool = True,
        restarts: int = 0,
    ) -> None:
        """A process that was there before was found alive. ``stopping``: nobody wants it any
        more; ``asked``: and it knows. ``ready``: it has answered in its life."""
        self.wanted = not stopping
        self.restarts = restarts
        if stopping or ready:
            self._move(ServiceState.RUNNING, now, "found running")
        else:
            self._move(ServiceState.STARTING, now, "found starting")
        self._spawned_at = now
        if stopping:
            self.asked_to_stop = asked
            self._move(ServiceState.STOPPING, now, "is to stop")

    def succeeded(self, now: float) -> None:
        """Another process of it, which is ready, has taken the place of the one before."""
        self._spawned_at = now
        self.problem = None

    # --- what happens ------------------------------------------------------------------------

    def spawned(self, now: float) -> None:
        self._spawned_at = now

    def tick(self, now: float, facts: Facts) -> Action:
        """Move as far as the facts allow, and tell what must be done next."""
        step: Callable[[Service, float, Facts], Action] = self._steps[self.state]
        return step(self, now, facts)

    def due_at(self) -> float | None:
        """When time alone calls for the next tick; None: never."""
        if self.state is ServiceState.BACKOFF:
            return self.retry_at
        if self.state is ServiceState.STARTING and self._spawned_at is not None:
            return self._spawned_at + self.spec.ready_timeout_s
        return None

    def overdue(self, now: float) -> bool:
        """It runs, and should have been ready by now."""
        due = self.due_at()
        return self.state is ServiceState.STARTING and due is not None and now >= due

    def _stopped(self, now: float, facts: Facts) -> Action:
        if self.wanted:
            self._move(ServiceState.STARTING, now, "wanted")
        return Action.NONE

    def _starting(self, now: float, facts: Facts) -> Action:
        if facts.exit_problem:
            self._ended(facts.exit_problem, now)
        elif not facts.alive:
            return self._not_yet_spawned(now, facts)
        elif not self.wanted or self._again:
            self._move(ServiceState.STOPPING, now, "asked to stop")
        elif facts.ready:
            self._move(ServiceState.RUNNING, now, "ready")
        elif facts.blocked or self.overdue(now):
            # Ours, alive and of no use: it is asked to stop, and the reason stays on screen.
            self.problem = facts.blocked
            self._doomed = True
            self._move(ServiceState.STOPPING, now, "does not become ready")
        return Action.NONE

    def _not_yet_spawned(self, now: float, facts: Facts) -> Action:
        if not self.wanted:
            self._move(ServiceState.STOPPED, now, "asked to stop")
        elif facts.blocked:
            self._fail(facts.blocked, now)
        elif facts.external:
            self._move(ServiceState.EXTERNAL, now, "answers already")
        elif facts.needs_up:
            return Action.SPAWN
        return Action.NONE

    def _running(self, now: float, facts: Facts) -> Action:
        if facts.exit_problem:
            self._ended(facts.exit_problem, now)
        elif not self.wanted or self._again:
            self._move(ServiceState.STOPPING, now, "asked to stop")
        return Action.NONE

    def _stopping(self, now: float, facts: Facts) -> Action:
        if facts.exit_problem or not facts.alive:
            if self._doomed and self.wanted and self.problem:
                self._fail(self.problem, now)
            else:
                self._move(ServiceState.STOPPED, now, "ended")
        elif not self.asked_to_stop and not facts.users_alive:
            self.asked_to_stop = True
            return Action.TERM
        return Action.NONE

    def _backoff(self, now: float, facts: Facts) -> Action:
        if not self.wanted:
            self._move(ServiceState.STOPPED, now, "asked to stop")
        elif now >= self.retry_at:
            self._move(ServiceState.STARTING, now, "next try")
        return Action.NONE

    def _failed(self, now: float, facts: Facts) -> Action:
        if not self.wanted:
            self._move(ServiceState.STOPPED, now, "asked to stop")
        return Action.NONE

    def _external(self, now: float, facts: Facts) -> Action:
        if not self.wanted:
            self._move(ServiceState.STOPPED, now, "not used any more")
        elif not facts.external:
            self.retry_at = now + EXTERNAL_GRACE_S
            self._move(ServiceState.BACKOFF, now, "stopped answering")
        return Action.NONE

    _steps: ClassVar = {
        ServiceState.STOPPED: _stopped,
        ServiceState.STARTING: _starting,
        ServiceState.RUNNING: _running,
        ServiceState.STOPPING: _stopping,
        ServiceState.BACKOFF: _backoff,
        ServiceState.FAILED: _failed,
        ServiceState.EXTERNAL: _external,
    }

    def _ended(self, problem: Problem, now: float) -> None:
        if not self.wanted:
            self._move(ServiceState.STOPPED, now, "ended")
            return
        ran_for_s = now - (now if self._spawned_at is None else self._spawned_at)
        self._ends = (*self._ends, Ended(now, ran_for_s))[-ENDS_KEPT:]
        verdict = judge(self.spec.restart, self._ends)
        self._again = False
        if verdict.again:
            self.problem = problem
            self.restarts += 1
            self.retry_at = now + verdict.delay_s
            self._move(ServiceState.BACKOFF, now, "ended by itself")
        else:
            self._fail(problem, now)

    def _fail(self, problem: Problem, now: float) -> None:
        self.problem = problem
        self._move(ServiceState.FAILED, now, problem.code)

    def _move(self, state: ServiceState, now: float, why: str) -> None:
        if state not in MOVES[self.state]:
            raise IllegalMove(f"{self.spec.name}: {self.state} -> {state} ({why})")
        self.state = state
        self.since = now
        if state in {ServiceState.STARTING, ServiceState.STOPPED}:
            self.asked_to_stop = False
            self._again = False
            self._doomed = False
            self._spawned_at = None
        if state in {ServiceState.RUNNING, ServiceState.EXTERNAL, ServiceState.STOPPED}:
            self.problem = None
        self._on_move(self, why)
