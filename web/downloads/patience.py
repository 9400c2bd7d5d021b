"""How long each phase of a transfer may take, and who is asked while nothing comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from web.downloads.failures import DownloadError
from web.downloads.limits import Limits

SLICE_S = 0.2
"""Longest wait for the network without a look at what the person wants meanwhile."""


class Phase(StrEnum):
    CONNECT = "connect"
    ANSWER = "answer"
    BODY = "body"


class Patience:
    """A deadline that fits the phase. ``look`` is called at least every :data:`SLICE_S` seconds
    and ends the transfer by raising, even when the other side is silent."""

    def __init__(self, look: Callable[[], None], limits: Limits) -> None:
        self._look = look
        self._limits_s = {
            Phase.CONNECT: limits.connect_s,
            Phase.ANSWER: limits.answer_s,
            Phase.BODY: limits.stall_s,
        }
        self.phase = Phase.CONNECT
        self._deadline = 0.0
        self.enter(Phase.CONNECT)

    def enter(self, phase: Phase) -> None:
        self.phase = phase
        self._deadline = time.monotonic() + self._limits_s[phase]

    def heard(self) -> None:
        """Bytes came. Only a body may take as long as it goes on arriving; a head that drips
        for ever raises as silence does."""
        if self.phase is Phase.BODY:
            self._deadline = time.monotonic() + self._limits_s[Phase.BODY]
        elif time.monotonic() >= self._deadline:
            self.wait()

    def wait(self) -> None:
        """A slice passed with nothing. Raises :class:`DownloadError` past the deadline."""
        self._look()
        if time.monotonic() >= self._deadline:
            seconds = round(self._limits_s[self.phase])
            raise DownloadError(f"silent-{self.phase}", transient=True, seconds=seconds)
