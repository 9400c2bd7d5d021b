from __future__ import annotations

import math

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from desktop.engine.commands import Done, Refused
from desktop.engine.metrics_commands import (
    RUNTIME_BUCKETS_S,
    MetricsReport,
    ShowMetrics,
    TaskSeries,
    WorkerSeries,
)
from desktop.engine.model import Problem, Queue
from desktop.engine.states import ServiceState
from desktop.words import text
from web.monitor import metrics

HOSTILE = 'a"b\\c\nd} 1\n# HELP x \u202e\x85<script>'
NODE = "worker1@mbp"


@pytest.fixture
def snapshot(sample):
    return sample


def told(snapshot, *workers: WorkerSeries) -> dict[tuple[str, ...], float]:
    """As Prometheus's own parser reads them: values by name and, in the order of the
    labels' names, their values."""
    stack = snapshot.stacks[0] if snapshot else None
    return read(metrics.exposition(snapshot, stack, MetricsReport(workers)).decode())


def read(page: str) -> dict[tuple[str, ...], float]:
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(page)
        for one in family.samples
    }


def test_flower_s_metrics_are_told_of_what_events_have_told(snapshot):
    runtimes = (0, 2, *(0 for _ in RUNTIME_BUCKETS_S[3:]), 1, 3)
    series = TaskSeries("a.b", (("task-received", 7),), runtimes, 42.5, 0.25, 2)
    found = told(snapshot, WorkerSeries("w@elsewhere", True, 3, (series,)))
    assert found["flower_worker_online", "w@elsewhere"] == 1
    assert found["flower_worker_number_of_currently_executing_tasks", "w@elsewhere"] == 3
    at = ("a.b", "w@elsewhere")
    assert found["flower_events_total", "a.b", "task-received", "w@elsewhere"] == 7
    assert found["flower_task_prefetch_time_seconds", *at] == 0.25
    assert found["flower_worker_prefetched_tasks", *at] == 2
    name = "flower_task_runtime_seconds"
    bounds = [*(str(bound) for bound in RUNTIME_BUCKETS_S), "+Inf"]
    counts = [found[f"{name}_bucket", bound, *at] for bound in bounds]
    assert counts == [0, 2, *([2] * 11), 3, 6]
    assert (found[f"{name}_count", *at], found[f"{name}_sum", *at]) == (6, 42.5)


def test_workers_that_tell_nothing_are_told_of_as_the_stack_knows_them(snapshot):
    found = told(snapshot)
    assert found["flower_worker_online", NODE] == 1
    assert found["flower_worker_number_of_currently_executing_tasks", NODE] == 3
    assert found["flower_worker_number_of_currently_executing_tasks", "celery@mbp"] == 1


def test_a_client_is_no_worker(snapshot):
    found = told(snapshot, WorkerSeries("gen7@h", None, None, (TaskSeries("a", ()),)))
    assert ("flower_worker_online", "gen7@h") not in found


def test_a_worker_of_ours_that_is_gone_is_offline_whatever_it_said(snapshot):
    stack = snapshot.stacks[0]
    services = tuple(
        msgspec.structs.replace(one, state=ServiceState.FAILED) if one.node == NODE else one
        for one in stack.services
    )
    gone = msgspec.structs.replace(stack, services=services)
    found = told(msgspec.structs.replace(snapshot, stacks=(gone,)), WorkerSeries(NODE, True, 2))
    assert found["flower_worker_online", NODE] == 0
    assert found["flower_worker_number_of_currently_executing_tasks", NODE] == 0


def test_a_node_that_is_taken_over_is_online(snapshot):
    stack = snapshot.stacks[0]
    (worker,) = [one for one in stack.services if one.name == "worker1"]
    old = msgspec.structs.replace(
        worker, name="worker1.old", of="worker1", state=ServiceState.STOPPING
    )
    stack = msgspec.structs.replace(stack, services=(*stack.services, old))
    found = told(msgspec.structs.replace(snapshot, stacks=(stack,)))
    assert found["flower_worker_online", NODE] == 1


def test_tasks_queues_services_and_machine_are_told(snapshot):
    found = told(snapshot)
    assert found["celery_tray_tasks_total", "succeeded"] == 18150
    assert found["celery_tray_tasks_active",] == 3
    assert found["celery_tray_queue_messages", "celery"] == 14
    assert found["celery_tray_service_up", "web", "web"] == 0
    assert found["celery_tray_service_restarts_total", "worker", "worker1"] == 1
    assert found["celery_tray_service_cpu_cores", "worker", "worker1"] == pytest.approx(0.312)
    assert found["celery_tray_machine_cpu_ratio",] == pytest.approx(0.83)
    assert found["celery_tray_engine_up",] == 1


def test_every_name_comes_out_as_it_went_in(snapshot):
    stack = msgspec.structs.replace(snapshot.stacks[0], queues=(Queue(HOSTILE, 1),))
    hostile = WorkerSeries(HOSTILE, True, 1, (TaskSeries(HOSTILE, ((HOSTILE, 5),)),))
    found = told(msgspec.structs.replace(snapshot, stacks=(stack,)), hostile)
    assert found["celery_tray_queue_messages", HOSTILE] == 1
    assert found["flower_worker_online", HOSTILE] == 1
    assert found["flower_events_total", HOSTILE, HOSTILE, HOSTILE] == 5
    assert {name for name, *_ in found if not name.startswith(("celery_tray_", "flower_"))} == set()


def test_each_metric_is_described_once(snapshot):
    page = metrics.exposition(snapshot, snapshot.stacks[0], MetricsReport()).decode().splitlines()
    types = [line.split()[2] for line in page if line.startswith("# TYPE")]
    assert len(types) == len(set(types))
    described = {line.split("{")[0].split()[0] for line in page if not line.startswith("#")}
    assert described == set(types)


def test_without_an_engine_only_that_is_told():
    assert told(None) == {("celery_tray_engine_up",): 0}


def test_the_engine_is_asked_when_prometheus_asks(engine, monitor, wait_until):
    series = TaskSeries("a.b", (("task-received", 7),))
    report = MetricsReport((WorkerSeries("w@h", True, 1, (series,)),))
    engine.answer = lambda command: report if isinstance(command, ShowMetrics) else Done()
    wait_until(lambda: monitor.http.get("/api/status").json()["services"])
    answer = monitor.http.get("/metrics")
    assert answer.headers["content-type"] == metrics.CONTENT_TYPE
    assert read(answer.text)["flower_events_total", "a.b", "task-received", "w@h"] == 7
    monitor.http.get("/metrics")
    assert [one for one in engine.commands if isinstance(one, ShowMetrics)] == [ShowMetrics("")]


def test_what_the_engine_refuses_takes_nothing_else_with_it(engine, monitor, wait_until):
    refused = Refused(Problem("x", text("No."), text("No."), text("No.")))
    engine.answer = lambda command: refused if isinstance(command, ShowMetrics) else Done()
    wait_until(lambda: monitor.http.get("/api/status").json()["services"])
    found = read(monitor.http.get("/metrics").text)
    assert found["celery_tray_engine_up",] == 1
    assert not math.isnan(found["flower_worker_online", NODE])
