"""Start, stop and restart of a stack's services, in the order in which they need each other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from desktop.engine.cleanup.cleaner import Cleaner
from desktop.engine.commands import (
    Existing,
    ServiceProblem,
    Start,
    StartReport,
    StillFinishing,
    Stop,
    StopReport,
)
from desktop.engine.found_workers import FoundWorkers
from desktop.engine.model import Problem, WorkerRow
from desktop.engine.start_problems import no_such_service, stopped_meanwhile, waits
from desktop.engine.states import UP, Owner, ServiceKind, ServiceState
from desktop.engine.supervisor import Supervisor
from desktop.engine.takeover import Takeover, Takeovers


class Services(Protocol):
    """What is started and stopped."""

    supervisors: dict[str, Supervisor]
    found: FoundWorkers
    takeovers: Takeovers
    cleaner: Cleaner

    async def load(self) -> None: ...
    def obstacle(self, name: str) -> Problem | None: ...


class Lifecycle:
    """Carries out one command after the other has begun; two at once meet in the supervisors."""

    def __init__(self, stack: Services) -> None:
        self._stack = stack
        self._moved = asyncio.Condition()
        self._telling: asyncio.Task[None] | None = None

    def moved(self) -> None:
        """Some service did: those who wait look again."""
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def start(self, command: Start) -> StartReport:
        """Start what was asked for, with all it needs; returns when everything has settled."""
        await self._stack.load()
        names = self._chosen(command)
        found: tuple[WorkerRow, ...] = ()
        # Whoever says "replace" means it also where ours run beside the others already.
        replace = command.existing is Existing.REPLACE and any(map(self._is_worker, names))
        if replace or any(self._is_fresh_worker(name) for name in names):
            found = await self._stack.found.existing()
            elsewhere = any(row.owner is Owner.OURS for row in found)
            if found and (
                command.existing is Existing.REFUSE
                or (elsewhere and command.existing is Existing.REPLACE)
            ):
                # Another project's are its own to stop: its stack would start them again.
                return StartReport(existing=found)
        for name in names:
            self._all[name].start()
            self._all[name].run()
        await self.until(lambda: all(self._has_started(name) for name in names))
        report = self._report(names)
        if found and command.existing is Existing.REPLACE and not report.failed:
            report = await self._replace(found, report)
        return report

    async def _replace(self, found: tuple[WorkerRow, ...], report: StartReport) -> StartReport:
        """Ours consumes: the others finish what they have and end, by their pids alone. One may
        have the name of ours."""
        stopped = await self._stack.cleaner.stop_existing(tuple(row.pid for row in found))
        busy = {int(pid) for pid in stopped.busy}
        return msgspec.structs.replace(
            report,
            replaced=tuple(int(pid) for pid in stopped.stopped),
            finishing=tuple(
                StillFinishing(row.pid, tasks=row.active) for row in found if row.pid in busy
            ),
        )

    async def stop(self, command: Stop) -> StopReport:
        """Stop what was asked for, and what needs it; returns when it has stopped or the patience
        is over."""
        self._check(command.services)
        family = self._stack.takeovers.family
        asked = command.services or dict.fromkeys(
            one.service.spec.known_as for one in self._all.values()
        )
        with_users = self._with_users(member for name in asked for member in family(name))
        heads = (n if n in asked else self._all[n].service.spec.known_as for n in with_users)
        families = {name: tuple(filter(self._is_there, family(name))) for name in heads}
        names = tuple(dict.fromkeys(name for members in families.values() for name in members))
        for name in names:
            self._all[name].stop()
            self._all[name].run()
            if command.force:
                self._all[name].force()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(command.patience_s):
                await self.until(lambda: all(self._has_stopped(name) for name in names))
        busy = {name for name in names if self._state(name) is not ServiceState.STOPPED}
        return StopReport(
            stopped=tuple(n for n, family in families.items() if family and not busy & {*family}),
            busy=tuple(n for n, family in families.items() if busy & {*family}),
        )

    async def restart(self, names: tuple[str, ...]) -> StartReport:
        """A fresh process of each, and of what needs it; a worker finishes its tasks, so none is
        lost."""
        await self._stack.load()
        names = names or tuple(name for name in self._own if self._all[name].service.wanted)
        self._check(names, among=self._own)
        asked = set(names)
        with_users = self._with_users(names)
        own = self._own
        names = tuple(
            n for n in with_users if n in asked or (n in own and self._all[n].service.wanted)
        )
        # What can't start is not stopped either.
        failed = tuple(
            ServiceProblem(name, problem)
            for name in names
            if self._state(name) is ServiceState.RUNNING and (problem := self._stack.obstacle(name))
        )
        names = tuple(name for name in names if name not in {one.service for one in failed})
        taken = [self._stack.takeovers.begin(n) for n in names if self._without_gap(n, names)]
        rest = tuple(name for name in names if name not in {one.name for one in taken})
        before = {name: self._all[name].pid for name in rest}
        for name in rest:
            self._all[name].restart()
            self._all[name].run()
        for needed in self._needed_by(names):
            if not self._all[needed].service.wanted:
                self._all[needed].start()
            self._all[needed].run()
        await self.until(
            lambda: (
                all(self._has_restarted(name, before) for name in rest)
                and all(self._has_taken_over(one) for one in taken)
            )
        )
        return self._report(names, taken, failed)

    def _without_gap(self, name: str, names: tuple[str, ...]) -> bool:
        """Its successor can start beside it: all that it needs stays up meanwhile."""
        needs = self._all[name].spec_next.needs
        stays = all(n not in names or self._state(n) is ServiceState.EXTERNAL for n in needs)
        return stays and self._stack.takeovers.possible(name)

    # --- which -------------------------------------------------------------------------------

    @property
    def _all(self) -> dict[str, Supervisor]:
        return self._stack.supervisors

    @property
    def _own(self) -> tuple[str, ...]:
        """Those of the configuration: a successor or a predecessor is only stopped by name."""
        return tuple(name for name, one in self._all.items() if not one.service.spec.of)

    def _state(self, name: str) -> ServiceState:
        """One that is no more has stopped."""
        one = self._all.get(name)
        return one.service.state if one else ServiceState.STOPPED

    def _is_there(self, name: str) -> bool:
        one = self._all.get(name)
        return one is not None and (
            one.service.state is not ServiceState.STOPPED or one.service.wanted
        )

    def _chosen(self, command: Start) -> tuple[str, ...]:
        if command.worker:
            names: tuple[str, ...] = (command.worker.name,)
        elif command.services:
            names = command.services
        else:
            names = tuple(
                name
                for name, one in self._all.items()
                if one.spec_next.enabled and not {name, one.spec_next.kind} & set(command.without)
            )
        self._check(names, among=self._own)
        needed = self._needed_by(names)
        return tuple(name for name in self._all if name in names or name in needed)

    def _needed_by(self, names: Iterable[str]) -> set[str]:
        needed: set[str] = set()
        todo = list(names)
        while todo:
            spec = self._all[todo.pop()].spec_next
            for name in (*spec.needs, *spec.uses):
                if name in self._all and name not in needed:
                    needed.add(name)
                    todo.append(name)
        return needed

    def _with_users(self, names: Iterable[str]) -> tuple[str, ...]:
        """Also those that run and need one of them: it would wait for their end for ever."""
        ending = set(names)
        while more := {
            name
            for name, one in self._all.items()
            if name not in ending
            and one.pid is not None
            and any(need in ending and self._all[need].pid for need in one.service.spec.needs)
        }:
            ending |= more
        return tuple(name for name in self._all if name in ending)

    def _check(self, names: Iterable[str], among: Iterable[str] | None = None) -> None:
        known = tuple(self._all if among is None else among)
        for name in names:
            if name not in known:
                raise no_such_service(name, known)

    def _is_worker(self, name: str) -> bool:
        return self._all[name].spec_next.kind is ServiceKind.WORKER

    def _is_fresh_worker(self, name: str) -> bool:
        return self._is_worker(name) and self._all[name].pid is None

    # --- until when --------------------------------------------------------------------------

    async def until(self, settled: Callable[[], bool]) -> None:
        """Wait until this is so; looked at whenever a service has moved."""
        async with self._moved:
            await self._moved.wait_for(settled)

    def _has_started(self, name: str) -> bool:
        service = self._all[name].service
        if service.state is ServiceState.STOPPED:
            return not service.wanted
        return service.state in UP | {ServiceState.FAILED} or bool(self._failed_need(name))

    def _failed_need(self, name: str) -> str:
        """The failed service that this one waits for; "" when there is none. It goes on waiting,
        and starts by itself when a person has put the other right."""
        one = self._all[name]
        if one.pid is not None or one.service.state in UP:
            return ""
        for need in one.service.spec.needs:
            if need in self._all:
                failed = self._state(need) is ServiceState.FAILED
                if found := need if failed else self._failed_need(need):
                    return found
        return ""

    def _has_stopped(self, name: str) -> bool:
        """Or somebody wants it again."""
        one = self._all.get(name)
        return one is None or one.service.state is ServiceState.STOPPED or one.service.wanted

    def _has_taken_over(self, one: Takeover) -> bool:
        """And the one before takes no more tasks."""
        before = self._stack.takeovers.retiring(one.name)
        return one.over and all(old.told_to_stop for old in before)

    def _has_restarted(self, name: str, before: Mapping[str, int | None]) -> bool:
        one = self._all[name]
        if one.service.state in UP | {ServiceState.FAILED}:
            return before[name] is None or one.pid != before[name]
        return one.service.state is ServiceState.STOPPED and not one.service.wanted

    def _report(
        self,
        names: tuple[str, ...],
        taken: Iterable[Takeover] = (),
        failed: tuple[ServiceProblem, ...] = (),
    ) -> StartReport:
        problems = {one.name: one.problem for one in taken if one.problem}
        ready, finishing, told = [], [], list(failed)
        for name in names:
            problem = problems.get(name) or self._problem(name)
            if problem:
                told.append(ServiceProblem(name, problem))
            else:
                ready.append(name)
        for name in (one.name for one in taken):
            for old in self._stack.takeovers.retiring(name):
                if old.pid is not None and old.tasks_left:
                    finishing.append(StillFinishing(old.pid, name, old.tasks_left))
        return StartReport(ready=tuple(ready), failed=tuple(told), finishing=tuple(finishing))

    def _problem(self, name: str) -> Problem | None:
        """Why it can't be used; None when it can."""
        service = self._all[name].service
        if service.state in UP:
            return None
        need = self._failed_need(name)
        return service.problem or (waits(name, need) if need else stopped_meanwhile(name))
