"""Resources of this machine, and when they are short.

The thresholds are the guide's: CPU below 80 %, memory below 90 %, more than 1 GB of free disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop.engine.model import Finding, Machine
from desktop.engine.states import Severity
from desktop.words import text

CPU_MAX_PERCENT = 80.0
MEMORY_MAX_PERCENT = 90.0
DISK_FREE_MIN_BYTES = 1024**3
SAMPLES_MIN = 6
"""So many measurements in a row must be over the threshold before the CPU is a finding: every
task makes it busy for a moment."""


def measure(disk_path: Path) -> Machine:
    """The machine now; does not block.

    CPU is the mean since the previous call in this process, and 0 in the first. ``disk_path`` is
    in the file system whose free space counts; the nearest folder above it that exists is asked.
    """
    import psutil

    memory = psutil.virtual_memory()
    return Machine(
        cpu_percent=psutil.cpu_percent(interval=None),
        memory_percent=memory.percent,
        memory_bytes=memory.total,
        disk_free_bytes=psutil.disk_usage(str(_existing(disk_path))).free,
        cores=psutil.cpu_count() or 1,
    )


def findings(samples: Sequence[Machine]) -> tuple[Finding, ...]:
    """What is short, by the latest of ``samples`` (oldest first, at equal intervals)."""
    if not samples:
        return ()
    latest = samples[-1]
    found = []
    recent = samples[-SAMPLES_MIN:]
    if len(recent) == SAMPLES_MIN and all(m.cpu_percent >= CPU_MAX_PERCENT for m in recent):
        found.append(_cpu_busy(latest))
    if latest.memory_percent >= MEMORY_MAX_PERCENT:
        found.append(_memory_short(latest))
    if latest.disk_free_bytes <= DISK_FREE_MIN_BYTES:
        found.append(_disk_short(latest))
    return tuple(found)


def _cpu_busy(machine: Machine) -> Finding:
    return Finding(
        "cpu-high",
        Severity.WARNING,
        text("The processor is busy: {percent}%.", percent=round(machine.cpu_percent)),
        text("For a while it has stayed above {limit}%.", limit=round(CPU_MAX_PERCENT)),
        text("Lower the concurrency of the workers, or wait until they have caught up."),
    )


def _memory_short(machine: Machine) -> Finding:
    return Finding(
        "memory-high",
        Severity.WARNING,
        text("Memory is nearly full: {percent}%.", percent=round(machine.memory_percent)),
        text("Above {limit}% the system starts to swap.", limit=round(MEMORY_MAX_PERCENT)),
        text("Lower the concurrency of the workers, or restart them to give memory back."),
    )


def _disk_short(machine: Machine) -> Finding:
    return Finding(
        "disk-low",
        Severity.CRITICAL
        if machine.disk_free_bytes < DISK_FREE_MIN_BYTES / 10
        else Severity.WARNING,
        text("The disk is nearly full: {mb} MB free.", mb=machine.disk_free_bytes // 10**6),
        text("Below 1 GB downloads and Redis's own file may fail."),
        text("Remove files that are no longer needed."),
    )


def _existing(path: Path) -> Path:
    absolute = path.absolute()
    return next(p for p in (absolute, *absolute.parents) if p.exists())
