"""The state as Prometheus text (exposition format 0.0.4).

Names are Flower's where the meaning is the same (:mod:`web.monitor.flower_metrics`); the rest have
a name of ours, in base units.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from desktop.engine.errors import TrayError
from desktop.engine.metrics_commands import MetricsReport, ShowMetrics
from desktop.engine.model import Machine, ServiceStatus, StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import UP
from web.monitor.feed import Feed
from web.monitor.flower_metrics import flower_metrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FRESH_S = 1.0
"""Several Prometheus servers that ask within so long are told the same."""
PATIENCE_S = 5.0
"""Prometheus itself waits 10 s; better some metrics than none."""

Sample = tuple[tuple[str, ...], float]
"""Values of the labels, in their order, and value."""


async def scrape(feed: Feed) -> bytes:
    """Every metric of the feed's stack, as of now."""
    report = None
    if feed.stack is not None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                report = await feed.ask(ShowMetrics(feed.project), FRESH_S)
        except (TrayError, TimeoutError):
            pass  # what the snapshot tells is told all the same
    told = report if isinstance(report, MetricsReport) else MetricsReport()
    # A stack of thousands of names takes a second to write down.
    return await asyncio.to_thread(exposition, feed.snapshot, feed.stack, told)


def exposition(snapshot: Snapshot | None, stack: StackStatus | None, told: MetricsReport) -> bytes:
    """Every metric of the stack; without an engine only that it is out of reach."""
    registry = CollectorRegistry()
    registry.register(_State(snapshot, stack, told))
    return generate_latest(registry)


class _State(Collector):
    """One moment, to be written down once."""

    def __init__(
        self, snapshot: Snapshot | None, stack: StackStatus | None, told: MetricsReport
    ) -> None:
        self._snapshot, self._stack, self._told = snapshot, stack, told

    def describe(self) -> Iterable[Metric]:
        return ()  # nothing else is in the registry that a name could clash with

    def collect(self) -> Iterator[Metric]:
        yield _gauge(
            "celery_tray_engine_up", "The engine answers.", (), [((), self._snapshot is not None)]
        )
        if self._snapshot is not None:
            yield from _machine(self._snapshot.machine)
        if self._stack is not None:
            found = (
                *flower_metrics(self._stack, self._told),
                *_tasks(self._stack),
                *_queues(self._stack),
                *_services(self._stack.services),
            )
            yield from (family for family in found if family.samples)


def _tasks(stack: StackStatus) -> Iterator[Metric]:
    tasks = stack.tasks
    kinds = {
        "received": tasks.received,
        "succeeded": tasks.succeeded,
        "failed": tasks.failed,
        "retried": tasks.retried,
        "revoked": tasks.revoked,
    }
    yield _counter(
        "celery_tray_tasks_total",
        "Task events since the engine began to listen.",
        ("event",),
        [((kind,), count) for kind, count in kinds.items()],
    )
    yield _gauge("celery_tray_tasks_active", "Tasks that run.", (), [((), tasks.active)])


def _queues(stack: StackStatus) -> Iterator[Metric]:
    yield _gauge(
        "celery_tray_queue_messages",
        "Messages that wait in a queue.",
        ("queue",),
        [((queue.name,), queue.depth) for queue in stack.queues],
    )
    yield _gauge(
        "celery_tray_queue_unacked_messages",
        "Messages that workers hold and have not acknowledged.",
        ("queue",),
        [((queue.name,), queue.unacked) for queue in stack.queues],
    )


def _services(services: Iterable[ServiceStatus]) -> Iterator[Metric]:
    names = ("service", "kind")
    all_ = [((one.name, one.kind.value), one) for one in services]
    yield _gauge(
        "celery_tray_service_up",
        "The service runs and answers.",
        names,
        [(labels, one.state in UP) for labels, one in all_],
    )
    yield _counter(
        "celery_tray_service_restarts_total",
        "Times that the service was started again after it ended by itself.",
        names,
        [(labels, one.restarts) for labels, one in all_],
    )
    yield _gauge(
        "celery_tray_service_cpu_cores",
        "Processor cores in use, children included.",
        names,
        [(at, one.cpu_percent / 100) for at, one in all_ if one.cpu_percent is not None],
    )
    yield _gauge(
        "celery_tray_service_resident_memory_bytes",
        "Resident memory, children included.",
        names,
        [(labels, one.rss_bytes) for labels, one in all_ if one.rss_bytes is not None],
    )


def _machine(machine: Machine) -> Iterator[Metric]:
    yield _gauge(
        "celery_tray_machine_cpu_ratio",
        "Processor time in use, of all cores.",
        (),
        [((), machine.cpu_percent / 100)],
    )
    yield _gauge(
        "celery_tray_machine_memory_ratio",
        "Memory in use.",
        (),
        [((), machine.memory_percent / 100)],
    )
    yield _gauge(
        "celery_tray_machine_disk_free_bytes",
        "Free space where the state is kept.",
        (),
        [((), machine.disk_free_bytes)],
    )


def _gauge(name: str, about: str, labels: tuple[str, ...], samples: Iterable[Sample]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family


def _counter(name: str, about: str, labels: tuple[str, ...], samples: Iterable[Sample]) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family
