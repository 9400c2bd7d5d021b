"""The schedule as a face asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from desktop.engine.config import StackConfig
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem
from desktop.engine.queue_commands import Schedule, ShowSchedule
from desktop.engine.schedule import due, waiting
from desktop.engine.schedule.app_schedule import Told
from desktop.engine.schedule.beat import Beat, beats
from desktop.engine.task_model import WaitingTask

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

LOOKED_S = 10.0
"""How old the last look at the processes may be."""


async def show(stack: LiveStack, _command: ShowSchedule) -> Schedule:
    """Beat's entries and the tasks that wait for their time. What can't be told of one is said;
    the other is told all the same."""
    await stack.found.fresh(LOOKED_S)
    own = stack.supervisors.get("beat")
    folder = stack.app.folder or str(stack.home.run)
    found = beats(stack.found.rows, own.service.spec if own else None, folder)
    running = sum(one.runs for one in found)
    told, problem = Told(), stack.app.problem
    if stack.app.config is not None and problem is None:
        told, problem = await _told(stack, stack.app.config, found[0] if found else None)
    return Schedule(
        due.entries(told, time.time(), beat_runs=bool(running)),
        await _waiting(stack),
        bool(running),
        problem,
        told.told_at,
        running,
    )


async def _told(
    stack: LiveStack, config: StackConfig, beat: Beat | None
) -> tuple[Told, Problem | None]:
    try:
        return await stack.app.schedule.told(config, beat), None
    except TrayError as error:
        return Told(), error.problem


async def _waiting(stack: LiveStack) -> tuple[WaitingTask, ...]:
    with contextlib.suppress(TrayError):
        broker = await stack.rescuer.broker()
        if broker is not None:
            return await asyncio.to_thread(waiting.waiting, broker, stack.queues.names())
        if stack.broker_url:
            held = await asyncio.to_thread(
                lambda: dict(
                    waiting.held_back(
                        stack.control().replies("scheduled", waiting.ANSWER_TIMEOUT_S)
                    )
                )
            )
            return tuple(sorted(held.values(), key=lambda one: one.at))
    return ()
