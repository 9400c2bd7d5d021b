"""What Flower counts of events, for Prometheus: events, runtimes, waiting times, who is online.

Pure. Names and meaning are those of Flower 2's ``events.py`` (``PrometheusMetrics``), so that its
dashboards show the same. Unlike there, what is prefetched is looked up when it is asked for, not
added up: a worker that dies takes what it had with it. Whoever reaches the broker can send events,
so labels are bounded in length and number; what is too much is counted as :data:`OTHER`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from sys import intern

from desktop.engine.metrics_commands import RUNTIME_BUCKETS_S, TaskSeries, WorkerSeries
from desktop.engine.states import TaskState
from desktop.engine.telemetry.record import Record
from desktop.engine.telemetry.wire import Event

WORKERS_MAX = 1_000
"""Names that events come from; of more, the one that was heard the longest ago is forgotten.
(A client that tells what it sends has a name of its own for each process.)"""
TASKS_MAX = 5_000
"""Task names at workers, all together: Flower's own page of metrics takes seconds from there."""
TYPES_MAX = 20
"""Types of events of one task name, beside the usual three; Celery has six more."""
LABEL_MAX = 200
"""Characters of a label; a dotted name of Python is hardly ever longer."""
OTHER = "(other)"
"""Stands for all that is beyond the bounds."""

_ONLINE = {"worker-online": True, "worker-heartbeat": True, "worker-offline": False}


class TaskMetrics:
    """One task name at one worker. The fold adds to what nearly every event is about itself."""

    __slots__ = (
        "others",
        "prefetch_time_s",
        "prefetches",
        "received",
        "runtime_sum_s",
        "runtimes",
        "started",
        "succeeded",
    )

    def __init__(self) -> None:
        self.received = self.started = self.succeeded = 0
        self.others: dict[str, int] = {}
        """Events of any other type."""
        self.runtimes = [0] * (len(RUNTIME_BUCKETS_S) + 1)
        self.runtime_sum_s = 0.0
        self.prefetch_time_s: float | None = None
        self.prefetches = False

    def ended(self, event: Event, record: Record | None) -> None:
        """It may be of a type of the app's own, too, which ends nothing."""
        if (kind := event.type) == "task-succeeded":
            self.succeeded += 1
        else:
            self.count(kind)
            if kind != "task-failed":
                record = None
        if runtime_s := event.runtime:
            self.runtimes[bisect_left(RUNTIME_BUCKETS_S, runtime_s)] += 1
            self.runtime_sum_s += runtime_s
        if self.prefetch_time_s and record is not None and not record.more.eta:
            self.prefetch_time_s = 0.0

    def count(self, kind: str) -> None:
        others = self.others
        if kind not in others:
            kind = intern(_label(kind) if len(others) < TYPES_MAX else OTHER)
        others[kind] = others.get(kind, 0) + 1

    def series(self, name: str, prefetched: int) -> TaskSeries:
        told = ("received", self.received), ("started", self.started), ("succeeded", self.succeeded)
        return TaskSeries(
            name,
            (*((f"task-{kind}", count) for kind, count in told if count), *self.others.items()),
            tuple(self.runtimes) if any(self.runtimes) else (),
            self.runtime_sum_s,
            self.prefetch_time_s,
            prefetched if self.prefetches or prefetched else None,
        )


class WorkerMetrics:
    """What one name has told."""

    __slots__ = ("_all", "executing", "online", "tasks")

    def __init__(self, all_: Metrics) -> None:
        self._all = all_
        self.tasks: dict[str, TaskMetrics] = {}
        self.online: bool | None = None
        self.executing: int | None = None

    def of(self, record: Record | None, event: Event) -> TaskMetrics:
        """Of the task of ``event``; ``record`` is what is known of it."""
        name = record.name if record is not None else event.name or self._all.name_of(event.uuid)
        return self.tasks.get(name) or self._open(name)

    def leave(self, for_: Metrics) -> None:
        """It is forgotten; who still adds to it adds to nothing that is told."""
        self._all.count -= len(self.tasks)
        self._all = for_

    def _open(self, name: str) -> TaskMetrics:
        """The series of a name that this dictionary does not have as it stands."""
        label = intern(_label(name))
        if label not in self.tasks and self._all.count >= TASKS_MAX:
            label = OTHER
        task = self.tasks.get(label)
        if task is None:
            task = self.tasks[label] = TaskMetrics()
            self._all.count += 1
        return task


class Metrics:
    """All of one broker. One thread feeds it, and no other looks at it meanwhile."""

    def __init__(self, name_of: Callable[[str], str] = lambda _: "") -> None:
        """``name_of`` tells the name of a task, by its id, that is not in memory any more."""
        self.count = 0
        """Task names at workers."""
        self._workers: OrderedDict[str, WorkerMetrics] = OrderedDict()
        self.name_of = name_of
        self.nobody = WorkerMetrics(self)
        """Not among them."""

    def of(self, worker: str) -> WorkerMetrics:
        """What this name has told, to be added to."""
        label = worker if len(worker) <= LABEL_MAX else _label(worker)
        found = self._workers.get(label)
        if found is None:
            found = self._workers[label] = WorkerMetrics(self)
            if len(self._workers) > WORKERS_MAX:
                _, oldest = self._workers.popitem(last=False)
                oldest.leave(Metrics())
        else:
            self._workers.move_to_end(label)
        return found

    def worker_event(self, event: Event) -> None:
        worker = self.of(event.hostname)
        online = _ONLINE.get(event.type)
        if online is not None:
            worker.online = online
        if event.active is not None and event.type == "worker-heartbeat":
            worker.executing = event.active

    def gone(self, worker: str) -> None:
        """Its process has ended without a word."""
        if (found := self._workers.get(_label(worker))) is not None and found.online:
            found.online, found.executing = False, 0

    def report(self, records: Iterable[Record]) -> tuple[WorkerSeries, ...]:
        """All as it is now; ``records`` are the tasks that have not been forgotten."""
        prefetched = Counter(
            (_label(one.worker), _label(one.name))
            for one in records
            if one.state is TaskState.RECEIVED and not one.gone and not one.more.eta
        )
        return tuple(
            WorkerSeries(
                worker,
                told.online,
                told.executing,
                tuple(
                    task.series(name, prefetched[worker, name]) for name, task in told.tasks.items()
                ),
            )
            for worker, told in self._workers.items()
        )


def _label(name: str) -> str:
    return name if len(name) <= LABEL_MAX else f"{name[: LABEL_MAX - 1]}…"
