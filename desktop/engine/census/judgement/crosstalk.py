"""Two projects on one queue of one broker: each loses the tasks that only the other knows.

A worker that takes a task it does not know discards it, acknowledged, without a word to the sender
(facts: 15 of 20 tasks). Nothing in the broker shows it; the nodes' own lists of tasks do.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import msgspec

from desktop.engine.census.brokers import Address
from desktop.engine.census.judgement.sight import Judged, Sight, identity_of, name_of
from desktop.engine.census.same_app import same_app
from desktop.engine.model import Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, Role, WorkerFinding
from desktop.words import Text, text, verbatim

NAMED_MAX = 3
"""Tasks that are named; the rest is counted."""


class _Group(msgspec.Struct):
    """Nodes that know the same tasks and consume the same queues of one broker."""

    broker: Address
    tasks: frozenset[str]
    queues: frozenset[str]
    rows: list[WorkerRow]


def crosstalk(sight: Sight) -> Iterator[Judged]:
    for one, other in combinations(_groups(sight), 2):
        queues = one.queues & other.queues
        if one.broker != other.broker or not queues or one.tasks == other.tasks:
            continue
        confidence = _two_projects(one.rows[0], other.rows[0])
        both_lack = bool(one.tasks - other.tasks and other.tasks - one.tasks)
        if confidence is None or not (both_lack or confidence is Confidence.CERTAIN):
            continue
        for mine, theirs in ((one, other), (other, one)):
            evidence = _evidence(mine, theirs, queues)
            for row in mine.rows:
                if row.owner is not Owner.REMOTE:
                    verdict = Verdict(WorkerFinding.CROSSTALK, confidence, evidence)
                    yield row.pid, row.create_time, verdict


def _groups(sight: Sight) -> list[_Group]:
    groups: dict[tuple[Address, frozenset[str], frozenset[str], str, str], _Group] = {}
    for row in sight.rows:
        answer = sight.answers.get(identity_of(row))
        broker = sight.broker.get(identity_of(row))
        if row.role is not Role.WORKER or answer is None or broker is None:
            continue
        if answer.registered is None or not answer.queues:
            continue
        tasks, queues = frozenset(answer.registered), frozenset(answer.queues)
        key = (broker, tasks, queues, row.app, row.cwd)
        groups.setdefault(key, _Group(broker, tasks, queues, [])).rows.append(row)
    return list(groups.values())


def _two_projects(one: WorkerRow, other: WorkerRow) -> Confidence | None:
    """How sure it is that these are workers of two projects; None when they are of one."""
    if one.this_app and other.this_app:
        return None
    known = one.app and one.cwd and other.app and other.cwd
    if not known:
        return Confidence.LIKELY
    local = msgspec.structs.replace(one, role=Role.WORKER, broker="")
    if same_app(local, app=other.app, project=other.cwd, broker=""):
        return None
    return Confidence.CERTAIN


def _evidence(mine: _Group, theirs: _Group, queues: frozenset[str]) -> Text:
    other = theirs.rows[0]
    words = text(
        "{other} (process {pid}) of another project takes tasks from {queues} too",
        other=name_of(other),
        pid=other.pid,
        queues=", ".join(sorted(queues)),
    )
    if lost := mine.tasks - theirs.tasks:
        words = text("{what}; it does not know {tasks}", what=words, tasks=_named(lost))
    if lost := theirs.tasks - mine.tasks:
        words = text("{what}; this one does not know {tasks}", what=words, tasks=_named(lost))
    return words


def _named(tasks: frozenset[str]) -> Text:
    first = ", ".join(sorted(tasks)[:NAMED_MAX])
    more = len(tasks) - NAMED_MAX
    return text("{tasks} and {n} more", tasks=first, n=more) if more > 0 else verbatim(first)
