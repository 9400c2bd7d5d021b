"""One project's stack, alive: its configuration, its supervisors, and what they share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from desktop.engine import app_info, autoreload, config, ports, preparation, stack
from desktop.engine.adoption import sort_out
from desktop.engine.code_following import CodeFollowing
from desktop.engine.commands import Start, StartReport, Stop, StopReport, WorkerOptions
from desktop.engine.config import StackConfig
from desktop.engine.control import Control
from desktop.engine.errors import TrayError
from desktop.engine.found_workers import FoundWorkers, Wanted, others
from desktop.engine.lifecycle import Lifecycle
from desktop.engine.model import (
    Finding,
    Problem,
    Queue,
    RedisPing,
    ServiceSpec,
    StackStatus,
)
from desktop.engine.preparation import Preparation
from desktop.engine.records import Records
from desktop.engine.stack_findings import (
    code_not_taken_up,
    not_taken_over,
    stack_findings,
    stack_state,
)
from desktop.engine.start_problems import unusable_folder
from desktop.engine.states import UP, Owner, ServiceKind, ServiceState
from desktop.engine.supervisor import Supervisor
from desktop.engine.takeover import Takeovers
from desktop.engine.task_watch import TaskWatch
from desktop.engine.urls import masked
from desktop.paths import Home, StackHome, stack_id

Identity = tuple[int, float]
"""(pid, create time)."""

log = logging.getLogger(__name__)


class LiveStack:
    """A stack that the engine has opened."""

    def __init__(
        self,
        project: str,
        home: Home,
        boot_id: str,
        on_change: Callable[[], None],
        ours: Callable[[], tuple[Identity, ...]],
    ) -> None:
        """``ours``: every process that the engine has started, for other projects too."""
        self.project = project
        self.id = stack_id(Path(project) if project else None)
        self.home: StackHome = home.stack(self.id)
        self.boot_id = boot_id
        self.queues: tuple[Queue, ...] = ()
        self.machine_findings: tuple[Finding, ...] = ()
        self.records = Records(self.home)
        self.supervisors: dict[str, Supervisor] = {}
        self.found = FoundWorkers(self._wanted_workers, on_change)
        self._tasks = TaskWatch(on_change)
        self.takeovers = Takeovers(self)
        self._lifecycle = Lifecycle(self)
        self._tray_home = home
        self._on_change = on_change
        self._ours = ours
        self._config: StackConfig | None = None
        self._info: app_info.AppInfo | None = None
        self._app_problem: Problem | None = None
        self._problem: Problem | None = None
        self._broken_records: tuple[Path, ...] = ()
        self._control: tuple[str, Control] | None = None
        self._extra: dict[str, WorkerOptions] = {}
        self._code = CodeFollowing(self.home, self._reload, on_change)

    # --- configuration -----------------------------------------------------------------------

    async def load(self) -> None:
        """Read the configuration (again). Raises :class:`ConfigError`; what runs goes on."""
        try:
            self.home.make()
            # The folder's name is a digest: the next engine finds the project by this.
            (self.home.root / "project").write_text(self.project)
            loaded = config.load(Path(self.project) if self.project else None, self._tray_home)
        except OSError as error:
            raise unusable_folder(self.home, error) from None
        self._config = loaded
        self._problem = None
        await self._ask_app(loaded)
        self._make_specs(loaded)
        self._code.follow(loaded)

    async def _ask_app(self, loaded: StackConfig) -> None:
        self._app_problem = None
        self._info = app_info.cached(loaded, self.home)
        if self._info is not None:
            return
        try:
            self._info = await asyncio.to_thread(app_info.ask, loaded, self.home)
        except TrayError as error:
            self._app_problem = error.problem

    def _make_specs(self, loaded: StackConfig) -> None:
        specs: dict[str, ServiceSpec] = {}
        for worker in (None, *self._extra.values()):
            made = stack.specs(loaded, self.home, self._tray_home, info=self._info, worker=worker)
            specs.update({spec.name: spec for spec in made})
        for name, supervisor in list(self.supervisors.items()):
            service = supervisor.service
            idle = service.state is ServiceState.STOPPED and not service.wanted
            if name not in specs and idle:
                del self.supervisors[name]
        for spec in specs.values():
            known = self.supervisors.get(spec.name)
            if known is None:
                self.supervisors[spec.name] = Supervisor(spec, self)
            else:
                known.set_spec(spec)
        order = {name: place for place, name in enumerate(specs)}
        self.supervisors = dict(
            sorted(
                self.supervisors.items(),
                key=lambda item: order.get(item[1].service.spec.known_as, len(order)),
            )
        )
        self.changed()

    async def _reload(self, names: tuple[str, ...]) -> None:
        """The code has changed: those of these workers that run take it up."""
        running = tuple(
            name
            for name in names
            if (one := self.supervisors.get(name)) and one.service.state is ServiceState.RUNNING
        )
        if running:
            log.info("the code has changed: %s", ", ".join(running))
            await self._lifecycle.until(lambda: all(map(self._has_room, running)))
            await self.restart(running)

    def _has_room(self, name: str) -> bool:
        return len(self.takeovers.retiring(name)) < autoreload.FINISHING_MAX

    # --- life --------------------------------------------------------------------------------

    async def adopt(self) -> None:
        """Find again what an earlier engine left running; start again what it still wanted."""
        records, self._broken_records = await asyncio.to_thread(self.records.load)
        records, stale = sort_out(records, self.boot_id)
        for record in stale:
            self.records.remove(record.spec.name)
        for record in records:
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
        self.takeovers.adopted()
        self._listen()

    async def close(self) -> None:
        """Let go of everything; the processes go on."""
        await self._code.close()
        await self.takeovers.close()
        for supervisor in tuple(self.supervisors.values()):
            await supervisor.close()
        await self._tasks.close()

    @property
    def wanted(self) -> bool:
        """Something of ours runs or should run: the engine has to stay."""
        return any(
            supervisor.service.state is not ServiceState.STOPPED
            and not (supervisor.service.state is ServiceState.FAILED and supervisor.pid is None)
            for supervisor in self.supervisors.values()
        )

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The processes of this stack that run."""
        return tuple(one for s in self.supervisors.values() if (one := s.identity))

    # --- commands ----------------------------------------------------------------------------

    async def start(self, command: Start) -> StartReport:
        if command.worker:
            self._extra[command.worker.name] = command.worker
        return await self._lifecycle.start(command)

    async def stop(self, command: Stop) -> StopReport:
        return await self._lifecycle.stop(command)

    async def restart(self, names: tuple[str, ...]) -> StartReport:
        return await self._lifecycle.restart(names)

    # --- what supervisors and commands need to know ------------------------------------------

    def service_up(self, name: str) -> bool:
        one = self.supervisors.get(name)
        return one is None or one.service.state in UP

    def users_alive(self, name: str) -> bool:
        # Not one that only waits to be started: it waits for this very service, for ever.
        return any(
            name in one.service.spec.needs and one.pid is not None
            for one in self.supervisors.values()
        )

    def control(self) -> Control:
        url = self.broker_url
        if self._control is None or self._control[0] != url:
            options = self._info.transport_options if self._info else None
            self._control = (url, Control(url, options))
        return self._control[1]

    def running_tasks(self, node: str, pid: int = 0) -> tuple[str, ...]:
        return self._tasks.running(node, pid)

    def successor_starts(self, name: str) -> bool:
        return self.takeovers.starts(name)

    def supervisor_of(self, spec: ServiceSpec) -> Supervisor:
        return Supervisor(spec, self)

    def obstacle(self, name: str) -> Problem | None:
        """Why a fresh process of this service could not even be started now."""
        kind = self.supervisors[name].spec_next.kind
        return self._app_problem if kind in {ServiceKind.WORKER, ServiceKind.BEAT} else None

    async def prepare(self, spec: ServiceSpec) -> Preparation:
        """What has to be known just before a start."""
        if isinstance(spec.probe, RedisPing):
            may_start = self._config is not None and self._config.redis.start == "if-needed"
            return await preparation.redis(spec.probe, self.home.redis, may_start=may_start)
        if spec.kind in {ServiceKind.WORKER, ServiceKind.BEAT} and self._app_problem:
            return Preparation(blocked=self._app_problem)
        if spec.kind is ServiceKind.WORKER:
            known_as = spec.known_as
            members = (self.supervisors.get(n) for n in self.takeovers.family(known_as))
            return await preparation.worker(
                spec,
                has_neighbours=self._has_neighbours(known_as),
                family=tuple(one.pid for one in members if one and one.pid is not None),
            )
        if spec.kind is ServiceKind.FLOWER:
            return await preparation.flower(spec, self._tray_home)
        return Preparation(argv=spec.argv)

    def _has_neighbours(self, name: str) -> bool:
        own = {pid for pid, _ in self.identities}
        return any(
            one.service.spec.kind is ServiceKind.WORKER
            and one.service.spec.known_as != name
            and one.service.state is ServiceState.RUNNING
            for one in self.supervisors.values()
        ) or any(row.pid not in own for row in self.found.rows)

    def _wanted_workers(self) -> Wanted:
        redis = self.supervisors.get("redis")
        # Where nothing listens nobody answers, and the question would only take its time.
        asks = bool(self.broker_url) and not (redis and ports.free_for(redis.service.spec))
        return Wanted(
            app=self._config.app if self._config else "",
            # The bundled app is the same one whatever project configures it.
            project=self._config.cwd if self._config else self.project,
            broker=self.broker_url,
            control=self.control() if asks else None,
            ours=self._ours(),
            mine=self.identities,
        )

    def changed(self) -> None:
        """Something moved: the others look again, the faces are told."""
        self.takeovers.look()
        for supervisor in self.supervisors.values():
            supervisor.wake()
        self._listen()
        self._lifecycle.moved()
        self._on_change()

    def _listen(self) -> None:
        """Follow the tasks on the stack's broker, as soon as it is up."""
        if "redis" in self.supervisors and self.service_up("redis"):
            self._tasks.listen(self.broker_url)

    @property
    def broker_url(self) -> str:
        redis = self.supervisors.get("redis")
        if redis and isinstance(redis.service.spec.probe, RedisPing):
            return redis.service.spec.probe.url
        return self._info.broker_url if self._info else ""

    @property
    def queue_names(self) -> tuple[str, ...]:
        return self._info.queues if self._info else ()

    # --- for the snapshot --------------------------------------------------------------------

    def status(self) -> StackStatus:
        services = tuple(one.status() for one in self.supervisors.values())
        pids = {one.pid for one in services}
        rows = tuple(r for r in self.found.rows if r.owner is not Owner.OURS or r.pid in pids)
        warnings = {n: one.warning for n, one in self.supervisors.items() if one.warning}
        findings = stack_findings(services, warnings, others(rows), self._broken_records)
        code = (code_not_taken_up(self._code.problem),) if self._code.problem else ()
        kept = tuple(not_taken_over(*one) for one in self.takeovers.problems.items())
        return StackStatus(
            id=self.id,
            name=self._config.name if self._config else (Path(self.project).name or "Celery Tray"),
            project=self.project,
            app=self._config.app if self._config else "",
            broker=masked(self.broker_url),
            # A successor that starts beside a worker is no service that is not up yet.
            state=stack_state(s for s in services if not (s.of and s.wanted)),
            services=services,
            workers=rows,
            tasks=self._tasks.counts,
            active=self._tasks.active,
            queues=self.queues,
            findings=(*code, *kept, *findings, *self.machine_findings),
            problem=self._problem,
        )

    def set_problem(self, problem: Problem) -> None:
        self._problem = problem
        self._on_change()
