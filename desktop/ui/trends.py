"""CPU of each service over the last two minutes, as the window saw it."""

from __future__ import annotations

from collections import deque

from desktop.engine.model import StackStatus

SPAN_S = 120.0

Series = tuple[tuple[float, float], ...]
"""(instant, value) pairs, oldest first."""


class Trends:
    """Samples by stack and service. Nothing is sampled while nobody looks."""

    def __init__(self) -> None:
        self._samples: dict[tuple[str, str], deque[tuple[float, float]]] = {}

    def sample(self, stack: StackStatus, now: float) -> None:
        """Note what each service uses now (percent of one core)."""
        for service in stack.services:
            samples = self._samples.setdefault((stack.id, service.name), deque())
            if service.cpu_percent is not None:
                samples.append((now, service.cpu_percent))
            while samples and samples[0][0] < now - SPAN_S:
                samples.popleft()

    def series(self, stack_id: str, service: str) -> Series:
        """The samples of one service, oldest first."""
        return tuple(self._samples.get((stack_id, service), ()))
