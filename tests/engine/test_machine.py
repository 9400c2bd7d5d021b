from __future__ import annotations

from pathlib import Path

import pytest

from desktop.engine import machine
from desktop.engine.model import Machine
from desktop.engine.states import Severity

CALM = Machine(
    cpu_percent=20, memory_percent=50, memory_bytes=8 * 10**9, disk_free_bytes=50 * 10**9, cores=4
)
GIB = 1024**3


def ids(*samples: Machine) -> list[str]:
    return [finding.id for finding in machine.findings(samples)]


def changed(**values: float) -> Machine:
    return Machine(**{**{f: getattr(CALM, f) for f in CALM.__struct_fields__}, **values})


def test_the_machine_is_measured_even_for_a_folder_that_does_not_exist_yet(tmp_path: Path):
    machine.measure(tmp_path)
    measured = machine.measure(tmp_path / "not" / "there")
    assert 0 <= measured.cpu_percent <= 100
    assert 0 < measured.memory_percent <= 100
    assert measured.memory_bytes > 10**6
    assert measured.disk_free_bytes > 0
    assert measured.cores >= 1


def test_a_calm_machine_has_no_findings():
    assert ids() == []
    assert ids(*[CALM] * 10) == []


@pytest.mark.parametrize(
    ("percent", "found"), [(79.9, []), (80.0, ["cpu-high"]), (100.0, ["cpu-high"])]
)
def test_a_processor_that_stays_busy_is_a_finding(percent, found):
    assert ids(*[changed(cpu_percent=percent)] * machine.SAMPLES_MIN) == found


def test_a_short_burst_is_no_finding():
    busy = changed(cpu_percent=100)
    assert ids(*[busy] * (machine.SAMPLES_MIN - 1)) == []
    assert ids(*[busy] * 10, CALM) == []
    assert ids(busy, busy, CALM, busy, busy, busy) == []


@pytest.mark.parametrize(("percent", "found"), [(89.9, []), (90.0, ["memory-high"])])
def test_memory_that_is_nearly_full_is_a_finding_at_once(percent, found):
    assert ids(changed(memory_percent=percent)) == found


@pytest.mark.parametrize(("free", "found"), [(GIB + 1, []), (GIB, ["disk-low"]), (0, ["disk-low"])])
def test_a_disk_that_is_nearly_full_is_a_finding_at_once(free, found):
    assert ids(changed(disk_free_bytes=free)) == found


def test_a_disk_with_hardly_anything_left_is_critical():
    (warning,) = machine.findings([changed(disk_free_bytes=GIB // 2)])
    (critical,) = machine.findings([changed(disk_free_bytes=GIB // 20)])
    assert (warning.severity, critical.severity) == (Severity.WARNING, Severity.CRITICAL)
    assert "536 MB" in str(warning.title)
