"""A process that changes hands, with what is known of it."""

from __future__ import annotations

from typing import NamedTuple

from desktop.engine.model import ServiceSpec
from desktop.engine.process import Process


class Held(NamedTuple):
    """What one supervisor gives to the next one."""

    process: Process
    spec: ServiceSpec
    argv: tuple[str, ...]
    node_pid: int
