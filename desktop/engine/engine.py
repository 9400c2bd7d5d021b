"""The engine: holds the stacks, takes commands, measures, and makes the snapshot.

The only writer of state. It runs on one asyncio loop; whatever blocks runs in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from desktop import __version__
from desktop.engine import logs, machine
from desktop.engine.all_stacks import AllStacks
from desktop.engine.census.brokers import Broker
from desktop.engine.commands import Answer, Command, Done, Leave, Open, Opened, Watch
from desktop.engine.errors import ConfigError, TrayError
from desktop.engine.live_stack import LiveStack
from desktop.engine.model import EngineInfo, Machine
from desktop.engine.process import Meter
from desktop.engine.records import boot_id
from desktop.engine.snapshot import Snapshot
from desktop.engine.verbs import VERBS
from desktop.paths import Home
from desktop.system import allocator

log = logging.getLogger(__name__)

IDLE_INTERVAL_S = 30.0
"""How often things are measured when nobody looks."""
GIVE_BACK_PAUSE_S = 5.0
"""Memory that is free is given back to the system after commands and measurements, but not more
often: it takes some milliseconds."""
FRESH_S = 2.0
REFRESH_TIMEOUT_S = 0.25
"""A face's first picture is not held up longer than this by a slow measurement."""


class Engine:
    """Everything that runs on behalf of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._boot_id = boot_id()
        self._stacks: dict[str, LiveStack] = {}
        self._opening = asyncio.Lock()
        self._info = EngineInfo(os.getpid(), __version__, time.time())
        self._machine = Machine(cores=os.cpu_count() or 1)
        self._samples: deque[Machine] = deque(maxlen=machine.SAMPLES_MIN)
        self._meter = Meter()
        self._measured_at = 0.0
        self._gave_back_at = time.monotonic()
        self._measuring = asyncio.Lock()
        self._watches: dict[int, float] = {}
        self._watch_changed = asyncio.Event()
        self._listeners: set[asyncio.Event] = set()
        self._snapshot: Snapshot | None = None

    # --- life --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s()):
                    await self._watch_changed.wait()
            self._watch_changed.clear()
            await self._measure()
            for live in self._stacks.values():
                live.found.beat(watched=bool(self._watches))
            await self._give_back()

    async def close(self) -> None:
        """Let go; the services go on."""
        for live in self._stacks.values():
            await live.close()

    @property
    def wanted(self) -> bool:
        """Some stack has something that runs or should run."""
        return any(live.wanted for live in self._stacks.values())

    async def adopt(self) -> None:
        """Find what earlier engines left running, before the first face asks."""
        for folder in sorted((self._home.root / "stacks").glob("*/records")):
            origin = folder.parent / "project"
            if not any(folder.glob("*.json")):
                continue
            try:
                project = origin.read_text()
            except OSError:
                log.warning("records without a project in %s are left alone", folder)
                continue
            with contextlib.suppress(TrayError):
                await self._stack(project)

    async def _stack(self, project: str, *, reload: bool = False) -> LiveStack:
        """The stack of a project, opened when it is first named.

        A stack whose configuration is broken is opened all the same when something of it runs:
        it has to be seen and stopped.
        """
        async with self._opening:
            live = self._stacks.get(project)
            if live is not None:
                if reload:
                    await self._load(live)
                return live
            live = LiveStack(
                project,
                self._home,
                self._boot_id,
                self.changed,
                AllStacks(self._started, self._wanted, self._brokers),
            )
            problem: ConfigError | None = None
            try:
                await live.load()
            except ConfigError as error:
                problem = error
                live.set_problem(error.problem)
            self._stacks[project] = live
            await live.adopt()
            if problem and not live.wanted:
                del self._stacks[project]
                self.changed()
                await live.close()
                raise problem
            self.changed()
            return live

    async def _load(self, live: LiveStack) -> None:
        try:
            await live.load()
        except ConfigError as error:
            live.set_problem(error.problem)
            raise

    # --- commands ----------------------------------------------------------------------------

    async def submit(self, command: Command) -> Answer:
        """Carry out one command. Raises :class:`TrayError` with the reason when it can't be."""
        if isinstance(command, Open):
            live = await self._stack(command.project, reload=True)
            return Opened(live.status())
        verb = VERBS.get(type(command))
        if verb is not None and not isinstance(command, Watch | Leave):
            try:
                return await verb(await self._stack(command.project), command)
            finally:
                await self._give_back()
        return Done()

    # --- what faces see ----------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The state of everything, now."""
        if self._snapshot is None:
            self._snapshot = Snapshot(
                self._info,
                self._machine,
                tuple(live.status() for live in self._stacks.values()),
            )
        return self._snapshot

    def _started(self) -> tuple[tuple[int, float], ...]:
        """What this engine looks after, of whatever project."""
        return tuple(one for live in self._stacks.values() for one in live.identities)

    def _brokers(self) -> tuple[Broker, ...]:
        """Those of all stacks that are up."""
        return tuple(one for live in self._stacks.values() if (one := live.broker()))

    def _wanted(self) -> tuple[tuple[int, float], ...]:
        """Those of them that are to go on."""
        return tuple(one for live in self._stacks.values() for one in live.wanted_identities)

    def changed(self) -> None:
        self._snapshot = None
        for listener in self._listeners:
            listener.set()

    @contextmanager
    def changes(self) -> Iterator[asyncio.Event]:
        """An event that is set at each change, for as long as the block lasts."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

    # --- measuring ---------------------------------------------------------------------------

    def watch(self, face: int, interval_s: float) -> None:
        """A face wants measurements this often; 0: no more."""
        if interval_s > 0:
            self._watches[face] = max(interval_s, 0.5)
        elif self._watches.pop(face, None) is None:
            return
        self._watch_changed.set()

    async def _give_back(self) -> None:
        if time.monotonic() - self._gave_back_at >= GIVE_BACK_PAUSE_S:
            self._gave_back_at = time.monotonic()
            await asyncio.to_thread(allocator.give_back)

    def _interval_s(self) -> float:
        return min(self._watches.values(), default=IDLE_INTERVAL_S)

    async def refresh(self) -> None:
        """Measure now if the figures are old, but hold nobody up for long."""
        if time.monotonic() - self._measured_at > FRESH_S:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_TIMEOUT_S):
                    await asyncio.shield(asyncio.ensure_future(self._measure()))

    async def _measure(self) -> None:
        async with self._measuring:
            self._measured_at = time.monotonic()
            roots = {
                f"{project}\0{name}": one.pid
                for project, live in self._stacks.items()
                for name, one in live.supervisors.items()
                if one.pid is not None
            }
            usage = await asyncio.to_thread(self._meter.measure, roots)
            self._machine = await asyncio.to_thread(machine.measure, self._home.root)
            self._samples.append(self._machine)
            for project, live in self._stacks.items():
                for name, one in tuple(live.supervisors.items()):
                    one.usage = usage.get(f"{project}\0{name}")
                    await asyncio.to_thread(logs.rotate, live.home.log(name))
                live.machine_findings = machine.findings(tuple(self._samples))
                await live.queues.measure()
            self.changed()
