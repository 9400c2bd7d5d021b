"""Which nodes consume which queue of a broker, by what the nodes themselves said last. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping

import msgspec

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.judgement.sight import identity_of
from desktop.engine.census.same_app import address
from desktop.engine.model import Identity, WorkerRow
from desktop.engine.states import Role

NEAR = 0.75
"""How alike two names must be to be told as a slip (difflib's ratio)."""


class Consumers(msgspec.Struct, frozen=True):
    """``by_queue``: queue to the nodes that consume it, those of the app and others'."""

    by_queue: Mapping[str, tuple[str, ...]] = {}
    mine: frozenset[str] = frozenset()
    """Queues that workers of the app consume."""
    silent: tuple[str, ...] = ()
    """Workers of the app that did not say what they consume."""
    asked: bool = False
    """Somebody has looked for workers."""

    @property
    def complete(self) -> bool:
        """Each worker of the app that runs said what it consumes, and there is one."""
        return self.asked and not self.silent and bool(self.by_queue)

    def of(self, queue: str) -> tuple[str, ...] | None:
        """Nodes; None when somebody who may consume it has not said so."""
        found = self.by_queue.get(queue, ())
        return found if found or (self.asked and not self.silent) else None


def consumers(
    rows: Iterable[WorkerRow],
    answers: Mapping[Identity, NodeAnswer],
    broker_url: str,
    *,
    asked: bool = True,
) -> Consumers:
    """``rows`` are the app's processes, ``answers`` what processes said on whatever broker."""
    place = address(broker_url)
    found: dict[str, list[str]] = {}
    own = {identity_of(row): row.node or row.app for row in rows if row.role is Role.WORKER}
    silent = dict(own)
    mine: set[str] = set()
    for identity, answer in answers.items():
        # Names do not tell nodes apart: another project's worker may be called the same.
        is_own = identity in own
        if answer.queues is None or not (is_own or address(answer.broker) == place):
            continue
        silent.pop(identity, None)
        for queue in answer.queues:
            found.setdefault(queue, []).append(answer.node)
            if is_own:
                mine.add(queue)
    return Consumers(
        {queue: tuple(sorted(nodes)) for queue, nodes in found.items()},
        frozenset(mine),
        tuple(sorted(silent.values())),
        asked,
    )


def near_name(name: str, known: Collection[str]) -> str:
    """The one of ``known`` that ``name`` was probably meant to be; "" when none is like it."""
    folded = {one.casefold().replace("-", "_"): one for one in known if one != name}
    near = difflib.get_close_matches(name.casefold().replace("-", "_"), folded, n=1, cutoff=NEAR)
    return folded[near[0]] if near else ""
