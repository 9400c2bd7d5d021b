"""A stack's own workers and beats, as the judgement of found processes sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from desktop.engine.census.judgement.sight import OwnService
from desktop.engine.model import ServiceSpec
from desktop.engine.states import Confidence, ServiceKind, ServiceState
from desktop.engine.supervisor import Supervisor

KINDS = frozenset({ServiceKind.WORKER, ServiceKind.BEAT})


class OwnServices:
    """Remembers what the configuration has named, and what ran when it was last asked."""

    def __init__(self) -> None:
        self._named: dict[str, ServiceSpec] = {}
        self._dropped: set[str] = set()
        self._complete = False
        self._ran: frozenset[int] = frozenset()

    def configure(self, specs: Mapping[str, ServiceSpec], *, complete: bool) -> None:
        """What the configuration and the person's words name now. ``complete``: the app was asked
        too, so the specs are what would be started."""
        self._dropped = (self._dropped | self._named.keys()) - specs.keys()
        self._named, self._complete = dict(specs), complete

    def running(self, supervisors: Mapping[str, Supervisor]) -> tuple[OwnService, ...]:
        """Those that have a process."""
        return tuple(
            OwnService(
                *identity,
                one.service.spec,
                one.service.state,
                self._named.get(name) if self._complete else None,
                self._unwanted(name, one.service.spec),
            )
            for name, one in supervisors.items()
            if one.service.spec.kind in KINDS and (identity := one.identity)
        )

    def moved(self, supervisors: Iterable[Supervisor]) -> bool:
        """Whether others run than at the last call."""
        running = frozenset(
            one.pid
            for one in supervisors
            if one.service.spec.kind in KINDS
            and one.pid
            and one.service.state is ServiceState.RUNNING
        )
        before, self._ran = self._ran, running
        return running != before

    def _unwanted(self, name: str, spec: ServiceSpec) -> Confidence | None:
        nodes = {one.node for one in self._named.values() if one.node}
        if not self._named or name in self._named or spec.node in nodes:
            return None
        # What an earlier engine started may have been asked for on a command line.
        return Confidence.CERTAIN if name in self._dropped else Confidence.LIKELY
