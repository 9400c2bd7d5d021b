"""One start of one service: what is found out before it, and the process that comes of it."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from desktop.engine import ports, process, start_problems
from desktop.engine.model import Problem, ServiceSpec
from desktop.engine.preparation import Preparation
from desktop.engine.states import ServiceKind
from desktop.paths import StackHome
from desktop.system import parent_guard


class Launched(NamedTuple):
    """What came of it: a process, or the reason why there is none."""

    process: process.Process | None = None
    blocked: Problem | None = None


async def launch(spec: ServiceSpec, found: Preparation, home: StackHome) -> Launched:
    """Start the process, unless somebody else holds its port."""
    if spec.port is not None and not ports.free_for(spec):
        holder = await asyncio.to_thread(ports.holder, spec.port)
        return Launched(blocked=ports.problem(spec.port, spec.name, holder))
    try:
        started = process.spawn(spec, home, found.argv, found.env)
    except OSError as error:
        log_path = home.log(spec.known_as)
        return Launched(blocked=start_problems.cannot_spawn(spec, found.argv, error, log_path))
    if spec.kind is ServiceKind.WORKER:
        parent_guard.start(started.pid, started.create_time)
    return Launched(started)
