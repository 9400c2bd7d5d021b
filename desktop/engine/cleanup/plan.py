"""What a cleanup would do with every Celery process, and what that means for its tasks. Pure.

Chosen without asking is only what is certain; what is not known is never taken to be safe.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.facts import CREATE_TIME_MARGIN_S
from desktop.engine.cleanup import keepers
from desktop.engine.cleanup.outcome import outcome, outcome_of_force
from desktop.engine.cleanup_model import HeldTask
from desktop.engine.commands import Pick, PlanRow
from desktop.engine.model import Identity, Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, PlanAction, Role, WorkerFinding
from desktop.words import Text, text

_TOO_MANY = (WorkerFinding.SURPLUS, WorkerFinding.DUPLICATE)


class _Choice(msgspec.Struct, frozen=True):
    action: PlanAction
    selected: bool
    why: Text


def make_plan(
    rows: Iterable[WorkerRow],
    answers: Mapping[Identity, NodeAnswer],
    wanted: Collection[Identity],
    now: float,
    finishing: Mapping[Identity, tuple[HeldTask, ...]] = MappingProxyType({}),
) -> tuple[PlanRow, ...]:
    """One row for every Celery process: what is selected first, then what may be, then what is
    left alone; of each, this app's before others, and otherwise in the order of ``rows``.

    ``answers`` is what the broker's nodes said, ``wanted`` the (pid, create time) of what some
    stack of this engine wants to run, ``finishing`` what those had that were asked to end before:
    they tell nobody any more.
    """
    rows = tuple(rows)
    planned = []
    for row in _without_pools(rows):
        answer = answer_of(row, rows, answers)
        tasks = answer.tasks if answer else _still(row, finishing.get((row.pid, row.create_time)))
        planned.append(_plan_row(row, tasks, answer.reserved if answer else None, wanted, now))
    return tuple(sorted(planned, key=_place))


def _still(row: WorkerRow, had: tuple[HeldTask, ...] | None) -> tuple[HeldTask, ...] | None:
    """Those whose process still runs: a pool process ends with its task after a warm stop."""
    if had is None:
        return None
    return tuple(task for task in had if task.pid in {0, row.pid, *row.children})


def selected(rows: Iterable[WorkerRow], wanted: Collection[Identity]) -> tuple[WorkerRow, ...]:
    """Those that a plan chooses without asking, in the order of ``rows``; the nodes' answers have
    no part in that."""
    return tuple(row for row in _without_pools(tuple(rows)) if _choice(row, wanted).selected)


def _without_pools(rows: Sequence[WorkerRow]) -> Iterator[WorkerRow]:
    """A pool process belongs to its worker and is not counted beside it."""
    pool = {pid for row in rows if row.owner is not Owner.REMOTE for pid in row.children}
    return (row for row in rows if row.owner is Owner.REMOTE or row.pid not in pool)


def _place(row: PlanRow) -> tuple[bool, bool, bool]:
    return (not row.selected, row.action is PlanAction.LEAVE, not row.worker.this_app)


def answer_of(
    row: WorkerRow, rows: Sequence[WorkerRow], answers: Mapping[Identity, NodeAnswer]
) -> NodeAnswer | None:
    """What the process of ``row`` itself said; None when it did not, or when a node elsewhere
    has its name and number too."""
    same = [one for one in answers.values() if (one.node, one.pid) == (row.node, row.pid)]
    rivals = [one for one in rows if (one.node, one.pid) == (row.node, row.pid)]
    return same[0] if len(same) == 1 and len(rivals) == 1 else None


def chosen(
    plan: Iterable[PlanRow], picks: Sequence[Pick] | None, *, all_of_app: bool
) -> tuple[PlanRow, ...]:
    """The rows that are to be stopped: those picked, or else those that the plan selects."""
    stoppable = [row for row in plan if row.action is PlanAction.STOP]
    if picks is not None:
        return tuple(row for row in stoppable if any(is_meant(pick, row.worker) for pick in picks))
    return tuple(
        row
        for row in stoppable
        if row.selected
        or (all_of_app and row.worker.owner is Owner.EXTERNAL and row.worker.this_app)
    )


def is_meant(pick: Pick, row: WorkerRow) -> bool:
    """Whether a person picked this very process."""
    return row.owner is not Owner.REMOTE and _is_among(row, ((pick.pid, pick.create_time),))


def _plan_row(
    row: WorkerRow,
    tasks: tuple[HeldTask, ...] | None,
    waiting: int | None,
    wanted: Collection[Identity],
    now: float,
) -> PlanRow:
    choice = _choice(row, wanted)
    if row.role is not Role.WORKER:
        tasks = ()
    stops = choice.action is PlanAction.STOP
    return PlanRow(
        worker=row,
        action=choice.action,
        selected=choice.selected,
        why=choice.why,
        tasks=tasks,
        outcome=outcome(row.role, tasks, waiting) if stops else Text(""),
        outcome_of_force=outcome_of_force(row.role, tasks, now) if stops else Text(""),
    )


def _choice(row: WorkerRow, wanted: Collection[Identity]) -> _Choice:
    reason = _why_left(row)
    if reason:
        return _Choice(PlanAction.LEAVE, False, reason)
    if row.owner is Owner.OURS:
        return _ours(row, wanted)
    kept = keepers.whom_to_ask(row.keeper) if row.keeper else None
    if kept:
        return _Choice(PlanAction.LEAVE, False, kept)
    if row.owner is Owner.ORPHAN:
        why = text("Orphaned: {reason}", reason=_first(row))
        return _Choice(PlanAction.STOP, row.this_app, why)
    surplus = _verdict(row, (WorkerFinding.SURPLUS,))
    if surplus and surplus.confidence is Confidence.CERTAIN:
        # An engine that is gone has left it.
        return _Choice(PlanAction.STOP, row.this_app, surplus.evidence)
    duplicate = _verdict(row, (WorkerFinding.DUPLICATE,))
    # What somebody else runs is stopped on a person's word alone.
    return _Choice(PlanAction.STOP, False, duplicate.evidence if duplicate else _first(row))


def _why_left(row: WorkerRow) -> Text | None:
    if row.owner is Owner.REMOTE:
        return text("It runs on another machine or in a container: stop it there.")
    if row.username:
        return text("It belongs to the user {user}: ask them to stop it.", user=row.username)
    if row.role is Role.MULTI:
        return text("It only starts workers, and ends by itself.")
    if row.owner is Owner.EXTERNAL and row.started_by == "celery-tray":
        return text("Another Celery Tray looks after it: stop it there.")
    return None


def _ours(row: WorkerRow, wanted: Collection[Identity]) -> _Choice:
    too_many = _verdict(row, _TOO_MANY)
    surplus = too_many is not None and too_many.finding is WorkerFinding.SURPLUS
    if too_many is None or (not surplus and _is_among(row, wanted)):
        return _Choice(
            PlanAction.LEAVE,
            False,
            text("Celery Tray looks after it, and it is wanted.")
            if row.this_app
            else text("Celery Tray looks after it for another project."),
        )
    certain = too_many.confidence is Confidence.CERTAIN
    return _Choice(PlanAction.STOP, certain, too_many.evidence)


def _verdict(row: WorkerRow, findings: Sequence[WorkerFinding]) -> Verdict | None:
    """The surest of the verdicts on these findings; None when none was measured."""
    known = [
        verdict
        for verdict in row.verdicts
        if verdict.finding in findings and verdict.confidence is not Confidence.UNKNOWN
    ]
    known.sort(
        key=lambda one: (one.confidence is not Confidence.CERTAIN, findings.index(one.finding))
    )
    return known[0] if known else None


def _is_among(row: WorkerRow, processes: Collection[Identity]) -> bool:
    return any(
        row.pid == pid and abs(row.create_time - created) < CREATE_TIME_MARGIN_S
        for pid, created in processes
    )


def _first(row: WorkerRow) -> Text:
    return row.why[0] if row.why else text("What started it is unknown.")
