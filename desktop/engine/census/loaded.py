"""When the code of a process was loaded."""

from __future__ import annotations

from collections.abc import Collection

from desktop.engine.census.answers import UPTIME_MARGIN_S, NodeAnswer
from desktop.engine.census.facts import ProcessFacts

_JITTER_S = 3.0
"""Two readings of one start differ by the whole seconds of ``uptime`` and the time of an answer."""


class Loaded:
    """Remembers what nodes said, for the times when they are too busy to answer."""

    def __init__(self) -> None:
        self._said: dict[tuple[int, float], float] = {}

    def at(self, facts: ProcessFacts, answer: NodeAnswer | None, now: float) -> float:
        """The instant at which the process had loaded its code, early rather than late.

        By its node's ``uptime`` where it ever answered: a HUP executes the program anew and keeps
        pid and create time. Else its create time, which is too early after a HUP. The uptime is
        told in whole seconds, rounded down, so the second before is taken; a start that it puts
        close to the process's own is the process's own.
        """
        key = (facts.pid, facts.create_time)
        if answer is None or answer.uptime_s is None:
            return self._said.get(key, facts.create_time)
        at = now - answer.uptime_s - 1.0
        if at < facts.create_time + UPTIME_MARGIN_S:
            at = facts.create_time
        before = self._said.get(key)
        if before is None or abs(before - at) > _JITTER_S:
            self._said[key] = at
        return self._said[key]

    def forget_all_but(self, facts: Collection[ProcessFacts]) -> None:
        """Keep only what belongs to these."""
        alive = {(one.pid, one.create_time) for one in facts}
        self._said = {key: at for key, at in self._said.items() if key in alive}
