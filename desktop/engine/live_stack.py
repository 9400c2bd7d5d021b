"""One project's stack, alive: its configuration, its supervisors, and what they share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from desktop.engine import autoreload, ports, preparation, stack
from desktop.engine.adoption import sort_out
from desktop.engine.all_stacks import AllStacks
from desktop.engine.census.brokers import Broker
from desktop.engine.census.judgement.survey import Wanted
from desktop.engine.cleanup.cleaner import Cleaner
from desktop.engine.code_following import CodeFollowing
from desktop.engine.commands import Start, StartReport, Stop, StopReport, WorkerOptions
from desktop.engine.config import StackConfig
from desktop.engine.control import Control
from desktop.engine.flower.starting import FlowerStart
from desktop.engine.found_workers import FoundWorkers
from desktop.engine.lifecycle import Lifecycle
from desktop.engine.model import (
    Finding,
    Identity,
    Problem,
    RedisPing,
    ServiceSpec,
    StackStatus,
    WorkerRow,
)
from desktop.engine.node_control.nodes import Nodes
from desktop.engine.own_services import OwnServices
from desktop.engine.preparation import Preparation
from desktop.engine.queues.watch import QueueWatch
from desktop.engine.records import Records
from desktop.engine.rescue import Rescuer, RescueStack, of_stack
from desktop.engine.stack_app import StackApp
from desktop.engine.stack_status import stack_status
from desktop.engine.start_problems import check_worker_name
from desktop.engine.states import UP, Role, ServiceKind, ServiceState
from desktop.engine.supervisor import Supervisor
from desktop.engine.takeover import Takeovers
from desktop.engine.task_control.actions import TaskActions
from desktop.engine.task_watch import TaskWatch
from desktop.paths import Home, StackHome, stack_id
from desktop.words import Text

log = logging.getLogger(__name__)


class LiveStack:
    """A stack that the engine has opened."""

    def __init__(
        self,
        project: str,
        home: Home,
        boot_id: str,
        on_change: Callable[[], None],
        all_stacks: AllStacks,
    ) -> None:
        self.project = project
        self.id = stack_id(Path(project) if project else None)
        self.home: StackHome = home.stack(self.id)
        self.boot_id = boot_id
        self.queues = QueueWatch(self)
        self.machine_findings: tuple[Finding, ...] = ()
        self.records = Records(self.home)
        self.supervisors: dict[str, Supervisor] = {}
        self.found = FoundWorkers(
            self._wanted_workers, self._watch, self.home.root / "sources.json"
        )
        self.rescuer = Rescuer(self._for_rescue, self.home.root, on_change)
        self.cleaner = Cleaner(self, self.home.root, on_change, self.rescuer)
        self.wanted_processes = all_stacks.wanted
        self._own = OwnServices()
        self.tasks = TaskWatch(on_change, self.home.root)
        self.takeovers = Takeovers(self)
        self.task_actions, self.nodes = TaskActions(self), Nodes(self)
        self._lifecycle = Lifecycle(self)
        self.flower = FlowerStart(self, home, self.home.log("flower"), on_change)
        self._tray_home = home
        self._on_change = on_change
        self.all_stacks = all_stacks
        self.app = StackApp(project, home, self.home)
        self.problem: Problem | None = None
        self.broken_records: tuple[Path, ...] = ()
        self._extra: dict[str, WorkerOptions] = {}
        self.code = CodeFollowing(self.home, self._reload, on_change)

    # --- configuration -----------------------------------------------------------------------

    async def load(self) -> None:
        """Read the configuration (again). Raises :class:`ConfigError`; what runs goes on."""
        loaded = await self.app.load()
        self.problem = None
        self._make_specs(loaded)
        self.code.follow(loaded)
        self.tasks.configure(loaded)

    def _make_specs(self, loaded: StackConfig) -> None:
        specs: dict[str, ServiceSpec] = {}
        info = self.app.info if self.app.known else None
        for worker in (None, *self._extra.values()):
            made = stack.specs(loaded, self.home, self._tray_home, info=info, worker=worker)
            specs.update({spec.name: spec for spec in made})
        self._own.configure(specs, complete=self.app.known)
        for name, supervisor in list(self.supervisors.items()):
            service = supervisor.service
            if name not in specs and service.state is ServiceState.STOPPED and not service.wanted:
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
        records, self.broken_records = await asyncio.to_thread(self.records.load)
        records, stale = sort_out(records, self.boot_id)
        for record in stale:
            self.records.remove(record.spec.name)
        died = []
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
                died.append(record)
            else:
                supervisor.start()
                supervisor.run()
                died.append(record)
        self.takeovers.adopted()
        self._listen()
        self.rescuer.begin(of_stack.ended_workers((*stale, *died), self.home))

    async def close(self) -> None:
        """Let go of everything; the processes go on."""
        first = (self.code.close, self.takeovers.close, self.cleaner.close)
        last = (self.rescuer.close, self.tasks.close, self.found.close)
        for close in (*first, *(one.close for one in self.supervisors.values()), *last):
            await close()

    @property
    def wanted(self) -> bool:
        """Something of ours runs or should run, or is cleaned up: the engine has to stay."""
        return self.cleaner.busy or any(
            supervisor.service.state is not ServiceState.STOPPED
            and not (supervisor.service.state is ServiceState.FAILED and supervisor.pid is None)
            for supervisor in self.supervisors.values()
        )

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The processes of this stack that run."""
        return tuple(one for s in self.supervisors.values() if (one := s.identity))

    @property
    def wanted_identities(self) -> tuple[Identity, ...]:
        """Those of them that are to go on."""
        return tuple(i for s in self.supervisors.values() if s.service.wanted and (i := s.identity))

    # --- commands ----------------------------------------------------------------------------

    async def start(self, command: Start) -> StartReport:
        if command.worker:
            name, known = command.worker.name, self.supervisors.get(command.worker.name)
            check_worker_name(name, known.service.spec if known else None)
            self._extra[name] = command.worker
        self.flower.allow(command.install)
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
        return self.app.control(self.broker_url)

    def running_tasks(self, node: str, pid: int = 0) -> tuple[str, ...]:
        return self.tasks.running(node, pid)

    def successor_starts(self, name: str) -> bool:
        return self.takeovers.starts(name)

    def supervisor_of(self, spec: ServiceSpec) -> Supervisor:
        return Supervisor(spec, self)

    def obstacle(self, name: str) -> Problem | None:
        """Why a fresh process of this service could not even be started now."""
        kind = self.supervisors[name].spec_next.kind
        return self.app.problem if kind in {ServiceKind.WORKER, ServiceKind.BEAT} else None

    def cleanup_control(self) -> Control | None:
        broker = self.broker()
        return broker.control if broker else None

    def service_of(self, row: WorkerRow) -> Supervisor | None:
        return next((s for s in self.supervisors.values() if s.pid == row.pid), None)

    def time_limit_s(self) -> float | None:
        return self.app.info.time_limit_s

    async def prepare(self, spec: ServiceSpec) -> Preparation:
        return await preparation.of_service(self, spec)

    def doing(self, spec: ServiceSpec) -> Text | None:
        return preparation.doing(self, spec)

    def next_spec(self, name: str) -> ServiceSpec:
        return self.supervisors[name].spec_next

    def has_neighbours(self, name: str) -> bool:
        own = {pid for pid, _ in self.identities}
        return any(
            one.service.spec.kind is ServiceKind.WORKER
            and one.service.spec.known_as != name
            and one.service.state is ServiceState.RUNNING
            for one in self.supervisors.values()
        ) or any(row.pid not in own and row.role is Role.WORKER for row in self.found.rows)

    def broker(self) -> Broker | None:
        """The stack's broker, to be asked about its nodes; None while it is down."""
        redis = self.supervisors.get("redis")
        # Where nothing listens nobody answers, and the question would only take its time.
        if not self.broker_url or (redis and ports.free_for(redis.service.spec)):
            return None
        return self.app.broker(self.broker_url)

    def _wanted_workers(self) -> Wanted:
        return Wanted(
            app=self.app.app,
            project=self.app.folder,
            broker=self.broker_url,
            brokers=self.all_stacks.brokers(),
            ours=self.all_stacks.started(),
            mine=self.identities,
            services=self._own.running(self.supervisors),
            sources=self.app.info.sources,
            busy=frozenset(task.worker for task in self.tasks.active if task.started_at),
            tasks_since=self.tasks.started_since,
            home=str(self._tray_home.root),
        )

    def changed(self) -> None:
        """Something moved: the others look again, the faces are told."""
        self.takeovers.look()
        for supervisor in self.supervisors.values():
            supervisor.wake()
        self._listen()
        if self._own.moved(self.supervisors.values()):
            self.found.stir()
        self._lifecycle.moved()
        self._watch()

    def _listen(self) -> None:
        """Follow the tasks on the stack's broker, as soon as it is up."""
        if self.service_up("redis"):
            self.tasks.listen(self.broker_url, self.app.info)

    def _for_rescue(self) -> RescueStack:
        return of_stack.place(
            self.supervisors,
            self.app.info,
            self.control,
            self.tasks,
            self.all_stacks.started(),
        )

    def _watch(self) -> None:
        """Every worker that is known is watched: what it holds when it dies goes back."""
        self.tasks.look(self.found.own_answers)
        self.rescuer.watch(of_stack.known_workers(self.found.rows, self.supervisors, self.home))
        self._on_change()

    @property
    def broker_url(self) -> str:
        redis = self.supervisors.get("redis")
        if redis and isinstance(redis.service.spec.probe, RedisPing):
            return redis.service.spec.probe.url
        return self.app.info.broker_url

    @property
    def queue_names(self) -> tuple[str, ...]:
        return self.app.info.queues

    # --- for the snapshot --------------------------------------------------------------------

    def status(self) -> StackStatus:
        return stack_status(self)

    def set_problem(self, problem: Problem) -> None:
        self.problem = problem
        self._on_change()
