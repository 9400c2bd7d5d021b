"""Restart of a worker without a gap: its successor starts beside it and takes its place when it
consumes; the one before finishes its tasks and ends.

While the successor starts it is a service of its own, ``worker1.new``; what it has taken over
from is another, ``worker1.old``, until it has ended. Both are recorded like every service, so an
engine that dies in the middle is no harm: the next one adopts them and goes on
(docs/decisions/0005).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from itertools import count
from typing import Protocol

import msgspec

from desktop.engine import redis_url
from desktop.engine.control import Control
from desktop.engine.model import CeleryPing, Problem, RestartPolicy, ServiceSpec
from desktop.engine.start_problems import not_recorded, stopped_meanwhile
from desktop.engine.states import ServiceKind, ServiceState
from desktop.engine.supervisor import Supervisor
from desktop.engine.surroundings import Surroundings
from desktop.engine.takeover_step import Seen, Step, next_step

NEW, OLD = ".new", ".old"
ASK_S = 0.3
"""How long the two are given to say which tasks were revoked; a busy solo worker never answers."""
SCHEDULES = frozenset({"-B", "--beat"})
"""A worker with these runs beat too, and two beats send everything twice."""

log = logging.getLogger(__name__)


class Place(Surroundings, Protocol):
    """The stack in which workers are taken over."""

    supervisors: dict[str, Supervisor]

    def supervisor_of(self, spec: ServiceSpec) -> Supervisor: ...


class Takeover:
    """One worker that is being taken over; for those who wait for it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.over = False
        self.problem: Problem | None = None
        """Why the one before goes on, when it does."""
        self.again = False
        """Asked for once more meanwhile: what starts now may be outdated by then."""
        self.finishing: asyncio.Task[None] | None = None


class Takeovers:
    """Those of one stack. :meth:`look` moves them on; call it whenever something has changed."""

    def __init__(self, stack: Place) -> None:
        self._stack = stack
        self._going: dict[str, Takeover] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self.problems: dict[str, Problem] = {}
        """Of workers that go on because the last successor failed."""

    # --- for the stack -----------------------------------------------------------------------

    def possible(self, name: str) -> bool:
        """Whether a successor may run beside it for a while: on Redis it may (facts)."""
        one = self._stack.supervisors[name]
        now, then = one.service.spec, one.spec_next
        return (
            one.service.state is ServiceState.RUNNING
            and one.pid is not None
            and now.kind is ServiceKind.WORKER
            and isinstance(now.probe, CeleryPing)
            and now.probe == then.probe
            and redis_url.is_redis(now.probe.broker)
            and not SCHEDULES & {*now.argv, *then.argv}
        )

    def begin(self, name: str) -> Takeover:
        """Start a successor as the configuration says now; or once more, after the one that
        starts already."""
        going = self._going.get(name)
        if going is None:
            going = self._going[name] = Takeover(name)
            self._start(name)
        else:
            going.again = True
        return going

    def adopted(self) -> None:
        """Go on with what an earlier engine had begun."""
        for one in tuple(self._stack.supervisors.values()):
            spec = one.service.spec
            if spec.of and spec.name.endswith(NEW) and one.service.wanted:
                self._going.setdefault(spec.of, Takeover(spec.of))
        self.look()

    def starts(self, name: str) -> bool:
        """A successor of this worker is on its way."""
        return name in self._going

    def family(self, name: str) -> tuple[str, ...]:
        """The worker, its successor and its predecessors, as far as they are there."""
        members = (n for n, one in self._stack.supervisors.items() if one.service.spec.of == name)
        return (name, *members)

    def retiring(self, name: str) -> tuple[Supervisor, ...]:
        """The predecessors of this worker that still finish tasks."""
        members = (self._stack.supervisors[n] for n in self.family(name)[1:])
        return tuple(one for one in members if one.pid is not None and not one.service.wanted)

    def look(self) -> None:
        """Do what the states of the services call for."""
        for going in tuple(self._going.values()):
            self._move_on(going)
        for name, one in tuple(self._stack.supervisors.items()):
            gone = one.service.state is ServiceState.STOPPED and not one.service.wanted
            if one.service.spec.of and gone:
                self._dismiss(name)
        for name in tuple(self.problems):
            place = self._stack.supervisors.get(name)
            if place is None or place.service.state is not ServiceState.RUNNING:
                del self.problems[name]

    async def close(self) -> None:
        tasks = [*self._closing, *(t for one in self._going.values() if (t := one.finishing))]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- its steps ---------------------------------------------------------------------------

    def _start(self, name: str) -> None:
        wanted = self._stack.supervisors[name].spec_next
        spec = msgspec.structs.replace(
            wanted,
            name=name + NEW,
            of=name,
            enabled=False,
            # It has to prove itself at once: until then the one before is there.
            restart=RestartPolicy(enabled=False),
        )
        successor = self._stack.supervisors[spec.name] = self._stack.supervisor_of(spec)
        successor.start()
        successor.run()

    def _move_on(self, going: Takeover) -> None:
        place = self._stack.supervisors.get(going.name)
        successor = self._stack.supervisors.get(going.name + NEW)
        step = self._step(going)
        if step is Step.OVER:
            self._end(going, successor.service.problem if successor else None)
        elif step is Step.LET_GO and successor:
            successor.stop()
            if successor.service.state is ServiceState.STOPPED:  # it had not even begun
                self._end(going, None)
        elif step is Step.REVIVE and place:
            place.start()
        elif step is Step.TAKE_OVER and going.finishing is None:
            going.finishing = asyncio.get_running_loop().create_task(self._finish(going))

    def _step(self, going: Takeover) -> Step:
        both = (self._stack.supervisors.get(name) for name in (going.name, going.name + NEW))
        seen = (
            Seen(one.service.state, one.service.wanted, one.pid is not None) if one else Seen()
            for one in both
        )
        return next_step(*seen)

    async def _finish(self, going: Takeover) -> None:
        """The successor consumes: it learns what was revoked, and gets the place."""
        place = self._stack.supervisors[going.name]
        successor = self._stack.supervisors[going.name + NEW]
        nodes = 1 + (place.pid is not None)
        try:
            await asyncio.to_thread(
                _tell_revoked, self._stack.control(), place.service.spec.node, nodes
            )
            same = self._stack.supervisors.get(going.name + NEW) is successor
            if same and self._step(going) is Step.TAKE_OVER:
                self._exchange(going, place, successor)
        finally:
            going.finishing = None
        self._stack.changed()

    def _exchange(self, going: Takeover, place: Supervisor, successor: Supervisor) -> None:
        new = successor.held()
        old = place.held()
        if new is None:
            return  # it has just ended: its supervisor will say so
        if old is not None:
            spec = msgspec.structs.replace(
                old.spec, name=self._free_name(going.name), of=going.name, enabled=False
            )
            retiring = self._stack.supervisor_of(spec)
            try:
                retiring.retire(old._replace(spec=spec))
            except OSError as error:
                # What no record tells of would be nobody's after this engine.
                going.problem = not_recorded(place.service.spec, error, self._stack.home.records)
                successor.stop()
                return
            self._stack.supervisors[spec.name] = retiring
            place.let_go()
        successor.let_go()
        wanted = place.spec_next
        place.take_over(
            new._replace(
                spec=msgspec.structs.replace(
                    new.spec,
                    name=going.name,
                    of="",
                    enabled=wanted.enabled,
                    restart=wanted.restart,
                )
            )
        )
        log.info("%s: %d took over from %s", going.name, new.process.pid, old and old.process.pid)
        self.problems.pop(going.name, None)
        self._end(going, None)

    def _end(self, going: Takeover, problem: Problem | None) -> None:
        place = self._stack.supervisors.get(going.name)
        wanted = place is not None and place.service.wanted
        self._dismiss(going.name + NEW)
        if wanted and going.again:
            going.again = False
            self._start(going.name)
            return
        del self._going[going.name]
        going.problem = problem or going.problem
        if wanted and going.problem:
            self.problems[going.name] = going.problem
        elif not wanted:
            going.problem = stopped_meanwhile(going.name)
        going.over = True

    def _dismiss(self, name: str) -> None:
        with contextlib.suppress(OSError):
            self._stack.records.remove(name)
        one = self._stack.supervisors.pop(name, None)
        if one is None:
            return
        task = asyncio.get_running_loop().create_task(one.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _free_name(self, name: str) -> str:
        names = (f"{name}{OLD}{number if number > 1 else ''}" for number in count(1))
        return next(one for one in names if one not in self._stack.supervisors)


def _tell_revoked(control: Control, node: str, nodes: int) -> None:
    """The successor can't learn it from mingling: nobody answers a node of its own name."""
    ids = control.revoked(node, ASK_S, nodes)
    if ids:
        control.revoke(node, ids, ASK_S, nodes)
