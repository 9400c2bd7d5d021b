"""A node name that runs twice, and workers of the stack's app beyond what the stack wants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from desktop.engine.census.brokers import Address
from desktop.engine.census.judgement.sight import Judged, Sight, identity_of, name_of
from desktop.engine.model import Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, Role, WorkerFinding
from desktop.words import Text, text


def duplicates(sight: Sight) -> Iterator[Judged]:
    """What the stack looks after is never called a duplicate: the other one is."""
    yield from _one_name_twice(sight)
    yield from _beyond_what_is_wanted(sight)


def _one_name_twice(sight: Sight) -> Iterator[Judged]:
    """Both answer to every question and every order that is meant for one of them."""
    named: dict[tuple[str, Address], list[WorkerRow]] = {}
    for row in sight.rows:
        broker = sight.broker.get(identity_of(row))
        if row.role is Role.WORKER and row.node and broker:
            named.setdefault((row.node, broker), []).append(row)
    for same in named.values():
        for row in same:
            others = [one for one in same if one is not row]
            if not others or sight.is_ours(row) or row.owner is Owner.REMOTE:
                continue
            other = next((one for one in others if sight.is_ours(one)), others[0])
            yield _duplicate(
                row,
                Confidence.CERTAIN,
                text(
                    "Process {pid} has the same node name {node} on the same broker.",
                    pid=other.pid,
                    node=row.node,
                ),
            )


def _beyond_what_is_wanted(sight: Sight) -> Iterator[Judged]:
    """Without workers of its own the stack wants none, and somebody else's is no duplicate."""
    own = [row for one in sight.own_workers if (row := sight.row_of(one))]
    if not own:
        return
    places = {identity_of(row): sight.broker.get(identity_of(row)) for row in own}
    for row in _others(sight):
        beside = [one for one in own if _share(sight, row, one, places[identity_of(one)])]
        if not beside:
            continue
        known = bool(row.queues) and identity_of(row) in sight.broker
        yield _duplicate(
            row,
            Confidence.CERTAIN if known and beside[0].queues else Confidence.LIKELY,
            text(
                "{worker} (process {pid}) of this stack works on the same queues: {queues}.",
                worker=name_of(beside[0]),
                pid=beside[0].pid,
                queues=", ".join(_shared(row, beside[0]) or beside[0].queues or ("celery",)),
            ),
        )


def _others(sight: Sight) -> Iterable[WorkerRow]:
    return (row for row in sight.workers if row.this_app and not sight.is_ours(row))


def _share(sight: Sight, row: WorkerRow, own: WorkerRow, place: Address | None) -> bool:
    broker = sight.broker.get(identity_of(row))
    if broker and place and broker != place:
        return False
    # A worker that names no queues consumes those of its app, as ours does.
    return not row.queues or not own.queues or bool(_shared(row, own))


def _shared(one: WorkerRow, other: WorkerRow) -> tuple[str, ...]:
    return tuple(queue for queue in one.queues if queue in other.queues)


def _duplicate(row: WorkerRow, confidence: Confidence, evidence: Text) -> Judged:
    return (row.pid, row.create_time, Verdict(WorkerFinding.DUPLICATE, confidence, evidence))
