"""One project's stack, alive: its supervisors, what they share, and the commands on them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from desktop.engine import app_info, config, redis_server, redis_url, stack
from desktop.engine.census.census import Census
from desktop.engine.census.same_app import same_app
from desktop.engine.commands import (
    Existing,
    ServiceProblem,
    Start,
    StartReport,
    Stop,
    StopReport,
    WorkerOptions,
)
from desktop.engine.config import StackConfig
from desktop.engine.control import Control
from desktop.engine.errors import TrayError, UsageError
from desktop.engine.model import (
    ActiveTask,
    Finding,
    Problem,
    Queue,
    RedisPing,
    ServiceSpec,
    ServiceStatus,
    StackStatus,
    TaskCounts,
    WorkerRow,
)
from desktop.engine.records import Record, Records
from desktop.engine.redis_problems import check
from desktop.engine.states import (
    ALIVE,
    UP,
    Owner,
    Role,
    ServiceKind,
    ServiceState,
    Severity,
    StackState,
)
from desktop.engine.supervisor import Preparation, Supervisor
from desktop.engine.telemetry import Telemetry
from desktop.paths import Home, StackHome, stack_id
from desktop.words import Text, text, verbatim

log = logging.getLogger(__name__)


class LiveStack:
    """A stack that the engine has opened."""

    def __init__(
        self, project: str, home: Home, boot_id: str, on_change: Callable[[], None]
    ) -> None:
        self.project = project
        self.id = stack_id(Path(project) if project else None)
        self.home: StackHome = home.stack(self.id)
        self.boot_id = boot_id
        self.census = Census()
        self.workers: tuple[WorkerRow, ...] = ()
        self.queues: tuple[Queue, ...] = ()
        self._tray_home = home
        self._on_change = on_change
        self._config: StackConfig | None = None
        self._info: app_info.AppInfo | None = None
        self._app_problem: Problem | None = None
        self._problem: Problem | None = None
        self._broken_records: tuple[Path, ...] = ()
        self._controls: dict[str, Control] = {}
        self._telemetry: Telemetry | None = None
        self._telemetry_url = ""
        self._tasks = TaskCounts()
        self._active: tuple[ActiveTask, ...] = ()
        self._extra: dict[str, WorkerOptions] = {}
        self._settled = asyncio.Condition()
        self._notifying: asyncio.Task[None] | None = None
        self.records = Records(self.home)
        self.supervisors: dict[str, Supervisor] = {}

    # --- configuration -----------------------------------------------------------------------

    async def load(self) -> None:
        """Read the configuration (again). Raises :class:`ConfigError`; what runs goes on."""
        try:
            self.home.make()
            loaded = config.load(Path(self.project) if self.project else None, self._tray_home)
        except OSError as error:
            raise unusable_folder(self.home, error) from None
        self._config = loaded
        self._problem = None
        await self._ask_app(loaded)
        self._set_specs(
            stack.specs(loaded, self.home, self._tray_home, info=self._info, worker=worker)
            for worker in (None, *self._extra.values())
        )

    async def _ask_app(self, loaded: StackConfig) -> None:
        self._app_problem = None
        self._info = app_info.cached(loaded, self.home)
        if self._info is not None:
            return
        try:
            self._info = await asyncio.to_thread(app_info.ask, loaded, self.home)
        except TrayError as error:
            self._app_problem = error.problem

    def _set_specs(self, groups: Iterable[tuple[ServiceSpec, ...]]) -> None:
        specs: dict[str, ServiceSpec] = {}
        for group in groups:
            specs.update({spec.name: spec for spec in group})
        for name, supervisor in list(self.supervisors.items()):
            if name not in specs and supervisor.service.state is ServiceState.STOPPED:
                del self.supervisors[name]
        for spec in specs.values():
            known = self.supervisors.get(spec.name)
            if known is None:
                self.supervisors[spec.name] = Supervisor(spec, self)
            else:
                known.spec_next = spec
                if known.service.state in {ServiceState.STOPPED, ServiceState.FAILED}:
                    known.service.spec = spec
        order = {name: place for place, name in enumerate(specs)}
        self.supervisors = dict(
            sorted(self.supervisors.items(), key=lambda item: order.get(item[0], len(order)))
        )
        self.changed()

    # --- life --------------------------------------------------------------------------------

    async def adopt(self) -> None:
        """Find again what an earlier engine left running; start again what it still wanted."""
        records, self._broken_records = await asyncio.to_thread(self.records.load)
        for record in records:
            if record.boot_id != self.boot_id:
                self.records.remove(record.spec.name)
                continue
            name = record.spec.name
            supervisor = self.supervisors.get(name)
            if supervisor is None:
                supervisor = self.supervisors[name] = Supervisor(record.spec, self)
            supervisor.service.spec = record.spec
            if supervisor.adopt(record):
                supervisor.run()
            elif record.stopping:
                self.records.remove(name)
            else:
                supervisor.start()
                supervisor.run()
        self._listen()

    async def close(self) -> None:
        """Let go of everything; the processes go on."""
        for supervisor in self.supervisors.values():
            await supervisor.close()
        if self._telemetry:
            await asyncio.to_thread(self._telemetry.stop)

    @property
    def wanted(self) -> bool:
        """Something of ours runs or should run: the engine has to stay."""
        return any(
            supervisor.service.state is not ServiceState.STOPPED
            and not (supervisor.service.state is ServiceState.FAILED and supervisor.pid is None)
            for supervisor in self.supervisors.values()
        )

    # --- commands ----------------------------------------------------------------------------

    async def start(self, command: Start) -> StartReport:
        """Start what was asked for, with all it needs; returns when everything has settled."""
        if command.worker:
            self._extra[command.worker.name] = command.worker
        await self.load()
        names = self._chosen(command)
        workers = [name for name in names if self._is_fresh_worker(name)]
        found: tuple[WorkerRow, ...] = ()
        if workers:
            found = await self.existing()
            if found and command.existing is Existing.REFUSE:
                return StartReport(existing=found)
        for name in names:
            self.supervisors[name].start()
            self.supervisors[name].run()
        self._listen()
        await self._until(names, UP | {ServiceState.FAILED, ServiceState.STOPPED})
        report = self._report(names)
        if found and command.existing is Existing.REPLACE and not report.failed:
            stopped = await self.stop_existing(tuple(row.pid for row in found))
            report = msgspec.structs.replace(
                report, replaced=tuple(int(pid) for pid in stopped.stopped)
            )
        return report

    async def stop(self, command: Stop) -> StopReport:
        """Stop what was asked for; returns when it has stopped or the patience is over."""
        names = command.services or tuple(self.supervisors)
        self._check_names(names)
        names = tuple(
            name
            for name in names
            if self.supervisors[name].service.state is not ServiceState.STOPPED
        )
        for name in names:
            self.supervisors[name].stop()
            self.supervisors[name].run()
            if command.force:
                self.supervisors[name].force()
        busy: tuple[str, ...] = ()
        try:
            async with asyncio.timeout(command.patience_s):
                await self._until(names, {ServiceState.STOPPED, ServiceState.FAILED}, stop=True)
        except TimeoutError:
            pass
        busy = tuple(
            name
            for name in names
            if self.supervisors[name].service.state not in {ServiceState.STOPPED}
        )
        await self.look()
        return StopReport(stopped=tuple(name for name in names if name not in busy), busy=busy)

    async def restart(self, names: tuple[str, ...]) -> StartReport:
        """Stop and start again; a worker finishes its tasks first, so none is lost."""
        await self.load()
        names = names or tuple(name for name, one in self.supervisors.items() if one.service.wanted)
        self._check_names(names)
        begun = {}
        for name in names:
            supervisor = self.supervisors[name]
            begun[name] = supervisor.pid
            supervisor.restart()
            supervisor.run()
        for needed in self._needed_by(names):
            if not self.supervisors[needed].service.wanted:
                self.supervisors[needed].start()
            self.supervisors[needed].run()
        async with self._settled:
            await self._settled.wait_for(
                lambda: all(
                    (
                        (one := self.supervisors[name]).service.state in UP | {ServiceState.FAILED}
                        and (begun[name] is None or one.pid != begun[name])
                    )
                    or (not one.service.wanted and one.service.state is ServiceState.STOPPED)
                    for name in names
                )
            )
        return self._report(names)

    async def existing(self) -> tuple[WorkerRow, ...]:
        """Workers of this app that run and are not ours."""
        await self.look()
        return tuple(
            row
            for row in self.workers
            if row.role is Role.WORKER and row.owner in {Owner.EXTERNAL, Owner.ORPHAN}
        )

    async def stop_existing(self, pids: tuple[int, ...]) -> StopReport:
        """Warmly stop workers of this app that are not ours, each verified before its signal."""
        rows = [row for row in await self.existing() if not pids or row.pid in pids]
        stopped = await asyncio.to_thread(self.census.stop_warmly, rows)
        await self.look()
        return StopReport(
            stopped=tuple(str(row.pid) for row in rows if row.pid in stopped),
            busy=tuple(str(row.pid) for row in rows if row.pid not in stopped),
        )

    async def look(self) -> tuple[WorkerRow, ...]:
        """Take the census; keeps and returns the rows of this app."""
        ours = [one for s in self.supervisors.values() if (one := s.identity)]
        rows = await asyncio.to_thread(self.census.scan, ours)
        app = self._config.app if self._config else ""
        self.workers = tuple(
            row
            for row in rows
            if row.owner is Owner.OURS
            or same_app(row, app=app, project=self.project, broker=self.broker_url)
        )
        self.changed()
        return rows

    def _chosen(self, command: Start) -> tuple[str, ...]:
        if command.worker:
            names: tuple[str, ...] = (command.worker.name,)
        elif command.services:
            names = command.services
        else:
            names = tuple(
                name
                for name, one in self.supervisors.items()
                if one.spec_next.enabled
                and name not in command.without
                and one.spec_next.kind not in command.without
            )
        self._check_names(names)
        needed = self._needed_by(names)
        return tuple(name for name in self.supervisors if name in names or name in needed)

    def _needed_by(self, names: Iterable[str]) -> set[str]:
        needed: set[str] = set()
        todo = list(names)
        while todo:
            spec = self.supervisors[todo.pop()].spec_next
            for name in (*spec.needs, *spec.uses):
                if name in self.supervisors and name not in needed:
                    needed.add(name)
                    todo.append(name)
        return needed

    def _check_names(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.supervisors:
                raise no_such_service(name, tuple(self.supervisors))

    def _is_fresh_worker(self, name: str) -> bool:
        one = self.supervisors[name]
        return one.spec_next.kind is ServiceKind.WORKER and one.pid is None

    async def _until(
        self, names: tuple[str, ...], states: Iterable[ServiceState], *, stop: bool = False
    ) -> None:
        wanted_states = frozenset(states)

        def settled() -> bool:
            for name in names:
                one = self.supervisors[name].service
                if one.state not in wanted_states:
                    return False
                if not stop and one.state is ServiceState.STOPPED and one.wanted:
                    return False
            return True

        async with self._settled:
            await self._settled.wait_for(settled)

    def _report(self, names: tuple[str, ...]) -> StartReport:
        ready, failed = [], []
        for name in names:
            service = self.supervisors[name].service
            if service.state in UP:
                ready.append(name)
            else:
                failed.append(ServiceProblem(name, service.problem or stopped_meanwhile(name)))
        return StartReport(ready=tuple(ready), failed=tuple(failed))

    # --- what supervisors need to know -------------------------------------------------------

    def service_up(self, name: str) -> bool:
        one = self.supervisors.get(name)
        return one is None or one.service.state in UP

    def users_alive(self, name: str) -> bool:
        return any(
            name in one.service.spec.needs and (one.pid is not None or one.service.state in ALIVE)
            for one in self.supervisors.values()
        )

    def control(self) -> Control:
        url = self.broker_url
        if url not in self._controls:
            self._controls[url] = Control(url)
        return self._controls[url]

    def running_tasks(self, node: str) -> tuple[str, ...]:
        return tuple(
            task.id for task in self._active if task.worker == node and task.started_at is not None
        )

    async def prepare(self, spec: ServiceSpec) -> Preparation:
        """What has to be known just before a start: is it there already, can it be started?"""
        if isinstance(spec.probe, RedisPing):
            return await self._prepare_redis(spec, spec.probe.url)
        if spec.kind in {ServiceKind.WORKER, ServiceKind.BEAT}:
            if self._app_problem and self._config:
                # The person may have mended the app since it was asked.
                await self._ask_app(self._config)
            if self._app_problem:
                return Preparation(blocked=self._app_problem)
        return Preparation(argv=self._with_mingle(spec))

    def _with_mingle(self, spec: ServiceSpec) -> tuple[str, ...]:
        """A worker that joins others learns from them which tasks were revoked; one that is
        alone would only wait a second for nobody (facts: ready after 1.4 s instead of 0.4 s)."""
        others = any(
            one.service.spec.kind is ServiceKind.WORKER
            and one.service.spec.name != spec.name
            and one.service.state is ServiceState.RUNNING
            for one in self.supervisors.values()
        ) or any(row.owner is not Owner.OURS for row in self.workers)
        if others:
            return tuple(word for word in spec.argv if word != "--without-mingle")
        return spec.argv

    async def _prepare_redis(self, spec: ServiceSpec, url: str) -> Preparation:
        answer = await check(url)
        if answer.answers:
            return Preparation(external=True, detail=answer.detail)
        start = self._config.redis.start if self._config else "never"
        if not (answer.startable and redis_url.is_local(url) and start == "if-needed"):
            return Preparation(blocked=answer.problem)
        try:
            command = await asyncio.to_thread(redis_server.server_command, url, self.home.redis)
        except TrayError as error:
            return Preparation(blocked=error.problem)
        return Preparation(argv=command.argv)

    def changed(self) -> None:
        """Something moved: the others look again, the faces are told."""
        for supervisor in self.supervisors.values():
            supervisor.wake()
        if self._notifying is None or self._notifying.done():
            self._notifying = asyncio.get_running_loop().create_task(self._notify())
        self._on_change()

    async def _notify(self) -> None:
        async with self._settled:
            self._settled.notify_all()

    # --- telemetry ---------------------------------------------------------------------------

    @property
    def broker_url(self) -> str:
        redis = self.supervisors.get("redis")
        if redis and isinstance(redis.service.spec.probe, RedisPing):
            return redis.service.spec.probe.url
        return self._info.broker_url if self._info else ""

    def _listen(self) -> None:
        """Listen to the workers' events as long as something is wanted."""
        url = self.broker_url
        if not url or not redis_url.is_redis(url) or url == self._telemetry_url:
            return
        if self._telemetry:
            self._telemetry.stop()
        loop = asyncio.get_running_loop()

        def on_change(counts: TaskCounts, active: tuple[ActiveTask, ...]) -> None:
            loop.call_soon_threadsafe(self._set_tasks, counts, active)

        self._telemetry = Telemetry(url, on_change)
        self._telemetry_url = url
        self._telemetry.start()

    def _set_tasks(self, counts: TaskCounts, active: tuple[ActiveTask, ...]) -> None:
        self._tasks, self._active = counts, active
        self._on_change()

    @property
    def queue_names(self) -> tuple[str, ...]:
        return self._info.queues if self._info else ()

    # --- for the snapshot --------------------------------------------------------------------

    def status(self) -> StackStatus:
        services = tuple(one.status() for one in self.supervisors.values())
        return StackStatus(
            id=self.id,
            name=self._config.name if self._config else (Path(self.project).name or "Celery Tray"),
            project=self.project,
            app=self._config.app if self._config else "",
            broker=redis_url.mask(self.broker_url),
            state=stack_state(services),
            services=services,
            workers=self.workers,
            tasks=self._tasks,
            active=self._active,
            queues=self.queues,
            findings=self._findings(services),
            problem=self._problem,
        )

    def set_problem(self, problem: Problem) -> None:
        self._problem = problem
        self._on_change()

    def _findings(self, services: tuple[ServiceStatus, ...]) -> tuple[Finding, ...]:
        findings = [broken_record(path) for path in self._broken_records]
        findings += [
            Finding(
                id=f"service-failed-{one.name}",
                severity=Severity.CRITICAL,
                title=one.error.title,
                detail=one.error.message,
                fix=one.error.next_step,
            )
            for one in services
            if one.state is ServiceState.FAILED and one.error
        ]
        others = [r for r in self.workers if r.owner is not Owner.OURS and r.role is Role.WORKER]
        if others:
            findings.append(other_workers(others))
        return tuple(findings)


def stack_state(services: tuple[ServiceStatus, ...]) -> StackState:
    """All services as one: running when everything that belongs to "start all" is up."""
    ours = [one for one in services if one.state is not ServiceState.EXTERNAL]
    if all(one.state is ServiceState.STOPPED for one in ours):
        return StackState.STOPPED
    if any(one.state is ServiceState.FAILED for one in ours):
        return StackState.FAILED
    expected = [one for one in services if one.enabled or one.wanted]
    return StackState.RUNNING if all(one.state in UP for one in expected) else StackState.PARTIAL


def restored(record: Record) -> str:
    """The name of the service that a record is about."""
    return record.spec.name


# --- words ---------------------------------------------------------------------------------------


def no_such_service(name: str, known: tuple[str, ...]) -> UsageError:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return UsageError(
        "no-such-service",
        text("There is no service called {name}.", name=name),
        text("This stack has: {names}.", names=", ".join(known)),
        text("Did you mean {name}?", name=near[0]) if near else Text(""),
    )


def stopped_meanwhile(name: str) -> Problem:
    return Problem(
        "stopped-meanwhile",
        text("{service} was asked to stop while it was starting.", service=name),
        Text(""),
        text("Start it again: celery-tray start {service}", service=name),
    )


def unusable_folder(home: StackHome, error: OSError) -> TrayError:
    return TrayError(
        "home",
        text("The state folder can't be used: {path}", path=str(error.filename or home.root)),
        verbatim(error.strerror or type(error).__name__),
        text("Make it a folder that you may write to, or choose another with --home."),
    )


def broken_record(path: Path) -> Finding:
    return Finding(
        id="record-broken",
        severity=Severity.WARNING,
        title=text("A record of a started service can't be read."),
        detail=text("It was set aside as {path}.", path=str(path)),
        fix=text(
            "See with celery-tray workers whether that service still runs; then delete the file."
        ),
    )


def other_workers(rows: list[WorkerRow]) -> Finding:
    from desktop.words import textn

    return Finding(
        id="other-workers",
        severity=Severity.WARNING,
        title=textn(
            "{n} other worker of this app is running",
            "{n} other workers of this app are running",
            len(rows),
        ),
        detail=text("Not started here, and it takes tasks from the same queues."),
        fix=text("Replace them safely: celery-tray start --replace"),
        pids=tuple(row.pid for row in rows),
    )


__all__ = ["LiveStack", "restored", "stack_state", "time"]
