"""The Python API of the guide, on the same engine as every other face.

::

    from desktop import CeleryManager

    manager = CeleryManager()
    print(list(manager.workers))
    manager.stop_all_existing_workers()

Each call opens its own connection and closes it; an engine is started when none runs, and leaves
by itself when nothing needs it. What goes wrong is a :class:`~desktop.engine.errors.TrayError`
with words for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from desktop.engine.cleanup.refusals import no_celery
from desktop.engine.client import Client
from desktop.engine.commands import (
    Census,
    Cleanup,
    CleanupPlan,
    CleanupReport,
    Existing,
    Pick,
    PlanCleanup,
    Start,
    StartReport,
    Stop,
    StopExisting,
    StopReport,
    WorkerOptions,
)
from desktop.engine.errors import UsageError
from desktop.engine.model import StackStatus, WorkerRow
from desktop.engine.project import find_project
from desktop.engine.states import ALIVE, Owner, Role, ServiceKind, ServiceState
from desktop.paths import Home
from desktop.words import text

__all__ = ["CeleryManager", "Worker"]


@dataclass(frozen=True, slots=True)
class Worker:
    """One running worker of the app, ours or found, as it was when it was asked for."""

    name: str
    """As it was given to ``start --worker``, or the node's name before the ``@``."""
    pid: int
    node: str
    state: ServiceState
    owner: Owner
    queues: tuple[str, ...] = ()
    concurrency: int | None = None
    _manager: CeleryManager | None = field(default=None, repr=False, compare=False)

    def stop(self, *, force: bool = False) -> StopReport:
        """Stop it warmly: its running tasks finish first. ``force`` ends them; only for ours.

        Raises :class:`UsageError` when ``force`` is asked for a worker that is not ours.
        """
        assert self._manager is not None  # noqa: S101 - made by a manager
        return self._manager.stop_worker(self, force=force)


class CeleryManager:
    """Finds, starts and stops the workers of one app."""

    def __init__(self, project: str | Path | None = None, home: str | Path | None = None) -> None:
        """``project``: the folder of the configuration; None: the nearest one from the current
        folder upwards, else the bundled app. ``home``: the state folder; None: the user's own.
        """
        folder = find_project(Path.cwd()) if project is None else Path(project).resolve()
        self.project = str(folder) if folder else ""
        self.home = Home(Path(home) if home else None)

    @property
    def workers(self) -> Mapping[str, Worker]:
        """Running workers of this app by name, those found included; looked up at each use.

        A found worker whose name is taken is listed as ``name-PID``.
        """
        stack = self._look()
        found: dict[str, Worker] = {}
        rows = {row.pid: row for row in stack.workers}
        for one in stack.services:
            if one.kind is ServiceKind.WORKER and one.state in ALIVE and one.pid is not None:
                row = rows.get(one.pid)
                found[one.name] = Worker(
                    one.name,
                    one.pid,
                    one.node,
                    one.state,
                    Owner.OURS,
                    row.queues if row else (),
                    row.concurrency if row else None,
                    self,
                )
        for row in _others(stack):
            name = row.node.partition("@")[0] or str(row.pid)
            found[f"{name}-{row.pid}" if name in found else name] = Worker(
                name,
                row.pid,
                row.node,
                ServiceState.RUNNING,
                row.owner,
                row.queues,
                row.concurrency,
                self,
            )
        return MappingProxyType(found)

    def discover_existing_workers(self) -> list[WorkerRow]:
        """Workers of this app on this machine that were not started here, with what is known
        of them and why they are told to be so."""
        return _others(self._look())

    def stop_all_existing_workers(self) -> StopReport:
        """Warmly stop workers of this app that were not started here; no task is lost.

        The report names them by their pids; ``busy`` are those that still finish tasks,
        ``failed`` those that only somebody else can stop, with the way to do it.
        """
        with self._client() as client:
            report = client.submit(StopExisting(self.project))
        assert isinstance(report, StopReport)  # noqa: S101 - what StopExisting answers
        return report

    def plan_cleanup(self) -> CleanupPlan:
        """What a cleanup would do with every Celery process, why, and what happens to its tasks.
        Signals nothing."""
        with self._client() as client:
            plan = client.submit(PlanCleanup(self.project))
        assert isinstance(plan, CleanupPlan)  # noqa: S101 - what PlanCleanup answers
        return plan

    def cleanup(
        self,
        pids: Iterable[int] | None = None,
        *,
        all_of_app: bool = False,
        patience_s: float | None = None,
        force: bool = False,
    ) -> CleanupReport:
        """Stop what is left over, without losing a task; returns when all have ended or
        ``patience_s`` (None: the app's hard time limit) is over.

        ``pids``: these alone; None: those that a fresh plan selects by itself, with
        ``all_of_app`` external workers of this app too. ``force`` is the consent to end what
        still runs after the patience. Raises :class:`UsageError` for a pid that is no Celery
        process of this machine.
        """
        picks = None if pids is None else self._picks(tuple(pids))
        command = Cleanup(self.project, picks, all_of_app, patience_s, force)
        with self._client() as client:
            report = client.submit(command)
        assert isinstance(report, CleanupReport)  # noqa: S101 - what Cleanup answers
        return report

    def _picks(self, pids: tuple[int, ...]) -> tuple[Pick, ...]:
        rows = {
            row.worker.pid: row.worker
            for row in self.plan_cleanup().rows
            if row.worker.owner is not Owner.REMOTE
        }
        for pid in pids:
            if pid not in rows:
                raise no_celery(pid)
        return tuple(Pick(pid, rows[pid].create_time) for pid in pids)

    def start_worker(
        self,
        name: str = "worker1",
        *,
        concurrency: int | None = None,
        queues: Sequence[str] = (),
        pool: str | None = None,
        loglevel: str | None = None,
        existing: Existing = Existing.REFUSE,
    ) -> StartReport:
        """Start one worker with all it needs and return when it consumes.

        Without ``queues`` it takes from all queues of the app. Where workers of the app run
        already and ``existing`` says nothing else, none is started and they are reported.
        """
        worker = WorkerOptions(name, concurrency, tuple(queues), pool, loglevel)
        with self._client() as client:
            report = client.submit(Start(self.project, worker=worker, existing=existing))
        assert isinstance(report, StartReport)  # noqa: S101 - what Start answers
        return report

    def stop_worker(self, worker: str | Worker, *, force: bool = False) -> StopReport:
        """Stop one worker, by its name or as found in :attr:`workers`."""
        if isinstance(worker, Worker) and worker.owner is not Owner.OURS:
            if force:
                raise not_ours(worker)
            command: Stop | StopExisting = StopExisting(self.project, (worker.pid,))
        else:
            name = worker.name if isinstance(worker, Worker) else worker
            command = Stop(self.project, (name,), force=force)
        with self._client() as client:
            report = client.submit(command)
        assert isinstance(report, StopReport)  # noqa: S101 - what both answer
        return report

    def _client(self, *, start: bool = True) -> Client:
        return Client.connect(self.home, "api", start=start)

    def _look(self) -> StackStatus:
        with self._client() as client:
            client.submit(Census(self.project))
            snapshot = client.snapshot()
        return next(stack for stack in snapshot.stacks if stack.project == self.project)


def _others(stack: StackStatus) -> list[WorkerRow]:
    elsewhere = {Owner.EXTERNAL, Owner.ORPHAN}
    return [row for row in stack.workers if row.role is Role.WORKER and row.owner in elsewhere]


def not_ours(worker: Worker) -> UsageError:
    return UsageError(
        "not-ours",
        text("{name} was not started here and can't be forced.", name=worker.name),
        text("Its pid is {pid}.", pid=worker.pid),
        text("Stop it without force, or where it was started."),
    )
