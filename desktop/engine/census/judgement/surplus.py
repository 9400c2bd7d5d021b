"""What we started and nothing wants any more."""

from __future__ import annotations

from collections.abc import Iterator

from desktop.engine.census.judgement.sight import Judged, Sight
from desktop.engine.model import Verdict
from desktop.engine.states import Confidence, ServiceState, WorkerFinding
from desktop.words import Text, text

YOUNG_S = 10.0
"""A process that was just started may not be recorded yet."""


def surplus(sight: Sight) -> Iterator[Judged]:
    for one in sight.services:
        row = sight.row_of(one)
        if row and one.unwanted and one.state is not ServiceState.STOPPING:
            yield (
                row.pid,
                row.create_time,
                _surplus(
                    one.unwanted,
                    text(
                        "Celery Tray started it as {name}; the configuration names that no more.",
                        name=one.spec.name,
                    ),
                ),
            )
    if not sight.home:
        return
    # Every worker of ours keeps its state file in the state folder, and says so on its command
    # line, whatever became of the engine that started it and of its record.
    mark = f"--statedb={sight.home.rstrip('/')}/stacks/"
    for row in sight.workers:
        forgotten = mark in row.command and not sight.is_ours(row)
        if forgotten and sight.now - row.create_time > YOUNG_S:
            yield (
                row.pid,
                row.create_time,
                _surplus(
                    Confidence.CERTAIN,
                    text("An earlier Celery Tray started it, and no record tells of it any more."),
                ),
            )


def _surplus(confidence: Confidence, evidence: Text) -> Verdict:
    return Verdict(WorkerFinding.SURPLUS, confidence, evidence)
