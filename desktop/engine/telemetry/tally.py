"""Does what a node's heartbeats count agree with the events that were heard of it? Pure.

``processed`` of a heartbeat is how many tasks the process has ever started. Events of tasks wait in
a buffer for a moment, a heartbeat does not: so a heartbeat is compared with what has been heard by
the time of the next one.
"""

from __future__ import annotations

import msgspec

SILENT_BEATS = 2
"""So many heartbeats in which it worked without a word of its tasks, and its events are off."""


class Tally(msgspec.Struct, gc=False):
    """The count of one process."""

    task_events: int = 0
    """Events of tasks heard, roughly: at least one of each message."""
    unheard: int | None = None
    """Starts from before anything was heard, at most; None until the first heartbeat."""
    processed: int = 0
    """Of the last heartbeat."""
    heard: int = 0
    """``task_events`` at the last heartbeat."""
    worked: int = 0
    """Heartbeats in a row that counted more than the one before, while nothing was heard."""

    def beat(self, processed: int, started: int) -> int:
        """A heartbeat; ``started`` is how many starts were heard of this process by now. How many
        were missed, as far as the heartbeat before counted them."""
        before, self.processed = self.processed, processed
        heard, self.heard = self.heard, self.task_events
        if self.unheard is None or processed < before:
            self.unheard = processed - started
            return 0
        self.worked = self.worked + (processed > before) if heard == self.task_events else 0
        missed = max(before - started - self.unheard, 0)
        self.unheard = min(self.unheard + missed, processed - started)
        return 0 if self.is_silent else missed

    def forget(self) -> None:
        """Nothing was heard for a while, and that is known."""
        self.unheard = None
        self.worked = 0

    @property
    def is_silent(self) -> bool:
        """It works, and its events are off."""
        return self.worked >= SILENT_BEATS
