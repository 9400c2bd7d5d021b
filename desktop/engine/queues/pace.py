"""How fast a queue grows or drains, from what the engine measured of it. Pure."""

from __future__ import annotations

from collections import deque
from itertools import islice

from desktop.engine.queues.reading import Ends, Reading

SPAN_S = 3600.0
SAMPLES_MAX = 400
SHOWN_MAX = 120
WINDOW_S = 120.0
"""Growth is told over so long at most: what was before says little of now."""
WINDOW_MIN_S = 1.0
NEAR_ENOUGH_S = 1.0
"""Samples closer than this are one."""
MARKS_MAX = 500


class Pace:
    """What is remembered of one queue."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=SAMPLES_MAX)
        self._seen: dict[str, float] = {}
        self.oldest_seen_at: float | None = None
        """Since when the first message of a list, of whatever priority, is known to wait."""

    def note(self, reading: Reading, now: float) -> None:
        """One more look at it, at ``now`` (seconds since the epoch)."""
        if self._samples and now - self._samples[-1][0] < NEAR_ENOUGH_S:
            self._samples.pop()
        self._samples.append((now, reading.depth))
        while self._samples[0][0] < now - SPAN_S:
            self._samples.popleft()
        self._mark(reading.ends, now)

    def _mark(self, ends: tuple[Ends, ...], now: float) -> None:
        # What is the newest now is the next one day: its age is known from today on.
        for one in ends:
            for mark in (one.next, one.newest):
                self._seen.setdefault(mark, now)
        if len(self._seen) > MARKS_MAX:
            kept = {mark for one in ends for mark in (one.next, one.newest)}
            kept.update(list(self._seen)[-MARKS_MAX // 2 :])
            self._seen = {mark: at for mark, at in self._seen.items() if mark in kept}
        self.oldest_seen_at = min((self._seen[one.next] for one in ends), default=None)

    @property
    def depths(self) -> tuple[tuple[float, int], ...]:
        """(instant, depth), the oldest first, thinned out to :data:`SHOWN_MAX`."""
        step = -(-len(self._samples) // SHOWN_MAX) or 1
        newest_first = islice(reversed(self._samples), 0, None, step)
        return tuple(newest_first)[::-1]

    @property
    def growth_per_minute(self) -> float | None:
        """Messages a minute; negative while it drains. None until measured twice."""
        if not self._samples:
            return None
        now, depth = self._samples[-1]
        at, before = next(one for one in self._samples if one[0] >= now - WINDOW_S)
        return (depth - before) / (now - at) * 60 if now - at >= WINDOW_MIN_S else None

    @property
    def drained_in_s(self) -> float | None:
        """At the present growth; 0 of an empty queue; None: not known, or never."""
        growth = self.growth_per_minute
        depth = self._samples[-1][1] if self._samples else 0
        if not depth:
            return 0.0 if self._samples else None
        return depth / -growth * 60 if growth is not None and growth < 0 else None
