"""What a cleanup asks of the rescue of dead workers' messages, and what it tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from desktop.engine.cleanup_model import LostTask, RescuedTask, Stranded


class RescueReport(msgspec.Struct, frozen=True):
    """What became of the messages of dead workers."""

    rescued: tuple[RescuedTask, ...] = ()
    lost: tuple[LostTask, ...] = ()
    stranded: Stranded | None = None


class Rescued(Protocol):
    @property
    def rescued(self) -> tuple[RescuedTask, ...]: ...
    @property
    def lost(self) -> tuple[LostTask, ...]: ...
    @property
    def stranded(self) -> Stranded | None: ...


class Rescuer(Protocol):
    """Puts back what dead workers held."""

    async def rescue(self) -> Rescued: ...

    async def keep(self, tasks: Sequence[LostTask]) -> None:
        """Remember tasks that are lost, so that they can be run again."""


class NoRescuer:
    """For brokers that put back what a dead consumer held by themselves."""

    async def rescue(self) -> RescueReport:
        return RescueReport()

    async def keep(self, tasks: Sequence[LostTask]) -> None:
        pass


def all_lost(cut_off: Sequence[LostTask], rescue: Rescued) -> tuple[LostTask, ...]:
    """Each once. What has been put back is not lost."""
    back = {task.id for task in rescue.rescued}
    lost = {task.id: task for task in cut_off if task.id not in back}
    return tuple({**lost, **{task.id: task for task in rescue.lost}}.values())
