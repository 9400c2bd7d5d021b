"""Tasks that have finished and are forgotten: just enough to know a late event by."""

from __future__ import annotations

import msgspec

from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.engine.telemetry import endings
from desktop.engine.telemetry.record import RANK, Record, Skew, describe, place_of, task_of
from desktop.engine.telemetry.wire import Event

TOMBS_MAX = 20_000
"""Ends that are remembered; of more those that ended first are forgotten, a tenth at a time."""


class Tomb(msgspec.Struct, gc=False):
    """Where and how a task ended. ``e`` is the place of its end, as in a record; of its reception
    and its start it is enough whether they were seen."""

    worker: str
    pid: int
    state: TaskState
    e: float
    at: float
    seen: int
    """Bits: 1 received, 2 started, 4 ended by an event (not told by its result)."""
    name: str = ""

    def is_before(self, event: Event, state: TaskState, skew: Skew) -> bool:
        """Whether ``event`` tells of a run behind this end."""
        begins = state is TaskState.RECEIVED or state is TaskState.STARTED
        if not self.seen & 4 and not begins:
            return False
        if not begins and RANK[state] <= RANK[self.state]:
            return False  # "retried" of the run before, told when the next one had ended already
        if self.worker == event.hostname and self.pid == event.pid:
            return place_of(event) > self.e
        return event.timestamp + skew(event.hostname) > self.at + skew(self.worker)

    def knows(self, event: Event, state: TaskState) -> bool:
        """Whether ``event``, from before the end, was taken in already."""
        if self.worker != event.hostname or self.pid != event.pid:
            return True  # of an earlier run, which is of no more interest
        if state is TaskState.RECEIVED:
            return bool(self.seen & 1)
        if state is TaskState.STARTED:
            return bool(self.seen & 2)
        return bool(self.seen & 4) or RANK[state] < RANK[self.state]

    def told_late(self, event: Event, seen_at: float) -> Task:
        """What the late ``event`` adds; its end was told before."""
        record = Record(event.uuid)
        if event.type == "task-received":
            self.seen |= 1
            endings.receive(record, event, place_of(event))
        elif event.type == "task-started":
            self.seen |= 2
            endings.begin(record, event, place_of(event))
        elif event.type == "task-sent":
            record.sent_at = event.timestamp or None
            describe(record, event)
        else:
            self.seen |= 4
            endings.end(record, event, self.state, place_of(event))
        record.state, record.seen_at = self.state, seen_at
        record.worker, record.worker_pid = self.worker, self.pid
        record.e = self.e
        record.final = bool(record.more.ended_at)
        return task_of(record)


class Tombs:
    """The newest of them."""

    def __init__(self) -> None:
        self._all: dict[str, Tomb] = {}

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._all

    def __len__(self) -> int:
        return len(self._all)

    def get(self, task_id: str) -> Tomb | None:
        return self._all.get(task_id)

    def name(self, task_id: str) -> str:
        """Of a task; "" of one that is not remembered."""
        tomb = self._all.get(task_id)
        return tomb.name if tomb else ""

    def pop(self, task_id: str) -> None:
        self._all.pop(task_id, None)

    def put(self, record: Record) -> None:
        """``record`` has finished."""
        seen = (record.r >= 0.0) | (record.s >= 0.0) << 1 | (not record.more.settled) << 2
        self._all[record.id] = Tomb(
            record.worker,
            record.worker_pid,
            record.state,
            record.e,
            record.at,
            seen,
            record.name,
        )
        if len(self._all) > TOMBS_MAX:
            for oldest in list(self._all)[: TOMBS_MAX // 10]:
                del self._all[oldest]
