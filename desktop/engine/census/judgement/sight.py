"""All that is known when workers are judged, as one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.brokers import Address
from desktop.engine.census.facts import CREATE_TIME_MARGIN_S
from desktop.engine.census.sources.code import OldCode
from desktop.engine.model import Identity, ServiceSpec, Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, Role, ServiceKind, ServiceState

Judged = tuple[int, float, Verdict]
"""(pid, create time, what is wrong with it)."""


class OwnService(msgspec.Struct, frozen=True):
    """A worker or beat that the stack looks after."""

    pid: int
    create_time: float
    spec: ServiceSpec
    """As it was started."""
    state: ServiceState = ServiceState.RUNNING
    configured: ServiceSpec | None = None
    """As the configuration says now; None: it says nothing, or can't be read just now."""
    unwanted: Confidence | None = None
    """How sure it is that the configuration does not want it any more; None: it does."""


class Look(msgspec.Struct, frozen=True):
    """What was seen at an earlier time."""

    at: float
    silent: frozenset[Identity] = frozenset()
    """Processes whose broker was asked and that did not answer."""
    idle: frozenset[Identity] = frozenset()
    """Nodes that ran and held nothing."""
    totals: dict[Identity, int] = {}
    """Tasks that each had begun since its start."""
    depths: dict[tuple[Address, str], int] = {}


class Sight(msgspec.Struct, frozen=True):
    """What a judge may know. Nothing here is asked for again."""

    now: float
    rows: tuple[WorkerRow, ...]
    """Of the whole machine, and of other machines (``remote``)."""
    answers: Mapping[Identity, NodeAnswer] = {}
    """What each said this time."""
    last: Mapping[Identity, NodeAnswer] = {}
    """What each said the last time that it said something."""
    broker: Mapping[Identity, Address] = {}
    """Where each is, as far as that is known."""
    reached: frozenset[Address] = frozenset()
    """Brokers that were asked about their nodes."""
    depths: Mapping[tuple[Address, str], int] = {}
    past: tuple[Look, ...] = ()
    """Earlier looks, the oldest first, some seconds apart."""
    ours: frozenset[Identity] = frozenset()
    """All that this engine looks after, for whatever project."""
    services: tuple[OwnService, ...] = ()
    """Workers and beats of this stack that run."""
    code: Mapping[Identity, OldCode | None] = {}
    """Changes since the load; a worker that is not in it could not be looked at."""
    tasks_since: Callable[[str, int, float], int | None] = lambda _node, _pid, _at: None
    """Tasks that a node's process has started since an instant; None: not all were heard."""
    busy: frozenset[str] = frozenset()
    """Nodes that run a task, as the events tell it."""
    stopping: frozenset[Identity] = frozenset()
    """What a cleanup has asked to stop: it takes no more tasks, and soon answers nobody."""
    suspended: frozenset[Identity] = frozenset()
    """Processes that somebody has stopped (SIGSTOP, a debugger)."""
    home: str = ""
    """The state folder; what our workers keep in it is on their command lines."""

    @property
    def workers(self) -> tuple[WorkerRow, ...]:
        """Those on this machine."""
        return tuple(
            row for row in self.rows if row.role is Role.WORKER and row.owner is not Owner.REMOTE
        )

    @property
    def own_workers(self) -> tuple[OwnService, ...]:
        """Workers of this stack that should go on running."""
        return tuple(
            one
            for one in self.services
            if one.spec.kind is ServiceKind.WORKER
            and one.state is not ServiceState.STOPPING
            and one.unwanted is None
        )

    def is_ours(self, row: WorkerRow) -> bool:
        """This engine looks after it, or after what started it (a wrapper of the project's)."""
        return row.owner is Owner.OURS or identity_of(row) in self.ours

    def row_of(self, service: OwnService) -> WorkerRow | None:
        return next(
            (row for row in self.rows if is_row(row, service.pid, service.create_time)), None
        )


def identity_of(row: WorkerRow) -> Identity:
    return (row.pid, row.create_time)


def is_row(row: WorkerRow, pid: int, create_time: float) -> bool:
    """Whether (pid, create time) of a record means this row's process."""
    near = abs(row.create_time - create_time) < CREATE_TIME_MARGIN_S
    return row.pid == pid and near and row.owner is not Owner.REMOTE


def identities(rows: Iterable[WorkerRow], records: Iterable[Identity]) -> frozenset[Identity]:
    """The rows that are meant by these records: of one process, create times differ a little."""
    by_pid = dict(records)
    return frozenset(
        identity_of(row)
        for row in rows
        if row.pid in by_pid and is_row(row, row.pid, by_pid[row.pid])
    )


def name_of(row: WorkerRow) -> str:
    """As a person knows it."""
    return row.node or row.app or row.role.value
