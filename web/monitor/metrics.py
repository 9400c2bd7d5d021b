"""The state as Prometheus text (exposition format 0.0.4).

Names are Flower's where the meaning is the same; the rest have a name of ours, in base units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from desktop.engine.model import Machine, ServiceStatus, StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import UP, Owner, Role, ServiceKind, TaskState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], float]
"""Labels and value."""


def exposition(snapshot: Snapshot | None, stack: StackStatus | None) -> str:
    """Every metric of the stack; without an engine only that it is out of reach."""
    up: list[Sample] = [({}, float(snapshot is not None))]
    lines = _metric("celery_tray_engine_up", "gauge", "The engine answers.", up)
    if snapshot is not None:
        lines += _machine(snapshot.machine)
    if stack is not None:
        lines += _workers(stack) + _tasks(stack) + _queues(stack) + _services(stack.services)
    return "\n".join(lines) + "\n"


def _workers(stack: StackStatus) -> list[str]:
    online: dict[str, bool] = {}
    for service in stack.services:
        # While a worker is taken over, two services are one node.
        if service.kind is ServiceKind.WORKER and service.node:
            online[service.node] = online.get(service.node, False) or service.state in UP
    rows = [row for row in stack.workers if row.role is Role.WORKER and row.node]
    online |= {row.node: True for row in rows if row.owner is not Owner.OURS}
    executing = Counter(t.worker for t in stack.active if t.state is TaskState.STARTED)
    for row in rows:
        if row.active is not None:
            executing[row.node] = row.active
    prefetched = Counter((t.worker, t.name) for t in stack.active if t.state is TaskState.RECEIVED)
    return [
        *_metric(
            "flower_worker_online",
            "gauge",
            "Worker online status",
            [({"worker": node}, up) for node, up in online.items()],
        ),
        *_metric(
            "flower_worker_number_of_currently_executing_tasks",
            "gauge",
            "Number of tasks currently executing at a worker",
            [({"worker": node}, executing[node]) for node in online],
        ),
        *_metric(
            "flower_worker_prefetched_tasks",
            "gauge",
            "Number of tasks of given type prefetched at a worker",
            [({"worker": w, "task": name}, count) for (w, name), count in prefetched.items()],
        ),
    ]


def _tasks(stack: StackStatus) -> list[str]:
    tasks = stack.tasks
    kinds = {
        "received": tasks.received,
        "succeeded": tasks.succeeded,
        "failed": tasks.failed,
        "retried": tasks.retried,
        "revoked": tasks.revoked,
    }
    return [
        *_metric(
            "celery_tray_tasks_total",
            "counter",
            "Task events since the engine began to listen.",
            [({"event": kind}, count) for kind, count in kinds.items()],
        ),
        *_metric("celery_tray_tasks_active", "gauge", "Tasks that run.", [({}, tasks.active)]),
    ]


def _queues(stack: StackStatus) -> list[str]:
    return [
        *_metric(
            "celery_tray_queue_messages",
            "gauge",
            "Messages that wait in a queue.",
            [({"queue": queue.name}, queue.depth) for queue in stack.queues],
        ),
        *_metric(
            "celery_tray_queue_unacked_messages",
            "gauge",
            "Messages that workers hold and have not acknowledged.",
            [({"queue": queue.name}, queue.unacked) for queue in stack.queues],
        ),
    ]


def _services(services: Iterable[ServiceStatus]) -> list[str]:
    labelled = [({"service": one.name, "kind": one.kind.value}, one) for one in services]
    return [
        *_metric(
            "celery_tray_service_up",
            "gauge",
            "The service runs and answers.",
            [(labels, one.state in UP) for labels, one in labelled],
        ),
        *_metric(
            "celery_tray_service_restarts_total",
            "counter",
            "Times that the service was started again after it ended by itself.",
            [(labels, one.restarts) for labels, one in labelled],
        ),
        *_metric(
            "celery_tray_service_cpu_cores",
            "gauge",
            "Processor cores in use, children included.",
            [(ls, one.cpu_percent / 100) for ls, one in labelled if one.cpu_percent is not None],
        ),
        *_metric(
            "celery_tray_service_resident_memory_bytes",
            "gauge",
            "Resident memory, children included.",
            [(labels, one.rss_bytes) for labels, one in labelled if one.rss_bytes is not None],
        ),
    ]


def _machine(machine: Machine) -> list[str]:
    return [
        *_metric(
            "celery_tray_machine_cpu_ratio",
            "gauge",
            "Processor time in use, of all cores.",
            [({}, machine.cpu_percent / 100)],
        ),
        *_metric(
            "celery_tray_machine_memory_ratio",
            "gauge",
            "Memory in use.",
            [({}, machine.memory_percent / 100)],
        ),
        *_metric(
            "celery_tray_machine_disk_free_bytes",
            "gauge",
            "Free space where the state is kept.",
            [({}, machine.disk_free_bytes)],
        ),
    ]


def _metric(name: str, kind: str, about: str, samples: Iterable[Sample]) -> list[str]:
    lines = [f"{name}{_labels(labels)} {float(value):.15g}" for labels, value in samples]
    return [f"# HELP {name} {about}", f"# TYPE {name} {kind}", *lines] if lines else []


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
