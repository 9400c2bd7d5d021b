"""The verb about what a stack's workers have counted, and what it answers: what Flower's metrics
tell, as values. Like :mod:`desktop.engine.commands`, of which it is a part.
"""

from __future__ import annotations

import msgspec

RUNTIME_BUCKETS_S = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip
"""Upper bounds of the histogram of runtimes: ``Histogram.DEFAULT_BUCKETS`` of prometheus_client,
which Flower takes unless told otherwise. One more bucket holds what is longer."""


class ShowMetrics(msgspec.Struct, frozen=True, tag=True):
    """What was counted of every worker and task since the events of the broker are listened to.
    Answers :class:`MetricsReport`."""

    project: str = ""


class TaskSeries(msgspec.Struct, frozen=True):
    """One task name at one worker."""

    task: str
    events: tuple[tuple[str, int], ...] = ()
    """(type, how many), such as ("task-received", 3)."""
    runtimes: tuple[int, ...] = ()
    """Tasks that ran so long, per bucket of :data:`RUNTIME_BUCKETS_S` and beyond (not added up).
    Empty: none has told its runtime."""
    runtime_sum_s: float = 0.0
    prefetch_time_s: float | None = None
    """How long the one that started last had waited at the worker; 0 when one has ended since.
    Those with a time to start at do not count."""
    prefetched: int | None = None
    """Those that the worker has and has not started, without a time to start at; None: it never
    had one."""


class WorkerSeries(msgspec.Struct, frozen=True):
    """One name that events came from: a worker's node, or a client that tells what it sends."""

    worker: str
    online: bool | None = None
    """None: it never said so, which a client never does."""
    executing: int | None = None
    """Tasks that run, by its last heartbeat."""
    tasks: tuple[TaskSeries, ...] = ()


class MetricsReport(msgspec.Struct, frozen=True, tag=True):
    workers: tuple[WorkerSeries, ...] = ()


MetricsCommand = ShowMetrics

MetricsAnswer = MetricsReport

METRICS_QUESTIONS = (ShowMetrics,)
