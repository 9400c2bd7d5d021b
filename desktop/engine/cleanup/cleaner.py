"""What a stack's cleanups are asked of: the plan, the cleaning, its log. One cleaning at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from desktop.engine.census import verification
from desktop.engine.cleanup import audit as audits
from desktop.engine.cleanup.audit import Audit
from desktop.engine.cleanup.cleaning import Cleaning, Service
from desktop.engine.cleanup.plan import chosen, is_meant, make_plan
from desktop.engine.cleanup.refusals import going_on, not_stopped, nothing_to_force
from desktop.engine.cleanup.rescuing import (
    NoRescuer,
    Rescued,
    Rescuer,
    RescueReport,
    all_lost,
)
from desktop.engine.cleanup_model import CleanupProgress, HeldTask, LostTask, RescuedTask
from desktop.engine.commands import (
    Cleanup,
    CleanupLogReport,
    CleanupPlan,
    CleanupReport,
    LeftProcess,
    Pick,
    PlanRow,
    ServiceProblem,
    StopReport,
)
from desktop.engine.control import Control
from desktop.engine.found_workers import FoundWorkers
from desktop.engine.model import Identity, WorkerRow
from desktop.engine.states import PlanAction
from desktop.words import text

log = logging.getLogger(__name__)

PATIENCE_S = 900.0
"""How long tasks may take where the app sets no hard time limit."""
REPLACE_PATIENCE_S = 30.0
"""How long the end of workers that are replaced is waited for; they go on finishing."""


class Surroundings(Protocol):
    """What a cleaner needs to know of its stack."""

    found: FoundWorkers

    @property
    def broker_url(self) -> str: ...

    def wanted_processes(self) -> tuple[Identity, ...]:
        """(pid, create time) of what some stack of this engine wants to run."""
        ...

    def cleanup_control(self) -> Control | None:
        """None while the broker is down."""
        ...

    def service_of(self, row: WorkerRow) -> Service | None:
        """What looks after this very process, when it is one of the stack's own."""
        ...

    def time_limit_s(self) -> float | None:
        """The app's hard time limit, where it sets one."""
        ...


class Cleaner:
    """The cleanups of one stack."""

    def __init__(
        self,
        stack: Surroundings,
        folder: Path,
        on_change: Callable[[], None],
        rescuer: Rescuer | None = None,
    ) -> None:
        """``folder`` is the stack's own, where its log is."""
        self._stack = stack
        self._audit = Audit(folder / audits.FILE)
        self._on_change = on_change
        self._rescuer: Rescuer = rescuer or NoRescuer()
        self._one = asyncio.Lock()
        self._going: Cleaning | None = None
        self._task: asyncio.Task[CleanupReport] | None = None
        self._last: CleanupProgress | None = None
        self._finishing: dict[Identity, tuple[HeldTask, ...]] = {}
        """What those still run that earlier ones asked to end."""

    @property
    def busy(self) -> bool:
        """A cleaning goes on: the engine has to stay."""
        return self._one.locked()

    @property
    def progress(self) -> CleanupProgress | None:
        """Of the cleaning that goes on, else of the last one."""
        return self._going.progress() if self._going else self._last

    async def close(self) -> None:
        """Watch no more: what was asked to end ends by itself, and the next engine's plan shows
        what is left."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # --- commands ------------------------------------------------------------------------------

    async def plan(self) -> CleanupPlan:
        """What a cleanup would do, by a fresh look. Signals nothing."""
        return CleanupPlan(await self._plan())

    async def clean(self, command: Cleanup) -> CleanupReport:
        """Carry it out. It goes on when whoever asked for it does not wait any more."""
        if self._one.locked() or (self._task and not self._task.done()):
            raise going_on()
        self._task = asyncio.get_running_loop().create_task(self._clean(command))
        return await asyncio.shield(self._task)

    def force(self, picks: Sequence[Pick]) -> None:
        """A person's consent to end these now. Raises when none of them is waited for."""
        if self._going is None or not self._going.force(picks):
            raise nothing_to_force()

    async def stop_existing(
        self, pids: Sequence[int], patience_s: float = REPLACE_PATIENCE_S
    ) -> StopReport:
        """Warmly stop workers of this app that are not ours; all of them when ``pids`` is empty.
        Those of the report's ``busy`` go on finishing."""
        async with self._one:
            plan = await self._plan()
            # Another project's are its own to stop: its stack would only start them again.
            existing = {(row.pid, row.create_time) for row in self._stack.found.others()}
            rows = [
                row
                for row in plan
                if (row.worker.pid, row.worker.create_time) in existing
                and (not pids or row.worker.pid in pids)
            ]
            try:
                going = await self._run(
                    [row for row in rows if row.action is PlanAction.STOP], patience_s, force=False
                )
            finally:
                self._end()
            await self._stack.found.look()
        left = {one.pid for one in going.left}
        return StopReport(
            stopped=tuple(str(pid) for pid in going.stopped),
            busy=tuple(str(row.worker.pid) for row in rows if row.worker.pid in left),
            failed=tuple(
                ServiceProblem(str(row.worker.pid), not_stopped(row))
                for row in rows
                if row.action is PlanAction.LEAVE
            ),
        )

    async def log(self, limit: int) -> CleanupLogReport:
        """What cleanups did, the newest first."""
        return CleanupLogReport(await asyncio.to_thread(self._audit.read, limit))

    # --- one cleaning --------------------------------------------------------------------------

    async def _plan(self) -> tuple[PlanRow, ...]:
        found = self._stack.found
        rows = await found.look()
        wanted = self._stack.wanted_processes()
        present = {(row.pid, row.create_time) for row in rows}
        self._finishing = {one: had for one, had in self._finishing.items() if one in present}
        return make_plan(rows, found.answers, wanted, time.time(), self._finishing)

    async def _clean(self, command: Cleanup) -> CleanupReport:
        async with self._one:
            plan = await self._plan()
            rows = chosen(plan, command.picks, all_of_app=command.all_of_app)
            patience_s = command.patience_s
            if patience_s is None:
                patience_s = self._stack.time_limit_s() or PATIENCE_S
            try:
                going = await self._run(rows, patience_s, force=command.force)
                # Before it is known what they held, nobody can say that nothing was lost.
                rescue, _ = await asyncio.gather(self._rescue(), self._stack.found.look())
                lost = all_lost(going.lost(), rescue)
                await self._rescuer.keep(lost)
                # What the rescue found, it has written down itself.
                told = {task.id for task in rescue.lost}
                more = [audits.lost(task) for task in lost if task.id not in told]
                await asyncio.to_thread(self._audit.write, more)
                self._end(rescue.rescued, lost)
            finally:
                self._end()
            missed = await asyncio.to_thread(_missed, plan, command.picks or ())
            return CleanupReport(
                plan=plan,
                stopped=going.stopped,
                left=(*going.left, *missed),
                rescued=rescue.rescued,
                lost=lost,
                stranded=rescue.stranded,
            )

    def _end(self, rescued: tuple[RescuedTask, ...] = (), lost: tuple[LostTask, ...] = ()) -> None:
        """The last one is over, with what came of it."""
        if self._last and self._last.ended_at is None:
            self._last = msgspec.structs.replace(
                self._last, ended_at=time.time(), rescued=rescued, lost=lost
            )
            self._on_change()

    async def _run(self, rows: Sequence[PlanRow], patience_s: float, *, force: bool) -> Cleaning:
        self._stack.found.asked_to_stop(row.worker for row in rows)
        control = self._stack.cleanup_control()
        going = self._going = Cleaning(
            rows,
            patience_s=patience_s,
            force=force,
            audit=self._audit,
            control=control,
            broker=self._stack.broker_url if control else "",
            nodes=self._stack.found.nodes,
            service_of=self._stack.service_of,
            on_change=self._on_change,
        )
        try:
            self._on_change()
            await going.run()
        finally:
            self._last = going.progress()
            self._finishing |= going.finishing()
            self._going = None
            self._on_change()
        return going

    async def _rescue(self) -> Rescued:
        try:
            return await self._rescuer.rescue()
        except Exception:  # what has been stopped is to be told, whatever the broker does
            log.exception("the rescue broke")
            return RescueReport()


def _missed(plan: Sequence[PlanRow], picks: Sequence[Pick]) -> tuple[LeftProcess, ...]:
    """Picks that the fresh plan does not stop, and why. One that has ended by itself is none."""
    missed: list[LeftProcess] = []
    for pick in picks:
        row = next((one for one in plan if is_meant(pick, one.worker)), None)
        if row and row.action is PlanAction.STOP:
            continue
        if row:
            missed.append(LeftProcess(pick.pid, row.why))
        elif verification.sightings([(pick.pid, pick.create_time)])[
            (pick.pid, pick.create_time)
        ].alive:
            missed.append(LeftProcess(pick.pid, text("It is no Celery process; it got no signal.")))
    return tuple(missed)
