"""The metrics that Flower has too: its names, labels, types, buckets and meaning.

Names and descriptions are those of Flower 2's ``events.py``, so that a dashboard for Flower
(``examples/celery-monitoring-grafana-dashboard.json`` in its repository) shows the same of this
monitor. Three things are told better than there: a worker of ours whose process is gone is offline
though it never said so, what a dead worker had prefetched is prefetched no more, and a task that
its worker does not know has its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from desktop.engine.metrics_commands import RUNTIME_BUCKETS_S, MetricsReport
from desktop.engine.model import StackStatus
from desktop.engine.states import UP, Owner, Role, ServiceKind, TaskState

_BOUNDS = (*(str(bound) for bound in RUNTIME_BUCKETS_S), "+Inf")


def flower_metrics(stack: StackStatus, told: MetricsReport) -> tuple[Metric, ...]:
    """``told`` is what events have told; of workers that sent none, the stack knows some."""
    return (*_of_tasks(told), *_of_workers(stack, told))


def _of_tasks(told: MetricsReport) -> Iterator[Metric]:
    at = ("worker", "task")
    events = CounterMetricFamily(
        "flower_events_total", "Number of events", labels=("worker", "type", "task")
    )
    runtime = HistogramMetricFamily("flower_task_runtime_seconds", "Task runtime", labels=at)
    waited = GaugeMetricFamily(
        "flower_task_prefetch_time_seconds",
        "The time the task spent waiting at the celery worker to be executed.",
        labels=at,
    )
    prefetched = GaugeMetricFamily(
        "flower_worker_prefetched_tasks",
        "Number of tasks of given type prefetched at a worker",
        labels=at,
    )
    for one in told.workers:
        for task in one.tasks:
            labels = (one.worker, task.task)
            for kind, count in task.events:
                events.add_metric((one.worker, kind, task.task), count)
            if task.runtimes:
                runtime.add_metric(labels, _added_up(task.runtimes), task.runtime_sum_s)
            if task.prefetch_time_s is not None:
                waited.add_metric(labels, task.prefetch_time_s)
            if task.prefetched is not None:
                prefetched.add_metric(labels, task.prefetched)
    yield from (events, runtime, waited, prefetched)


def _of_workers(stack: StackStatus, told: MetricsReport) -> Iterator[Metric]:
    online = {one.worker: one.online for one in told.workers if one.online is not None}
    ours: dict[str, bool] = {}
    for service in stack.services:
        # While a worker is taken over, two services are one node.
        if service.kind is ServiceKind.WORKER and service.node:
            ours[service.node] = ours.get(service.node, False) or service.state in UP
    rows = [row for row in stack.workers if row.role is Role.WORKER and row.node]
    online |= ours | {row.node: True for row in rows if row.owner is not Owner.OURS}
    # What events tell is newer than the last look at the processes.
    executing = Counter(t.worker for t in stack.active if t.state is TaskState.STARTED)
    for row in rows:
        if row.active is not None:
            executing[row.node] = row.active
    counts = {node: executing[node] for node in online}
    counts |= {one.worker: one.executing for one in told.workers if one.executing is not None}
    counts |= {node: 0 for node, is_up in ours.items() if not is_up}
    up = GaugeMetricFamily("flower_worker_online", "Worker online status", labels=("worker",))
    running = GaugeMetricFamily(
        "flower_worker_number_of_currently_executing_tasks",
        "Number of tasks currently executing at a worker",
        labels=("worker",),
    )
    for node, is_online in online.items():
        up.add_metric((node,), float(is_online))
    for node, count in counts.items():
        running.add_metric((node,), count)
    yield from (up, running)


def _added_up(runtimes: tuple[int, ...]) -> list[tuple[str, float]]:
    """Prometheus wants each bucket to hold those below it too."""
    count, buckets = 0, []
    for bound, here in zip(_BOUNDS, runtimes, strict=True):
        count += here
        buckets.append((bound, float(count)))
    return buckets
