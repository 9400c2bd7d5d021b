"""Carries out what one service's state machine decides: spawns, asks, signals, records.

One asyncio task a service. It gathers the facts, ticks the machine until nothing moves, and
sleeps until something happens: a process ends, a probe answers, another service moves, a command
comes, or a pause is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from typing import Protocol

import msgspec

from desktop.engine import exits, logs, ports, probes, process
from desktop.engine.control import Control
from desktop.engine.finishing import Finishing
from desktop.engine.model import Problem, ServiceSpec, ServiceStatus, StaysAlive
from desktop.engine.records import Record, Records
from desktop.engine.service import Action, Facts, Service
from desktop.engine.states import UP, ServiceKind, ServiceState
from desktop.paths import StackHome
from desktop.words import Text, text, textn, verbatim

log = logging.getLogger(__name__)

PROBE_PAUSE_S = 0.02
EXTERNAL_CHECK_S = 3.0
HEALTH_CHECK_S = 20.0
HEALTH_TIMEOUT_S = 5.0
LOG_TAIL_LINES = 12
FORCE_STEP_S = 8.0
"""How long a worker gets to hand its messages back after QUIT, before KILL."""


class Surroundings(Protocol):
    """What a supervisor needs to know about the rest of its stack."""

    home: StackHome
    records: Records
    boot_id: str

    def service_up(self, name: str) -> bool: ...
    def users_alive(self, name: str) -> bool: ...
    def control(self) -> Control: ...
    def running_tasks(self, node: str) -> tuple[str, ...]: ...
    async def prepare(self, spec: ServiceSpec) -> Preparation: ...
    def changed(self) -> None: ...


class Preparation(msgspec.Struct, frozen=True):
    """What was found out just before a start."""

    argv: tuple[str, ...] = ()
    external: bool = False
    blocked: Problem | None = None
    detail: Text = Text("")


class Supervisor:
    """Drives one :class:`Service`."""

    def __init__(self, spec: ServiceSpec, stack: Surroundings) -> None:
        self.service = Service(spec, self._moved)
        self._stack = stack
        self._process: process.Process | None = None
        self._exit_problem: Problem | None = None
        self._blocked: Problem | None = None
        self._external = False
        self._ready = False
        self._detail = Text("")
        self._argv = spec.argv
        self._usage: process.Usage | None = None
        self._finishing: Finishing | None = None
        self._stop_slow = False
        self._silent_for_a_while = False
        self._watcher: asyncio.Task[None] | None = None
        self._forcing: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.spec_next = spec
        """The newest spec from the configuration; takes effect at the next start."""

    # --- for the stack ---------------------------------------------------------------------------

    def run(self) -> None:
        """Begin to drive; idempotent."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drive())

    def wake(self) -> None:
        self._wake.set()

    def start(self) -> None:
        self._blocked = None
        self.service.start(time.monotonic())
        self._record()
        self.wake()

    def stop(self) -> None:
        self.service.stop()
        self.wake()

    def restart(self) -> None:
        self._blocked = None
        if self.service.state in {ServiceState.STARTING, ServiceState.RUNNING}:
            self.service.restart()
        else:
            self.service.start(time.monotonic())
        self._record()
        self.wake()

    def force(self) -> None:
        """The person's word: down the ladder now, whatever still runs."""
        if self._forcing is None or self._forcing.done():
            self._forcing = asyncio.get_running_loop().create_task(self._force())

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

    def give_up(self, problem: Problem) -> None:
        self.service.give_up(problem, time.monotonic())

    async def close(self) -> None:
        """Stop driving; the process goes on."""
        tasks = [task for task in (self._task, self._watcher, self._forcing) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.alive else None

    @property
    def identity(self) -> tuple[int, float] | None:
        if self._process and self._process.alive:
            return self._process.pid, self._process.create_time
        return None

    @property
    def slow_to_stop(self) -> bool:
        """It was asked to stop and its patience is over."""
        return self.service.state is ServiceState.STOPPING and self._stop_slow

    def set_usage(self, usage: process.Usage | None) -> None:
        self._usage = usage

    def status(self) -> ServiceStatus:
        """The service as it is, for the snapshot."""
        service, spec, running = self.service, self.service.spec, self._process
        usage = self._usage if self.pid else None
        alive = running is not None and running.alive
        return ServiceStatus(
            name=spec.name,
            kind=spec.kind,
            state=service.state,
            enabled=spec.enabled,
            wanted=service.wanted,
            pid=running.pid if running and alive else None,
            create_time=running.create_time if running and alive else None,
            started_at=running.started_at if running and alive else None,
            cpu_percent=usage.cpu_percent if usage else None,
            rss_bytes=usage.rss_bytes if usage else None,
            processes=usage.processes if usage else int(alive),
            url=spec.url,
            detail=self._detail if service.state in UP else Text(""),
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
        blocked = self._blocked
        due = self.service.due_at()
        if (
            blocked is None
            and self.service.state is ServiceState.STARTING
            and due is not None
            and time.monotonic() >= due
        ):
            blocked = self._silent()
        return Facts(
            needs_up=all(self._stack.service_up(name) for name in spec.needs),
            users_alive=self._stack.users_alive(spec.name),
            alive=self.pid is not None,
            exit_problem=self._exit_problem,
            external=self._external,
            ready=self._ready,
            blocked=blocked,
        )

    def _moved(self, service: Service, why: str) -> None:
        log.info("%s: %s (%s)", service.spec.name, service.state, why)
        state = service.state
        if self._watcher:
            self._watcher.cancel()
            self._watcher = None
        if state in {ServiceState.STARTING, ServiceState.STOPPED}:
            self._ready = self._external = self._stop_slow = False
            self._silent_for_a_while = False
            self._finishing = None
            service.spec = self.spec_next
        if state is ServiceState.EXTERNAL:
            self._watch(self._watch_external())
        if state is ServiceState.RUNNING:
            self._watch(self._watch_health())
        if state in {ServiceState.STOPPED, ServiceState.FAILED} or not service.wanted:
            self._blocked = None
        self._record()
        self._stack.changed()

    def _record(self) -> None:
        service, running = self.service, self._process
        alive = running is not None and running.alive
        try:
            if service.state is ServiceState.EXTERNAL or not (service.wanted or alive):
                self._stack.records.remove(service.spec.name)
                return
            self._stack.records.save(
                Record(
                    spec=service.spec,
                    boot_id=self._stack.boot_id,
                    pid=running.pid if running and alive else None,
                    create_time=running.create_time if running and alive else None,
                    started_at=running.started_at if running and alive else None,
                    stopping=alive and not service.wanted,
                    restarts=service.restarts,
                )
            )
        except OSError as error:
            log.error("the record of %s can't be written: %s", service.spec.name, error)

    # --- start -----------------------------------------------------------------------------------

    async def _spawn(self) -> None:
        spec = self.service.spec
        found = await self._stack.prepare(spec)
        self._detail = found.detail
        if found.external or found.blocked or not self.service.wanted:
            self._external, self._blocked = found.external, found.blocked
            return
        self._argv = found.argv
        if spec.port is not None and not ports.is_free(spec.port):
            holder = await asyncio.to_thread(ports.holder, spec.port)
            self._blocked = ports.problem(spec.port, spec.name, holder)
            return
        try:
            started = process.spawn(spec, self._stack.home, found.argv)
        except OSError as error:
            self._blocked = cannot_spawn(spec, found.argv, error)
            return
        self.service.spawned(time.monotonic())
        self._take(started)
        self._record()
        self._watch(self._until_ready(started))
        self._stack.changed()

    def _take(self, running: process.Process) -> None:
        self._process = running
        running.ended.add_done_callback(self._on_ended)

    async def _until_ready(self, running: process.Process) -> None:
        spec = self.service.spec
        begun = time.monotonic()
        control = self._stack.control() if spec.kind is ServiceKind.WORKER else None
        while running.alive:
            answer = await probes.ready(
                spec.probe, alive_for_s=time.monotonic() - begun, control=control
            )
            if running.alive and (answer.ok or not answer.retry):
                self._ready, self._detail = answer.ok, answer.detail
                self._blocked = None if answer.ok else answer.problem
                self.wake()
                return
            await asyncio.sleep(PROBE_PAUSE_S)

    async def _watch_health(self) -> None:
        """Looks now and then whether a running service still answers, and says so when it does
        not. It is left running: a busy solo worker answers nobody, and silence is not death."""
        spec = self.service.spec
        control = self._stack.control() if spec.kind is ServiceKind.WORKER else None
        if str(self._detail):
            await asyncio.sleep(HEALTH_CHECK_S)
        while True:
            answered = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEALTH_TIMEOUT_S):
                    while not answered:
                        answer = await probes.ready(
                            spec.probe, alive_for_s=HEALTH_CHECK_S, control=control
                        )
                        answered = answer.ok
                        if answered:
                            self._detail = answer.detail
                        else:
                            await asyncio.sleep(0.5)
            if self._silent_for_a_while is answered:
                self._silent_for_a_while = not answered
            self._stack.changed()
            await asyncio.sleep(HEALTH_CHECK_S)

    async def _watch_external(self) -> None:
        while True:
            await asyncio.sleep(EXTERNAL_CHECK_S)
            answer = await probes.ready(self.service.spec.probe, alive_for_s=0.0, control=None)
            if not answer.ok:
                self._external = False
                self.wake()
                return

    def _watch(self, coroutine: object) -> None:
        if self._watcher:
            self._watcher.cancel()
        self._watcher = asyncio.get_running_loop().create_task(coroutine)  # type: ignore[arg-type]

    def _silent(self) -> Problem:
        spec = self.service.spec
        if isinstance(spec.probe, StaysAlive):
            return silent(spec, ())
        return silent(spec, self._tail())

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
        self._ready = False
        self.wake()
        self._stack.changed()

    def _terminate(self) -> None:
        spec, running = self.service.spec, self._process
        if running is None:
            return
        if spec.kind is ServiceKind.WORKER:
            tasks = self._stack.running_tasks(spec.node)
            self._finishing = Finishing(self._stack.home.log(spec.name), tasks)
        running.signal(signal.SIGTERM)
        self._record()
        self._watch(self._watch_stop())

    async def _watch_stop(self) -> None:
        """Counts down the tasks that a stopping worker still finishes, and the patience."""
        asked = time.monotonic()
        patience_s = self.service.spec.stop_patience_s
        while True:
            await asyncio.sleep(0.25)
            before = self._note()
            if self._finishing:
                await asyncio.to_thread(self._finishing.look)
            if patience_s is not None and time.monotonic() - asked > patience_s:
                self._stop_slow = True
            if self._note() != before:
                self._stack.changed()

    async def _force(self) -> None:
        """QUIT lets a worker hand back what it holds (facts: TERM and then KILL strands tasks for
        the visibility timeout); KILL only for what ignores even that."""
        running, kind = self._process, self.service.spec.kind
        if running is None:
            return
        first = signal.SIGQUIT if kind is ServiceKind.WORKER else signal.SIGTERM
        for number in (first, signal.SIGKILL):
            running.signal(number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FORCE_STEP_S):
                    await asyncio.shield(running.ended)
                    return

    def _tail(self) -> tuple[str, ...]:
        return tuple(logs.tail(self._stack.home.log(self.service.spec.name), LOG_TAIL_LINES))

    def _note(self) -> Text | None:
        service = self.service
        if service.state is ServiceState.STOPPING:
            if self._finishing and self._finishing.count:
                return textn("finishing {n} task", "finishing {n} tasks", self._finishing.count)
            if self._stop_slow:
                return text("does not stop; it can be forced")
            if not service.asked_to_stop:
                return text("waits until the services that need it have stopped")
        if service.state is ServiceState.RUNNING and self._silent_for_a_while:
            return text("does not answer just now")
        if service.state is ServiceState.BACKOFF:
            return text("will be started again in a moment")
        if service.state is ServiceState.STARTING and self.pid is None:
            missing = [n for n in service.spec.needs if not self._stack.service_up(n)]
            if missing:
                return text("waits for {service}", service=missing[0])
        return None


def cannot_spawn(spec: ServiceSpec, argv: tuple[str, ...], error: OSError) -> Problem:
    """Words for a program or log file that can't be opened."""
    where = error.filename if isinstance(error.filename, str) else (argv[0] if argv else "")
    if where == spec.cwd:
        next_step = text("Check that the folder exists and that you may enter it.")
    elif argv and where == argv[0]:
        next_step = text("Install it, or name another program in the configuration.")
    else:
        next_step = text("Free the disk or mend the folder's permissions, then start it again.")
    return Problem(
        code="spawn",
        title=text("{service} can't be started.", service=spec.name),
        message=verbatim(f"{error.strerror or type(error).__name__}: {where}"),
        next_step=next_step,
    )


def silent(spec: ServiceSpec, tail: tuple[str, ...]) -> Problem:
    """Words for a service that runs but never answered its readiness probe."""
    return Problem(
        code="not-ready",
        title=text("{service} runs but does not answer.", service=spec.name),
        message=text(
            "It was not ready after {seconds} s, so it was asked to stop.",
            seconds=int(spec.ready_timeout_s),
        ),
        next_step=text("Its log tells more: celery-tray logs {service}", service=spec.name),
        log=tail,
    )
