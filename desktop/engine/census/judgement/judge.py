"""Asks every judge, and writes the verdicts into the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from desktop.engine.census.judgement.crosstalk import crosstalk
from desktop.engine.census.judgement.duplicate import duplicates
from desktop.engine.census.judgement.not_consuming import not_consuming
from desktop.engine.census.judgement.old_configuration import old_configuration
from desktop.engine.census.judgement.sight import Judged, Sight, identity_of
from desktop.engine.census.judgement.stale_code import stale_code
from desktop.engine.census.judgement.surplus import surplus
from desktop.engine.census.judgement.two_beats import two_beats
from desktop.engine.census.judgement.unresponsive import unresponsive
from desktop.engine.model import Identity, Verdict, WorkerRow

Judge = Callable[[Sight], Iterable[Judged]]

JUDGES: tuple[Judge, ...] = (
    duplicates,
    surplus,
    stale_code,
    unresponsive,
    not_consuming,
    crosstalk,
    old_configuration,
    two_beats,
)


def judged(sight: Sight) -> tuple[WorkerRow, ...]:
    """The rows with what is wrong with each. A finding is told once of each process."""
    verdicts: dict[Identity, list[Verdict]] = {}
    for judge in JUDGES:
        for pid, create_time, verdict in judge(sight):
            said = verdicts.setdefault((pid, create_time), [])
            if all(one.finding is not verdict.finding for one in said):
                said.append(verdict)
    return tuple(
        msgspec.structs.replace(row, verdicts=tuple(verdicts.get(identity_of(row), ())))
        for row in sight.rows
    )
