"""Workers that should answer and do not. Silence alone is not death."""

from __future__ import annotations

from collections.abc import Iterator

from desktop.engine.census.judgement.sight import Judged, Sight, identity_of, is_row
from desktop.engine.model import Identity, Verdict, WorkerRow
from desktop.engine.states import Confidence, ServiceState, WorkerFinding
from desktop.quantities import clock
from desktop.words import Text, text

GRACE_S = 30.0
"""A younger process may still import its app."""


def unresponsive(sight: Sight) -> Iterator[Judged]:
    stopping = [one for one in sight.services if one.state is ServiceState.STOPPING]
    for row in sight.workers:
        if any(is_row(row, one.pid, one.create_time) for one in stopping):
            continue  # it finishes its tasks, and answers nobody any more
        if identity_of(row) in sight.stopping and identity_of(row) not in sight.suspended:
            continue  # the same, by a cleanup
        verdict = _judge(sight, row)
        if verdict:
            yield row.pid, row.create_time, verdict


def _judge(sight: Sight, row: WorkerRow) -> Verdict | None:
    identity = identity_of(row)
    if identity in sight.suspended:
        return _verdict(
            Confidence.CERTAIN,
            text("Somebody has suspended it (SIGSTOP): it does nothing until it is continued."),
        )
    if identity in sight.answers or sight.now - row.create_time < GRACE_S:
        return None
    broker = sight.broker.get(identity)
    if broker is None:
        return _verdict(Confidence.UNKNOWN, text("Which broker it is on is not known."))
    if broker not in sight.reached:
        return _verdict(Confidence.UNKNOWN, text("Its broker could not be asked."))
    if row.node in sight.busy:
        return None
    return _silent(sight, row, identity)


def _silent(sight: Sight, row: WorkerRow, identity: Identity) -> Verdict:
    before = sight.last.get(identity)
    pool = row.pool or (before.pool if before else "")
    if pool == "solo":
        return _verdict(
            Confidence.UNKNOWN,
            text("It does not answer, as a solo worker does while it runs a task."),
        )
    if before is None and not row.this_app and not sight.is_ours(row):
        return _verdict(
            Confidence.UNKNOWN, text("It has never answered: its settings may be its own.")
        )
    since = _silent_since(sight, identity)
    if since is None:
        return _verdict(Confidence.UNKNOWN, text("It did not answer in the only look so far."))
    return _verdict(
        Confidence.LIKELY,
        text("It has not answered on its broker since {time}.", time=clock(since)),
    )


def _silent_since(sight: Sight, identity: Identity) -> float | None:
    """The first of the looks in which it has been silent ever since."""
    since = None
    for look in reversed(sight.past):
        if identity not in look.silent:
            break
        since = look.at
    return since


def _verdict(confidence: Confidence, evidence: Text) -> Verdict:
    return Verdict(WorkerFinding.UNRESPONSIVE, confidence, evidence)
