"""The real Flower and the monitor hear the same workers: what they tell Prometheus is the same."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.benchmarks.processes import running
from tests.live.conftest import until
from tests.live.fates import Fates
from tests.ports import free_port
from tests.web.monitor.conftest import RunningMonitor

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
"""Values by name and labels."""


@pytest.fixture
def fates(tmp_path: Path) -> Iterator[Fates]:
    made = Fates(tmp_path)
    made.start("redis")
    yield made
    made.end()


@pytest.fixture
def flower(fates: Fates, tmp_path: Path) -> Iterator[str]:
    """Its address, when it listens."""
    port = free_port()
    argv = [sys.executable, "-m", "celery", "-b", fates.redis_url, "flower"]
    argv += ["--address=127.0.0.1", f"--port={port}"]
    with running(argv, fates.environment(), fates.folder, tmp_path / "flower.log"):
        url = f"http://127.0.0.1:{port}/metrics"
        until(lambda: _answers(url))
        yield url


@pytest.fixture
def monitor(fates: Fates, tmp_path: Path) -> Iterator[str]:
    started = RunningMonitor(fates.home, tmp_path / "monitor.log", "--project", fates.project)
    try:
        started.wait_until_healthy()
        yield f"{started.url}/metrics"
    finally:
        started.end()


def test_flower_s_metrics_are_told_sample_by_sample(
    fates: Fates, flower: str, monitor: str
) -> None:
    until(lambda: fates.status().telemetry.connected)
    fates.start("forks", "threads")
    # Both have heard of both workers before anything is sent.
    until(lambda: all(len(_online(url)) == 2 for url in (flower, monitor)))
    fates.send_every_fate(3)
    until(lambda: not fates.wrong())
    _same(flower, monitor)
    theirs, types = _told(flower)
    assert _told(monitor)[1] == types
    kinds = {dict(labels)["type"] for name, labels in theirs if name == "flower_events_total"}
    assert kinds >= {"task-sent", "task-received", "task-started", "task-succeeded"}
    assert kinds >= {"task-failed", "task-retried", "task-revoked"}
    assert sum(v for (name, _), v in theirs.items() if name.endswith("_seconds_count")) > 20
    # What runs and what waits at a worker is told while it is so.
    gate = str(fates.gate)
    late = [fates.send("late", gate) for _ in range(8)]
    until(lambda: all(_at(url, "currently_executing") == 4 for url in (flower, monitor)))
    until(lambda: all(_at(url, "prefetched") == 4 for url in (flower, monitor)))
    _same(flower, monitor)
    fates.gate.touch()
    until(lambda: all(fates.tasks()[one].state == "SUCCESS" for one in late))
    fates.stop("threads")
    _same(flower, monitor)
    assert sorted(_online(monitor)) == [0.0, 1.0]


def _told(url: str) -> tuple[Samples, dict[str, tuple[str, str]]]:
    """Flower's samples that a page of metrics has, and the type and the help of each metric."""
    samples: Samples = {}
    types = {}
    for family in text_string_to_metric_families(httpx.get(url, timeout=20).text):
        if not family.name.startswith("flower_") or family.name.endswith("_created"):
            continue  # when a series began is of no use to Prometheus, and is told by few
        types[family.name] = family.type, family.documentation
        for one in family.samples:
            # Of a task that its worker does not know Flower tells no name.
            labels = {k: v.replace("fates.nobody_knows", "") for k, v in one.labels.items()}
            samples[one.name, tuple(sorted(labels.items()))] = one.value
    return samples, types


def _same(flower: str, monitor: str) -> None:
    """Wait until they tell the same; fails with what they tell otherwise."""
    try:
        until(lambda: not _difference(flower, monitor), 20)
    except AssertionError:
        assert _difference(flower, monitor) == {}


def _difference(flower: str, monitor: str) -> dict[object, tuple[float | None, float | None]]:
    theirs, ours = _told(flower)[0], _told(monitor)[0]
    return {
        key: (theirs.get(key), ours.get(key))
        for key in theirs.keys() | ours.keys()
        if theirs.get(key) != pytest.approx(ours.get(key))
    }


def _online(url: str) -> list[float]:
    return [v for (name, _), v in _told(url)[0].items() if name == "flower_worker_online"]


def _at(url: str, what: str) -> float:
    """All samples of one metric of what workers have."""
    return sum(v for (name, _), v in _told(url)[0].items() if what in name)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=20).status_code == 200
    except httpx.TransportError:
        return False
