"""Carries out what one service's state machine decides: spawns, asks, signals, records.

One asyncio task a service. It gathers the facts, ticks the machine until nothing moves, and
sleeps until something happens: a process ends, a probe answers, another service moves, a command
comes, or a pause is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from desktop.engine import exits, logs, ports, process, start_problems
from desktop.engine.control import Control
from desktop.engine.model import Problem, ServiceSpec, ServiceStatus
from desktop.engine.preparation import Preparation
from desktop.engine.readiness import Readiness
from desktop.engine.records import Record
from desktop.engine.service import Action, Facts, Service
from desktop.engine.service_note import service_note
from desktop.engine.states import UP, ServiceKind, ServiceState
from desktop.engine.stopping import Stopping
from desktop.engine.surroundings import Surroundings
from desktop.system import parent_guard
from desktop.words import Text

log = logging.getLogger(__name__)

LOG_TAIL_LINES = 12


class Supervisor:
    """Drives one :class:`Service`."""

    def __init__(self, spec: ServiceSpec, stack: Surroundings) -> None:
        self.service = Service(spec, self._moved)
        self._stack = stack
        self._process: process.Process | None = None
        self._exit_problem: Problem | None = None
        self._blocked: Problem | None = None
        self._argv = spec.argv
        self._usage: process.Usage | None = None
        self._wake = asyncio.Event()
        self._readiness = Readiness(self._on_answer)
        self._stopping: Stopping | None = None
        self._preparing: asyncio.Future[Preparation] | None = None
        self._task: asyncio.Task[None] | None = None
        self.spec_next = spec
        """The newest spec from the configuration; takes effect at the next start."""

    # --- for the stack ---------------------------------------------------------------------------

    def set_spec(self, spec: ServiceSpec) -> None:
        """How it should be from its next start on."""
        self.spec_next = spec
        if self.service.state in {ServiceState.STOPPED, ServiceState.FAILED}:
            self.service.spec = spec

    def run(self) -> None:
        """Begin to drive; idempotent."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drive())

    def wake(self) -> None:
        self._wake.set()

    def start(self) -> None:
        self.service.start(time.monotonic())
        self._blocked = self._record()
        self.wake()

    def stop(self) -> None:
        self.service.stop()
        if self._preparing:
            self._preparing.cancel()
        self.wake()

    def restart(self) -> None:
        if self.service.state in {ServiceState.STARTING, ServiceState.RUNNING}:
            self.service.restart()
        else:
            self.service.start(time.monotonic())
        self._blocked = self._record()
        self.wake()

    def force(self) -> None:
        """The person's word: down the ladder now, whatever still runs."""
        if self._running:
            self._stop_of(self._running).force()

    def adopt(self, record: Record) -> bool:
        """Take over the process of a record; False when it is gone."""
        if record.pid is None or record.create_time is None:
            return False
        found = process.adopt(record.pid, record.create_time, record.started_at)
        if found is None:
            return False
        self._take(found)
        self.service.adopt(time.monotonic(), stopping=record.stopping, restarts=record.restarts)
        return True

    async def close(self) -> None:
        """Stop driving; the process goes on."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._readiness.close()
        if self._stopping:
            await self._stopping.close()

    @property
    def _running(self) -> process.Process | None:
        return self._process if self._process and self._process.alive else None

    @property
    def pid(self) -> int | None:
        return self._running.pid if self._running else None

    @property
    def identity(self) -> tuple[int, float] | None:
        return (self._running.pid, self._running.create_time) if self._running else None

    @property
    def warning(self) -> Problem | None:
        """What a person should know although it is up."""
        return self._readiness.warning if self.service.state in UP else None

    def set_usage(self, usage: process.Usage | None) -> None:
        self._usage = usage

    def status(self) -> ServiceStatus:
        """The service as it is, for the snapshot."""
        service, spec, running = self.service, self.service.spec, self._running
        usage = self._usage if running else None
        return ServiceStatus(
            name=spec.name,
            kind=spec.kind,
            state=service.state,
            enabled=spec.enabled,
            wanted=service.wanted,
            pid=running.pid if running else None,
            create_time=running.create_time if running else None,
            started_at=running.started_at if running else None,
            cpu_percent=usage.cpu_percent if usage else None,
            rss_bytes=usage.rss_bytes if usage else None,
            processes=usage.processes if usage else int(running is not None),
            url=spec.url,
            detail=self._readiness.detail if service.state in UP else Text(""),
            note=self._note(),
            restarts=service.restarts,
            error=service.problem,
            log_path=str(self._stack.home.log(spec.name)),
            node=spec.node,
            argv=self._argv,
        )

    # --- the loop --------------------------------------------------------------------------------

    async def _drive(self) -> None:
        while True:
            self._wake.clear()
            before = self.service.state
            action = self.service.tick(time.monotonic(), self._facts())
            self._exit_problem = None
            if action is Action.SPAWN:
                await self._spawn()
                continue
            if action is Action.TERM:
                self._terminate()
            if self.service.state is not before:
                continue
            await self._sleep()

    async def _sleep(self) -> None:
        due = self.service.due_at()
        timeout_s = None if due is None else max(due - time.monotonic(), 0.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()

    def _facts(self) -> Facts:
        spec = self.service.spec
        blocked = self._blocked or self._readiness.refused
        due = self.service.due_at()
        if (
            blocked is None
            and self.service.state is ServiceState.STARTING
            and due is not None
            and time.monotonic() >= due
        ):
            blocked = start_problems.silent(spec, self._tail())
        return Facts(
            needs_up=all(self._stack.service_up(name) for name in spec.needs),
            users_alive=self._stack.users_alive(spec.name),
            alive=self.pid is not None,
            exit_problem=self._exit_problem,
            external=self._readiness.external,
            ready=self._readiness.ready,
            blocked=blocked,
        )

    def _moved(self, service: Service, why: str) -> None:
        log.info("%s: %s (%s)", service.spec.name, service.state, why)
        state = service.state
        self._readiness.cancel()
        if state in {ServiceState.STARTING, ServiceState.STOPPED}:
            self._readiness.reset()
            service.spec = self.spec_next
        if state is ServiceState.EXTERNAL:
            self._readiness.watch_external(service.spec)
        if state is ServiceState.RUNNING:
            self._readiness.watch_health(service.spec, self._control())
        if state in {ServiceState.STOPPED, ServiceState.FAILED} or not service.wanted:
            self._blocked = None
        self._record()
        self._stack.changed()

    def _record(self) -> Problem | None:
        """Write down what the next engine has to know; the problem when that can't be done."""
        service, running = self.service, self._running
        try:
            if service.state is ServiceState.EXTERNAL or not (service.wanted or running):
                self._stack.records.remove(service.spec.name)
                return None
            self._stack.records.save(
                Record(
                    spec=service.spec,
                    boot_id=self._stack.boot_id,
                    pid=running.pid if running else None,
                    create_time=running.create_time if running else None,
                    started_at=running.started_at if running else None,
                    stopping=running is not None and not service.wanted,
                    restarts=service.restarts,
                )
            )
        except OSError as error:
            log.error("the record of %s can't be written: %s", service.spec.name, error)
            return start_problems.not_recorded(service.spec, error, self._stack.home.records)
        return None

    # --- start -----------------------------------------------------------------------------------

    async def _spawn(self) -> None:
        spec = self.service.spec
        self._preparing = asyncio.ensure_future(self._stack.prepare(spec))
        try:
            found = await self._preparing
        except asyncio.CancelledError:
            if not self.service.wanted:
                return
            raise
        self._readiness.detail, self._readiness.warning = found.detail, found.warning
        if found.external or found.blocked or not self.service.wanted:
            self._readiness.external, self._blocked = found.external, found.blocked
            return
        self._argv = found.argv
        if spec.port is not None and not ports.free_for(spec):
            holder = await asyncio.to_thread(ports.holder, spec.port)
            self._blocked = ports.problem(spec.port, spec.name, holder)
            return
        try:
            started = process.spawn(spec, self._stack.home, found.argv, found.env)
        except OSError as error:
            log_path = self._stack.home.log(spec.name)
            self._blocked = start_problems.cannot_spawn(spec, found.argv, error, log_path)
            return
        self.service.spawned(time.monotonic())
        self._take(started)
        if spec.kind is ServiceKind.WORKER:
            parent_guard.start(started.pid, started.create_time)
        # What no record tells of would be nobody's after this engine: it is asked to stop again.
        self._blocked = self._record()
        self._readiness.await_ready(spec, started, self._control())
        self._stack.changed()

    def _take(self, running: process.Process) -> None:
        self._process, self._stopping = running, None
        running.ended.add_done_callback(self._on_ended)

    def _control(self) -> Control | None:
        return self._stack.control() if self.service.spec.kind is ServiceKind.WORKER else None

    def _on_answer(self) -> None:
        self.wake()
        self._stack.changed()

    # --- end -------------------------------------------------------------------------------------

    def _on_ended(self, ended: asyncio.Future[int | None]) -> None:
        spec, running = self.service.spec, self._process
        if running is None or running.ended is not ended:
            return
        code = ended.result()
        ran_for_s = max(time.time() - running.started_at, 0.0)
        self._exit_problem = exits.explain(
            spec,
            code=code,
            ran_for_s=ran_for_s,
            quick=ran_for_s < spec.restart.min_uptime_s,
            log_tail=self._tail(),
        )
        if spec.kind is not ServiceKind.WORKER:
            running.end_group()
        self._readiness.ready = False
        self.wake()
        self._stack.changed()

    def _terminate(self) -> None:
        spec, running = self.service.spec, self._process
        if running is None:
            return
        is_worker = spec.kind is ServiceKind.WORKER
        self._stop_of(running).ask(self._stack.running_tasks(spec.node) if is_worker else ())
        self._record()

    def _stop_of(self, running: process.Process) -> Stopping:
        if self._stopping is None:
            spec = self.service.spec
            log_path = self._stack.home.log(spec.name)
            self._stopping = Stopping(spec, running, log_path, self._stack.changed)
        return self._stopping

    def _tail(self) -> tuple[str, ...]:
        return tuple(logs.tail(self._stack.home.log(self.service.spec.name), LOG_TAIL_LINES))

    def _note(self) -> Text | None:
        missing = (n for n in self.service.spec.needs if not self._stack.service_up(n))
        return service_note(
            self.service,
            self._stopping,
            silent=self._readiness.silent,
            waits_for="" if self.pid else next(missing, ""),
            preparing=self.service.spec.kind is ServiceKind.REDIS and self.pid is None,
        )
