"""What is wrong with a stack's workers, as findings for a person: one a kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from desktop.engine.model import Finding, Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, Role, Severity, WorkerFinding
from desktop.words import Text, text, textn

TOLD_MAX = 3
"""Processes whose evidence is told; the rest is counted."""


class Kind(msgspec.Struct, frozen=True):
    """How one kind of finding is told."""

    id: str
    title: Callable[[int], Text]
    fix: Text
    severity: Severity = Severity.WARNING


KINDS: dict[WorkerFinding, Kind] = {
    WorkerFinding.CROSSTALK: Kind(
        "crosstalk",
        lambda n: textn(
            "{n} worker shares its queue with another project.",
            "{n} workers share their queue with another project.",
            n,
        ),
        text("Give each project a queue, a database or a broker of its own."),
        Severity.CRITICAL,
    ),
    WorkerFinding.DUPLICATE: Kind(
        "duplicate-workers",
        lambda n: textn("{n} duplicate worker.", "{n} duplicate workers.", n),
        text("See what would be stopped: celery-tray cleanup --dry-run"),
    ),
    WorkerFinding.SURPLUS: Kind(
        "surplus-workers",
        lambda n: textn(
            "{n} process of ours is no longer wanted.",
            "{n} processes of ours are no longer wanted.",
            n,
        ),
        text("Stop them without losing a task: celery-tray cleanup"),
    ),
    WorkerFinding.STALE_CODE: Kind(
        "stale-code",
        lambda n: textn("{n} worker runs old code.", "{n} workers run old code.", n),
        text("Start them again on the new code: celery-tray restart"),
    ),
    WorkerFinding.UNRESPONSIVE: Kind(
        "unresponsive-workers",
        lambda n: textn("{n} worker does not answer.", "{n} workers do not answer.", n),
        text("See what each of them runs: celery-tray cleanup --dry-run"),
    ),
    WorkerFinding.NOT_CONSUMING: Kind(
        "not-consuming",
        lambda n: textn("{n} worker takes no tasks.", "{n} workers take no tasks.", n),
        text("Restart them: celery-tray restart"),
    ),
    WorkerFinding.TWO_BEATS: Kind(
        "two-beats",
        lambda n: textn("{n} beat too many.", "{n} beats too many.", n),
        text("Stop all but one of them; see celery-tray workers."),
    ),
    WorkerFinding.OLD_CONFIGURATION: Kind(
        "old-configuration",
        lambda n: textn(
            "{n} process runs with an old configuration.",
            "{n} processes run with an old configuration.",
            n,
        ),
        text("It takes effect with a restart: celery-tray restart"),
        Severity.INFO,
    ),
}
"""In the order in which they are told: what loses tasks comes first."""


def worker_findings(rows: Sequence[WorkerRow]) -> tuple[Finding, ...]:
    """``rows`` are the processes of one app. What is only unknown is no finding."""
    return (*_judged(rows), *_orphaned(rows), *_others(rows))


def _judged(rows: Sequence[WorkerRow]) -> Iterator[Finding]:
    for finding, kind in KINDS.items():
        found = [(row, verdict) for row in rows if (verdict := _verdict(row, finding))]
        if not found:
            continue
        certain = any(verdict.confidence is Confidence.CERTAIN for _, verdict in found)
        yield Finding(
            id=kind.id,
            severity=kind.severity if certain else min(kind.severity, Severity.WARNING, key=_grave),
            title=kind.title(len(found)),
            detail=_evidence((row, verdict.evidence) for row, verdict in found),
            fix=kind.fix,
            pids=_pids(row for row, _ in found),
        )


def _orphaned(rows: Sequence[WorkerRow]) -> Iterator[Finding]:
    orphans = [row for row in rows if row.owner is Owner.ORPHAN and row.role is Role.WORKER]
    if orphans:
        yield Finding(
            id="orphaned-workers",
            severity=Severity.WARNING,
            title=textn("{n} orphaned worker.", "{n} orphaned workers.", len(orphans)),
            detail=text(
                "They outlived what started them and still take tasks from your queues. {evidence}",
                evidence=_evidence((row, why) for row in orphans for why in row.why[:1]),
            ),
            fix=text("Stop them without losing a task: celery-tray cleanup"),
            pids=_pids(orphans),
        )


def _others(rows: Sequence[WorkerRow]) -> Iterator[Finding]:
    """Somebody else's, where the stack runs none beside which they would be too many."""
    told = {WorkerFinding.DUPLICATE, WorkerFinding.SURPLUS}
    others = [
        row
        for row in rows
        if row.role is Role.WORKER and row.owner is Owner.EXTERNAL and not told & set(row.findings)
    ]
    if others:
        yield Finding(
            id="other-workers",
            severity=Severity.WARNING,
            title=textn(
                "{n} other worker of this app is running",
                "{n} other workers of this app are running",
                len(others),
            ),
            detail=text("Not started here, and it takes tasks from the same queues."),
            fix=text("Replace them safely: celery-tray start --replace"),
            pids=_pids(others),
        )


def _verdict(row: WorkerRow, finding: WorkerFinding) -> Verdict | None:
    return next(
        (
            verdict
            for verdict in row.verdicts
            if verdict.finding is finding and verdict.confidence is not Confidence.UNKNOWN
        ),
        None,
    )


def _evidence(found: Iterable[tuple[WorkerRow, Text]]) -> Text:
    found = tuple(found)
    words = Text("")
    for place, (row, evidence) in enumerate(islice(found, TOLD_MAX)):
        one = text(
            "{worker} (process {pid}): {evidence}",
            worker=row.node or row.app or row.role.value,
            pid=row.pid,
            evidence=evidence,
        )
        words = text("{evidence}; {more}", evidence=words, more=one) if place else one
    if len(found) > TOLD_MAX:
        words = text("{tasks} and {n} more", tasks=words, n=len(found) - TOLD_MAX)
    return words


def _pids(rows: Iterable[WorkerRow]) -> tuple[int, ...]:
    return tuple(row.pid for row in rows)


def _grave(severity: Severity) -> int:
    return (Severity.INFO, Severity.WARNING, Severity.CRITICAL).index(severity)
