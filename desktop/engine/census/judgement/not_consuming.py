"""Workers that answer and take nothing: the ghost after a Redis that came back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.judgement.sight import Judged, Sight, identity_of
from desktop.engine.model import Verdict, WorkerRow
from desktop.engine.states import Confidence, ServiceState, WorkerFinding
from desktop.words import Text, text

LOOKS_MIN = 3
"""So many in a row, the present one included."""


def not_consuming(sight: Sight) -> Iterator[Judged]:
    stopping = [one.pid for one in sight.services if one.state is ServiceState.STOPPING]
    for row in sight.workers:
        answer = sight.answers.get(identity_of(row))
        if answer is None or row.pid in stopping or identity_of(row) in sight.stopping:
            continue
        if answer.queues == ():
            yield (
                row.pid,
                row.create_time,
                _verdict(Confidence.CERTAIN, text("It answers, but consumes no queue.")),
            )
        elif evidence := _idle_beside_a_queue(sight, row, answer):
            yield row.pid, row.create_time, _verdict(Confidence.LIKELY, evidence)


def _idle_beside_a_queue(sight: Sight, row: WorkerRow, answer: NodeAnswer) -> Text | None:
    identity, broker = identity_of(row), sight.broker.get(identity_of(row))
    looks = sight.past[-(LOOKS_MIN - 1) :]
    if broker is None or len(looks) < LOOKS_MIN - 1 or not is_idle(answer) or answer.total is None:
        return None
    if any(identity not in one.idle or one.totals.get(identity) != answer.total for one in looks):
        return None
    for queue in answer.queues or ():
        depths = [look.depths.get((broker, queue)) for look in looks]
        depths.append(sight.depths.get((broker, queue)))
        if _grows(depths):
            return text(
                "It runs nothing and took nothing while {queue} grew from {before} to {now} "
                "waiting tasks.",
                queue=queue,
                before=depths[0] or 0,
                now=depths[-1] or 0,
            )
    return None


def is_idle(answer: NodeAnswer) -> bool:
    """It has nothing to do, and room for more."""
    return not answer.active and not answer.reserved and answer.active is not None


def _grows(depths: list[int | None]) -> bool:
    known = [depth for depth in depths if depth is not None]
    if len(known) < len(depths):
        return False
    steady = all(one <= other for one, other in pairwise(known))
    return steady and known[0] < known[-1]


def _verdict(confidence: Confidence, evidence: Text) -> Verdict:
    return Verdict(WorkerFinding.NOT_CONSUMING, confidence, evidence)
