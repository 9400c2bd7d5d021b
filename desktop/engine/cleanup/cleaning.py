"""One cleanup: all its processes go down side by side, on one loop.

Every round looks at the process table once for all of them, lets each :class:`Descent` name its
next act, carries the acts out, each verified right before its signal, and publishes.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from desktop.engine import process
from desktop.engine.census import inquiry, verification
from desktop.engine.census.verification import Sighting
from desktop.engine.cleanup import audit as audits
from desktop.engine.cleanup import keepers
from desktop.engine.cleanup.audit import Audit
from desktop.engine.cleanup.ladder import Act, Descent, Seen
from desktop.engine.cleanup.plan import is_meant
from desktop.engine.cleanup_model import CleanupProgress, HeldTask, LostTask
from desktop.engine.commands import CleanupEntry, LeftProcess, Pick, PlanRow
from desktop.engine.control import Control
from desktop.engine.model import Identity, WorkerRow
from desktop.engine.process import Sent
from desktop.engine.redis_waiting import end_waiting
from desktop.engine.states import CleanupStep, Role
from desktop.words import text

LOOK_S = 0.1
LOOK_SLOWLY_S = 0.5
"""Once it has taken :data:`SLOWLY_AFTER_S`, tasks are what is waited for."""
SLOWLY_AFTER_S = 5.0
PUBLISH_S = 0.25
"""Faces are told four times a second at most."""
HOLD_BACK_S = 0.5
"""How long busy nodes are given to say that they take no more."""


class Service(Protocol):
    """What looks after a process of ours."""

    def stop(self) -> None: ...
    def run(self) -> None: ...
    def force(self) -> None: ...


_SIGNALS = {
    Act.TERM: signal.SIGTERM,
    Act.QUIT: signal.SIGQUIT,
    Act.KILL: signal.SIGKILL,
}


class Cleaning:
    """Runs once. What has been asked to end ends by itself when this is cancelled."""

    def __init__(
        self,
        plan: Sequence[PlanRow],
        *,
        patience_s: float,
        force: bool,
        audit: Audit,
        control: Control | None = None,
        broker: str = "",
        nodes: Sequence[str] = (),
        service_of: Callable[[WorkerRow], Service | None] = lambda _: None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """``broker`` is the URL that ``control`` speaks to. ``nodes``: the names of all nodes
        known, once for each: those that are there twice are not spoken to by name. ``service_of``
        finds what looks after a process of ours."""
        self._descents = [Descent(row, patience_s, force=force) for row in plan]
        self._audit = audit
        self._control = control
        self._broker = broker
        self._nodes = tuple(nodes)
        self._service_of = service_of
        self._on_change = on_change
        self._wake = asyncio.Event()
        self._patience_s = patience_s
        self._published_at = 0.0
        self._entries: list[CleanupEntry] = []
        self._ends: set[Descent] = set()
        self._pids: dict[int, Identity] = {}
        self.started_at = time.time()

    async def run(self) -> None:
        """Returns when every process has ended or is left."""
        await self._hold_back()
        begun = time.monotonic()
        self._pids = await asyncio.to_thread(verification.identities, self._related())
        while not all(one.over for one in self._descents):
            seen = await asyncio.to_thread(self._look)
            now = time.monotonic()
            acts = [
                (one, act)
                for one in self._descents
                if not one.over and (act := one.tick(now, seen[one]))
            ]
            self._note(await self._carry_out(acts))
            if self._entries:
                entries, self._entries = self._entries, []
                await asyncio.to_thread(self._audit.write, entries)
            self._publish(now)
            if all(one.over for one in self._descents):
                break
            slow = now - begun > SLOWLY_AFTER_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SLOWLY_S if slow else LOOK_S):
                    await self._wake.wait()
            self._wake.clear()
        await asyncio.to_thread(self._end_pools)
        self._on_change()

    def force(self, picks: Sequence[Pick]) -> bool:
        """A person's consent to end these now; whether any of them is waited for."""
        meant = [
            one
            for one in self._descents
            if not one.over and any(is_meant(pick, one.row) for pick in picks)
        ]
        for one in meant:
            one.force_now()
        self._wake.set()
        return bool(meant)

    def progress(self) -> CleanupProgress:
        return CleanupProgress(
            self.started_at, self._patience_s, tuple(one.item() for one in self._descents)
        )

    @property
    def stopped(self) -> tuple[int, ...]:
        return tuple(one.row.pid for one in self._descents if one.step is CleanupStep.STOPPED)

    @property
    def left(self) -> tuple[LeftProcess, ...]:
        return tuple(
            LeftProcess(one.row.pid, one.note)
            for one in self._descents
            if one.step is CleanupStep.LEFT
        )

    def finishing(self) -> dict[Identity, tuple[HeldTask, ...]]:
        """What those run that go on, as far as it is known: asked to end, they answer nobody."""
        return {
            _identity(one.row): one.tasks
            for one in self._descents
            if one.step is CleanupStep.LEFT and one.tasks is not None
        }

    def lost(self) -> tuple[LostTask, ...]:
        """Tasks that were cut off by force after their messages had gone. One whose
        acknowledgement is not known counts: it may be."""
        return tuple(
            LostTask(
                id=task.id,
                name=task.name,
                args=task.args,
                kwargs=task.kwargs,
                queue=task.queue,
                node=one.row.node,
                lost_at=time.time(),
                payload=task.payload,
            )
            for one in self._descents
            for task in one.cut_off
            if task.acknowledged is not False
        )

    # --- one round -----------------------------------------------------------------------------

    async def _hold_back(self) -> None:
        """Busy nodes take no more, and say a last time what they run: afterwards they are silent.

        Only nodes whose name is theirs alone, that nothing would start again, and that are still
        what they were.
        """
        busy = [
            one
            for one in self._descents
            if one.row.role is Role.WORKER
            and one.plan.tasks
            and one.row.keeper is None
            and self._nodes.count(one.row.node) == 1
        ]
        if self._control is None or not busy:
            return
        verified = await asyncio.to_thread(
            lambda: [one for one in busy if verification.is_there(one.row)]
        )
        queues = {one.row.node: one.row.queues for one in verified}
        if not queues:
            return
        said = await inquiry.take_no_more(self._control, queues, HOLD_BACK_S)
        for one in verified:
            if one.row.node in said:
                one.set_tasks(said[one.row.node])

    def _related(self) -> set[int]:
        return {pid for one in self._descents for pid in (*one.task_pids, *one.row.children)}

    def _look(self) -> dict[Descent, Seen]:
        open_ones = [one for one in self._descents if not one.over]
        wanted = {_identity(one.row) for one in open_ones}
        wanted |= {keeper for one in open_ones if (keeper := _keeper(one.row))}
        wanted |= {
            self._pids[pid] for one in open_ones for pid in one.task_pids if pid in self._pids
        }
        table = verification.sightings(wanted)
        return {one: self._seen(one, table) for one in open_ones}

    def _seen(self, one: Descent, table: dict[Identity, Sighting]) -> Seen:
        itself = table[_identity(one.row)]
        keeper = _keeper(one.row)
        return Seen(
            alive=itself.alive,
            suspended=itself.suspended,
            keeper_alive=keeper is not None and table[keeper].alive,
            running=frozenset(
                pid
                for pid in one.task_pids
                if pid not in self._pids or table[self._pids[pid]].alive
            )
            if itself.alive
            else frozenset(),
        )

    async def _carry_out(
        self, acts: Sequence[tuple[Descent, Act]]
    ) -> list[tuple[Descent, Act, Sent]]:
        done: list[tuple[Descent, Act, Sent]] = []
        signals: list[tuple[Descent, Act]] = []
        for one, act in acts:
            service = None if act is Act.END_KEEPER else self._service_of(one.row)
            if service is None:
                signals.append((one, act))
                continue
            # It would start it again: the service itself is stopped, and goes its own way down.
            service.run()
            service.stop() if act is Act.TERM else service.force()
            done.append((one, act, Sent.SENT))
        if signals:
            done += await asyncio.to_thread(self._send_all, signals)
        return done

    def _send_all(self, signals: Sequence[tuple[Descent, Act]]) -> list[tuple[Descent, Act, Sent]]:
        done = [(one, act, _send(one.row, act)) for one, act in signals]
        asked = [one.row for one, act, sent in done if act is Act.TERM and sent is Sent.SENT]
        workers = [row.pid for row in asked if row.role is Role.WORKER]
        if self._broker and workers:
            # An idle one sleeps on its queue for up to a second and would take one more message.
            there = frozenset().union(*map(process.addresses, workers))
            end_waiting(self._broker, there)
        return done

    def _note(self, done: Sequence[tuple[Descent, Act, Sent]]) -> None:
        for one, act, sent in done:
            one.done(act, sent)
            if sent is Sent.SENT:
                self._entries.append(_told(one.row, act))
            elif sent is not Sent.GONE:
                self._entries.append(audits.entry("refused", one.note, pid=one.row.pid))
        for one in self._descents:
            if one.over and one not in self._ends:
                self._ends.add(one)
                stopped = one.step is CleanupStep.STOPPED
                words = text("{name} has ended.", name=_name(one.row)) if stopped else one.note
                what = "stopped" if stopped else "left"
                self._entries.append(audits.entry(what, words, pid=one.row.pid))

    def _publish(self, now: float) -> None:
        if now - self._published_at >= PUBLISH_S:
            self._published_at = now
            self._on_change()

    def _end_pools(self) -> None:
        """After a person's force: pool processes that outlived their worker (macOS: nothing there
        ends a child with its parent)."""
        for one in self._descents:
            if one.forced and one.step is CleanupStep.STOPPED:
                for pid in one.row.children:
                    if pid in self._pids:
                        process.send_verified(*self._pids[pid], signal.SIGKILL, lambda: True)


def _identity(row: WorkerRow) -> Identity:
    return (row.pid, row.create_time)


def _keeper(row: WorkerRow) -> Identity | None:
    """What is to be ended along with it; None when nothing is."""
    keeper = row.keeper
    if keeper is None or not keeper.pid:
        return None
    if keeper.kind not in keepers.ENDED_BY:
        return None
    return (keeper.pid, keeper.create_time)


def _send(row: WorkerRow, act: Act) -> Sent:
    keeper = _keeper(row)
    if act is Act.END_KEEPER and keeper and row.keeper:
        is_its = partial(verification.descends_from, row.pid, keeper)
        return process.send_verified(*keeper, keepers.ENDED_BY[row.keeper.kind], is_its)
    is_still = partial(verification.is_still, row)
    return process.send_verified(row.pid, row.create_time, _SIGNALS[act], is_still)


def _told(row: WorkerRow, act: Act) -> CleanupEntry:
    name = _name(row)
    if act is Act.END_KEEPER and row.keeper:
        words = text("{keeper} of {name} was ended.", keeper=row.keeper.name, name=name)
        return audits.entry("asked", words, pid=row.keeper.pid)
    if act is Act.TERM:
        words = text("{name} was asked to finish its tasks and end.", name=name)
        return audits.entry("asked", words, pid=row.pid)
    if act is Act.QUIT:
        words = text("{name} was told to give back its tasks and end now.", name=name)
    else:
        words = text("{name} was ended by force.", name=name)
    return audits.entry("forced", words, pid=row.pid)


def _name(row: WorkerRow) -> str:
    return row.node or row.command or row.role.value
