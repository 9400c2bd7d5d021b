"""What earlier looks have seen, for what one look alone can't tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.brokers import Address, Said
from desktop.engine.census.judgement.not_consuming import is_idle
from desktop.engine.census.judgement.sight import Look, identity_of
from desktop.engine.census.sources.code import loaded_at
from desktop.engine.model import Identity, WorkerRow
from desktop.engine.states import Owner

APART_S = 5.0
"""Looks that follow each other faster count as one: a worker is given time to answer."""
KEPT = 6
UPTIME_JITTER_S = 3.0
"""An uptime in whole seconds, read at any moment, and a slow answer; more is another life."""


class Memory:
    """Changed by each look, in the order in which they are made."""

    def __init__(self) -> None:
        self.past: tuple[Look, ...] = ()
        self.last: dict[Identity, NodeAnswer] = {}
        self.broker: dict[Identity, Address] = {}
        self.loaded: dict[Identity, float] = {}
        self._looks: deque[Look] = deque(maxlen=KEPT)

    def take(
        self, rows: Collection[WorkerRow], said: Said, now: float
    ) -> dict[Identity, NodeAnswer]:
        """Who said what this time, by process. What is gone is forgotten."""
        present = {identity_of(row) for row in rows}
        for kept in (self.last, self.broker, self.loaded):
            for identity in kept.keys() - present:
                del kept[identity]
        answers: dict[Identity, NodeAnswer] = {}
        for key, answer in said.answers.items():
            row = speaker(rows, answer)
            if row is None:
                continue
            identity = identity_of(row)
            answers[identity] = answer
            self.broker[identity] = said.broker[key]
            self._set_loaded(identity, loaded_at(now, answer.uptime_s))
        self.last.update(answers)
        return answers

    def keep(
        self,
        now: float,
        answers: Mapping[Identity, NodeAnswer],
        broker: Mapping[Identity, Address],
        said: Said,
    ) -> None:
        """Remember this look for the next ones."""
        if self._looks and 0 <= now - self._looks[-1].at < APART_S:
            return
        self._looks.append(
            Look(
                at=now,
                silent=frozenset(
                    one
                    for one, place in broker.items()
                    if place in said.reached and one not in answers
                ),
                idle=frozenset(one for one, answer in answers.items() if is_idle(answer)),
                totals={one: a.total for one, a in answers.items() if a.total is not None},
                depths=said.depths,
            )
        )
        self.past = tuple(self._looks)

    def _set_loaded(self, identity: Identity, at: float | None) -> None:
        if at is None:
            return
        before = self.loaded.get(identity)
        same_life = before is not None and abs(before - at) < UPTIME_JITTER_S
        self.loaded[identity] = min(before or at, at) if same_life else at


def speaker(rows: Collection[WorkerRow], answer: NodeAnswer) -> WorkerRow | None:
    """The row that a node's answer was joined with."""
    same = [row for row in rows if row.pid == answer.pid and row.node == answer.node]
    # A process here that has pid and name of a node elsewhere did not say it.
    return next((row for row in same if row.owner is Owner.REMOTE), same[0] if same else None)
