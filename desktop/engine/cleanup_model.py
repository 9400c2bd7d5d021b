"""What a cleanup tells of tasks and of its progress, as frozen values.

Instants are seconds since the epoch.
"""

from __future__ import annotations

import msgspec

from desktop.engine.states import CleanupStep
from desktop.words import Text


class HeldTask(msgspec.Struct, frozen=True):
    """A task that a worker runs, as the worker itself tells it."""

    id: str
    name: str
    args: str = ""
    """As shown to people, cut where long."""
    kwargs: str = ""
    queue: str = ""
    started_at: float | None = None
    acknowledged: bool | None = None
    """True: its message is gone, so an end by force loses it. None: not known."""
    payload: str = ""
    """``[args, kwargs]`` as JSON, whole; "" when the real arguments are not known."""
    pid: int = 0
    """The process that runs it: one of the pool's, or the worker itself; 0: not known."""


class LostTask(msgspec.Struct, frozen=True):
    """A task that began, was acknowledged early, and died with its worker."""

    id: str
    name: str
    args: str = ""
    kwargs: str = ""
    queue: str = ""
    node: str = ""
    lost_at: float = 0.0
    payload: str = ""
    """``[args, kwargs]`` as JSON, to run it again; "" when the real arguments are not known."""
    again_id: str = ""
    """The task that it was run again as."""


class RescuedTask(msgspec.Struct, frozen=True):
    """A message that no live worker held, back in its queue."""

    id: str
    name: str
    queue: str


class Stranded(msgspec.Struct, frozen=True):
    """Messages of dead workers that can't be put back (yet), and why."""

    count: int
    why: Text


class CleanupItem(msgspec.Struct, frozen=True):
    """How far the cleaning of one process has come."""

    pid: int
    create_time: float
    name: str
    """Its node, or else its command."""
    step: CleanupStep
    note: Text = Text("")
    tasks: tuple[HeldTask, ...] = ()
    """Those that are still to finish."""


class CleanupProgress(msgspec.Struct, frozen=True):
    """The cleaning that is going on, or the last one."""

    started_at: float
    patience_s: float | None
    items: tuple[CleanupItem, ...]
    ended_at: float | None = None
    rescued: tuple[RescuedTask, ...] = ()
    lost: tuple[LostTask, ...] = ()
