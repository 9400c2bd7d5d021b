"""Who got a task last, who runs it, and what has ended: the events as a witness after a death.

The fold keeps what the process of a dead node had until it is known what became of it, though it
shows it no more; this is the way to ask. Any thread may.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import msgspec

from desktop.engine.model import ActiveTask
from desktop.engine.states import TaskState
from desktop.engine.telemetry.correction import NodeTasks
from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.record import Record
from desktop.engine.telemetry.wire import Event


class Holding(msgspec.Struct, frozen=True):
    """A task as the last node that got it told of it. Instants are that node's wall clock."""

    id: str
    node: str
    pid: int
    """Of the worker's main process; 0: the node only answered a question."""
    at: float
    """When it was received or, later, started."""
    started: bool = False
    name: str = ""
    args: str = ""
    kwargs: str = ""
    queue: str = ""
    """As the sender's event told; "" when it sends none."""


class Holders:
    """What is known of the tasks that no event has ended."""

    def __init__(self, fold: Fold | None = None) -> None:
        self.fold = fold or Fold()
        """Where all of it is kept."""

    def feed(self, events: Iterable[Event]) -> None:
        """Take events in, in any order: where nobody else feeds the fold."""
        self.fold.feed(events, time.monotonic())

    def answered(self, answers: Mapping[str, Iterable[ActiveTask]]) -> None:
        """What nodes said that they run."""
        told = {node: NodeTasks(tuple(tasks)) for node, tasks in answers.items()}
        self.fold.repair(told, 0.0)

    def lost_touch(self) -> None:
        """Events were missed: what was open may have ended, or gone to another node."""
        self.fold.lost_touch(time.monotonic())

    def last(self, ids: Iterable[str]) -> dict[str, Holding]:
        """Who got each of these tasks last, as far as that is known and has not ended."""
        records = self.fold.records
        with self.fold.lock:
            found = ((one, records.get(one)) for one in ids)
            return {one: _holding(record) for one, record in found if record and _is_open(record)}

    def had_by(self, node: str, pid: int) -> tuple[Holding, ...]:
        """What this process has received and not ended, begun or not: a process that is killed
        takes the events of its last moments with it."""
        with self.fold.lock:
            had = (_holding(one) for one in self.fold.records.values() if _is_open(one))
            return tuple(
                one
                for one in had
                if one.node == node and (one.pid == pid or (one.started and not one.pid))
            )

    def has_ended(self, task_id: str) -> bool:
        with self.fold.lock:
            record = self.fold.records.get(task_id)
            return task_id in self.fold.tombs if record is None else record.e >= 0.0

    @property
    def running(self) -> bool:
        """Something has begun and not ended."""
        with self.fold.lock:
            return any(
                one.state is TaskState.STARTED and not one.unseen
                for one in self.fold.records.values()
            )

    def settle(self, ids: Iterable[str]) -> None:
        """It is known what became of these."""
        with self.fold.lock:
            for one in ids:
                record = self.fold.records.get(one)
                if record is not None:
                    record.unseen = True


def _is_open(record: Record) -> bool:
    open_ = record.state is TaskState.RECEIVED or record.state is TaskState.STARTED
    return open_ and not record.unseen


def _holding(record: Record) -> Holding:
    last = record.more.elsewhere
    started = last is None and record.state is TaskState.STARTED
    at = record.started_at if started else record.received_at
    return Holding(
        record.id,
        last.node if last else record.worker,
        last.pid if last else 0 if record.answered else record.worker_pid,
        (last.at if last else at) or 0.0,
        started,
        record.name,
        record.args,
        record.kwargs,
        record.queue,
    )
