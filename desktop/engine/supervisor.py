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
from pathlib import Path

import msgspec

from desktop.engine import exits, logs, process, record_keeping, start_problems
from desktop.engine.control import Control
from desktop.engine.held import Held
from desktop.engine.launching import launch
from desktop.engine.model import Problem, ServiceSpec, ServiceStatus
from desktop.engine.preparation import Preparation
from desktop.engine.readiness import Readiness
from desktop.engine.records import Record
from desktop.engine.service import Action, Facts, Service
from desktop.engine.service_note import service_note
from desktop.engine.service_status import service_status
from desktop.engine.states import UP, ServiceKind, ServiceState
from desktop.engine.stopping import Stopping
from desktop.engine.surroundings import Surroundings
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
        self._forced = False
        self._argv = spec.argv
        self.usage: process.Usage | None = None
        """What its process takes, as measured last."""
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
        """The person's word: down the ladder, whatever still runs, once those that need it have
        ended: a worker hands back its tasks to a Redis that is still there."""
        self._forced = True
        if self._stopping and self._running and self.service.asked_to_stop:
            self._stopping.force()

    def adopt(self, record: Record) -> bool:
        """Take over the process of a record; False when it is gone."""
        found = process.adopt(record.pid, record.create_time, record.started_at)
        if found is None:
            return False
        self._take(found)
        self.service.adopt(
            time.monotonic(),
            stopping=record.stopping,
            # A worker that was told twice stops once (facts), one that was never told goes on.
            asked=record.asked and record.spec.kind is not ServiceKind.WORKER,
            ready=record.ready,
            restarts=record.restarts,
        )
        if self.service.state is ServiceState.STARTING:
            self.service.spec = record.spec
            self._record()
            self._readiness.await_ready(record.spec, found, self._control())
        return True

    def held(self) -> Held | None:
        """The process as another supervisor may take it; None when there is none."""
        running = self._running
        if running is None:
            return None
        return Held(running, self.service.spec, self._argv, self._readiness.node_pid)

    def let_go(self) -> None:
        """Another supervisor drives the process from now on."""
        self._process, self._stopping = None, None

    def take_over(self, held: Held) -> None:
        """Drive this process, which is ready, from now on."""
        self.service.spec = held.spec
        self.service.succeeded(time.monotonic())
        self._blocked, self._exit_problem = None, None
        self._receive(held)
        self._readiness.ready = True
        self._readiness.watch_health(self.service.spec, self._process, self._control())
        self._record()
        self.wake()

    def retire(self, held: Held) -> None:
        """Drive this process to its warm end. Raises OSError when that can't be recorded: then
        nothing has been begun."""
        record_keeping.keep_as(self._stack, self.service, held.process, stopping=True, asked=False)
        self._receive(held)
        self.service.adopt(time.monotonic(), stopping=True)
        self.run()

    def _receive(self, held: Held) -> None:
        self._argv = held.argv
        self._take(held.process)
        self._readiness.node_pid = held.node_pid

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

    @property
    def told_to_stop(self) -> bool:
        """It was asked to stop, and takes no more tasks."""
        return self._stopping is not None and self._stopping.told

    @property
    def tasks_left(self) -> int:
        """How many tasks it finishes before it ends; 0 unless it was asked to stop."""
        return self._stopping.tasks_left if self._stopping else 0

    def status(self) -> ServiceStatus:
        """The service as it is, for the snapshot."""
        return service_status(
            self.service,
            self._running,
            self.usage,
            argv=self._argv,
            detail=self._readiness.detail,
            note=self._note(),
            log_path=self._log_path,
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
        if blocked is None and self.service.overdue(time.monotonic()):
            blocked = start_problems.silent(spec, self._tail())
        return Facts(
            # A successor that is on its way takes this place as soon as it is ready.
            needs_up=all(self._stack.service_up(name) for name in spec.needs)
            and not self._stack.successor_starts(spec.name),
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
            self._readiness.watch_health(service.spec, self._running, self._control())
        if state in {ServiceState.STOPPED, ServiceState.FAILED} or not service.wanted:
            self._blocked = None
        self._forced = self._forced and state is ServiceState.STOPPING
        self._record()
        self._stack.changed()

    def _record(self) -> Problem | None:
        return record_keeping.keep(self._stack, self.service, self._running)

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
        self.service.spec, self._argv = (spec := found.spec or spec), found.argv
        started, self._blocked = await launch(spec, found, self._stack.home)
        if started is None:
            return
        self.service.spawned(time.monotonic())
        self._take(started)
        # What no record tells of would be nobody's after this engine: it is asked to stop again.
        self._blocked = self._record()
        self._readiness.await_ready(spec, started, self._control())
        self._stack.changed()

    def _take(self, running: process.Process) -> None:
        self._process = running
        self._stopping = Stopping(self.service.spec, running, self._log_path, self._stack.changed)
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
            msgspec.structs.replace(spec, name=spec.known_as),
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
        if self._stopping is None:
            return
        node, pid = self.service.spec.node, self._readiness.node_pid
        self._stopping.ask(self._stack.running_tasks(node, pid) if node else ())
        if self._forced:
            self._stopping.force()
        self._record()
        self._stack.changed()

    def _tail(self) -> tuple[str, ...]:
        return tuple(logs.tail(self._log_path, LOG_TAIL_LINES))

    @property
    def _log_path(self) -> Path:
        return self._stack.home.log(self.service.spec.known_as)

    def _note(self) -> Text | None:
        missing = (n for n in self.service.spec.needs if not self._stack.service_up(n))
        return service_note(
            self.service,
            self._stopping,
            silent=self._readiness.silent,
            waits_for="" if self.pid else next(missing, ""),
            doing=None if self.pid else self._stack.doing(self.service.spec),
        )
