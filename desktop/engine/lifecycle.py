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
    Stop,
    StopReport,
)
from desktop.engine.found_workers import FoundWorkers
from desktop.engine.model import WorkerRow
from desktop.engine.start_problems import no_such_service, stopped_meanwhile, waits
from desktop.engine.states import UP, Owner, ServiceKind, ServiceState
from desktop.engine.supervisor import Supervisor


class Services(Protocol):
    """What is started and stopped."""

    supervisors: dict[str, Supervisor]
    found: FoundWorkers
    cleaner: Cleaner

    async def load(self) -> None: ...


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
        if any(self._is_fresh_worker(name) for name in names):
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
        await self._until(lambda: all(self._has_started(name) for name in names))
        report = self._report(names)
        if found and command.existing is Existing.REPLACE and not report.failed:
            pids = tuple(row.pid for row in found)
            stopped = await self._stack.cleaner.stop_existing(pids)
            replaced = tuple(int(pid) for pid in stopped.stopped)
            report = msgspec.structs.replace(report, replaced=replaced)
        return report

    async def stop(self, command: Stop) -> StopReport:
        """Stop what was asked for; returns when it has stopped or the patience is over."""
        names = command.services or tuple(self._all)
        self._check(names)
        names = tuple(n for n in names if self._state(n) is not ServiceState.STOPPED)
        for name in names:
            self._all[name].stop()
            self._all[name].run()
            if command.force:
                self._all[name].force()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(command.patience_s):
                await self._until(lambda: all(self._has_stopped(name) for name in names))
        stopped = tuple(name for name in names if self._state(name) is ServiceState.STOPPED)
        return StopReport(stopped=stopped, busy=tuple(n for n in names if n not in stopped))

    async def restart(self, names: tuple[str, ...]) -> StartReport:
        """Stop and start again; a worker finishes its tasks first, so none is lost."""
        await self._stack.load()
        names = names or tuple(name for name, one in self._all.items() if one.service.wanted)
        self._check(names)
        before = {name: self._all[name].pid for name in names}
        for name in names:
            self._all[name].restart()
            self._all[name].run()
        for needed in self._needed_by(names):
            if not self._all[needed].service.wanted:
                self._all[needed].start()
            self._all[needed].run()
        await self._until(lambda: all(self._has_restarted(name, before) for name in names))
        return self._report(names)

    # --- which -------------------------------------------------------------------------------

    @property
    def _all(self) -> dict[str, Supervisor]:
        return self._stack.supervisors

    def _state(self, name: str) -> ServiceState:
        return self._all[name].service.state

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
        self._check(names)
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

    def _check(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._all:
                raise no_such_service(name, tuple(self._all))

    def _is_fresh_worker(self, name: str) -> bool:
        one = self._all[name]
        return one.spec_next.kind is ServiceKind.WORKER and one.pid is None

    # --- until when --------------------------------------------------------------------------

    async def _until(self, settled: Callable[[], bool]) -> None:
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
        return self._state(name) is ServiceState.STOPPED or self._all[name].service.wanted

    def _has_restarted(self, name: str, before: Mapping[str, int | None]) -> bool:
        one = self._all[name]
        if one.service.state in UP | {ServiceState.FAILED}:
            return before[name] is None or one.pid != before[name]
        return one.service.state is ServiceState.STOPPED and not one.service.wanted

    def _report(self, names: tuple[str, ...]) -> StartReport:
        ready, failed = [], []
        for name in names:
            service = self._all[name].service
            if service.state in UP:
                ready.append(name)
                continue
            need = self._failed_need(name)
            problem = service.problem or (waits(name, need) if need else stopped_meanwhile(name))
            failed.append(ServiceProblem(name, problem))
        return StartReport(ready=tuple(ready), failed=tuple(failed))
