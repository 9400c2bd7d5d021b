"""The rest of the stack, as one service's supervisor sees it."""

from __future__ import annotations

from typing import Protocol

from desktop.engine.control import Control
from desktop.engine.model import ServiceSpec
from desktop.engine.preparation import Preparation
from desktop.engine.records import Records
from desktop.paths import StackHome
from desktop.words import Text


class Surroundings(Protocol):
    """What a supervisor needs to know about the rest of its stack."""

    home: StackHome
    records: Records
    boot_id: str

    def service_up(self, name: str) -> bool: ...
    def users_alive(self, name: str) -> bool: ...
    def control(self) -> Control: ...
    def running_tasks(self, node: str, pid: int = 0) -> tuple[str, ...]: ...
    def successor_starts(self, name: str) -> bool: ...
    async def prepare(self, spec: ServiceSpec) -> Preparation: ...
    def doing(self, spec: ServiceSpec) -> Text | None: ...
    def changed(self) -> None: ...
