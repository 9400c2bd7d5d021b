from __future__ import annotations

import re

import msgspec
import pytest

from desktop.engine.model import Queue
from desktop.engine.states import ServiceState
from web.monitor import metrics

LABEL = r'[a-z]+="(?:[^"\\\n]|\\.)*"'
LINE = re.compile(rf"^[a-z_]+(\{{{LABEL}(,{LABEL})*\}})? -?\d+(\.\d+)?(e[+-]\d+)?$")


@pytest.fixture
def snapshot(sample):
    return sample


def lines(snapshot) -> list[str]:
    text = metrics.exposition(snapshot, snapshot.stacks[0] if snapshot else None)
    assert text.endswith("\n")
    return text.splitlines()


def test_flower_s_names_are_used_where_the_meaning_is_the_same(snapshot):
    told = lines(snapshot)
    assert 'flower_worker_online{worker="worker1@mbp"} 1' in told
    assert 'flower_worker_number_of_currently_executing_tasks{worker="worker1@mbp"} 3' in told
    assert 'flower_worker_number_of_currently_executing_tasks{worker="celery@mbp"} 1' in told
    assert (
        'flower_worker_prefetched_tasks{worker="worker1@mbp",task="<img src=x onerror=alert(1)>"} 1'
        in told
    )


def test_a_node_that_is_taken_over_is_online(snapshot):
    stack = snapshot.stacks[0]
    (worker,) = [one for one in stack.services if one.name == "worker1"]
    old = msgspec.structs.replace(
        worker, name="worker1.old", of="worker1", state=ServiceState.STOPPING
    )
    stack = msgspec.structs.replace(stack, services=(*stack.services, old))
    told = lines(msgspec.structs.replace(snapshot, stacks=(stack,)))
    assert 'flower_worker_online{worker="worker1@mbp"} 1' in told


def test_tasks_queues_services_and_machine_are_told(snapshot):
    told = lines(snapshot)
    assert 'celery_tray_tasks_total{event="succeeded"} 18150' in told
    assert "celery_tray_tasks_active 3" in told
    assert 'celery_tray_queue_messages{queue="celery"} 14' in told
    assert 'celery_tray_service_up{service="web",kind="web"} 0' in told
    assert 'celery_tray_service_cpu_cores{service="worker1",kind="worker"} 0.312' in told
    assert "celery_tray_machine_cpu_ratio 0.83" in told
    assert "celery_tray_engine_up 1" in told


def test_every_line_is_well_formed_whatever_the_names_are(snapshot):
    hostile = 'a"b\\c\nd} 1\n# HELP x'
    stack = msgspec.structs.replace(snapshot.stacks[0], queues=(Queue(hostile, 1),))
    told = lines(msgspec.structs.replace(snapshot, stacks=(stack,)))
    assert all(LINE.match(line) for line in told if not line.startswith("#"))
    assert len([line for line in told if line.startswith("# HELP x")]) == 0


def test_each_metric_is_described_once(snapshot):
    told = lines(snapshot)
    types = [line.split()[2] for line in told if line.startswith("# TYPE")]
    assert len(types) == len(set(types))
    described = {line.split("{")[0].split()[0] for line in told if not line.startswith("#")}
    assert described == set(types)


def test_without_an_engine_only_that_is_told():
    assert lines(None)[-1] == "celery_tray_engine_up 0"
