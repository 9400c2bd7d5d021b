"""Questions about tasks that need more than the history: a worker's log, the state folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from desktop.engine.errors import TrayError
from desktop.engine.history.details import log_lines
from desktop.engine.history.schema import ENDED
from desktop.engine.history_commands import ListFilters, SavedFilters, SaveFilter, TaskDetail
from desktop.engine.live_stack import LiveStack
from desktop.engine.task_control import again
from desktop.engine.task_control.arguments import arguments_of
from desktop.engine.task_control.export import as_code
from desktop.engine.task_control.place import place_of
from desktop.engine.task_control.whereabouts import Whereabouts, look_at_record
from desktop.engine.task_model import Task
from desktop.engine.workflow import whole
from desktop.words import Text


async def show_task(stack: LiveStack, task_id: str) -> TaskDetail:
    """All of one task, with its groups, the lines of its worker's log that name it, and whether and
    how it can be run again. Raises :class:`TrayError`."""
    detail = await stack.tasks.history.detail(task_id)
    path = _log_of(stack, detail.task.worker)
    known, why = await _known(stack, detail.task)
    real = arguments_of(known)
    code = as_code(detail.task, args=real.args, kwargs=real.kwargs) if real.whole else ""
    lines = await asyncio.to_thread(log_lines, path, detail.task.id) if path else ()
    return msgspec.structs.replace(
        detail,
        family=await whole(stack, detail.task, detail.family),
        log=lines,
        again=why,
        code=code or as_code(detail.task),
    )


async def _known(stack: LiveStack, task: Task) -> tuple[Whereabouts, Text]:
    """What is known of its arguments, and why it can't be run again: by its record and, where that
    is not enough, by its result. "" of a task that has not ended: its message or its worker may
    tell what its record does not."""
    known = Whereabouts(task)
    why = again.why_not(known)
    if task.state in ENDED and str(why):
        try:
            known = await look_at_record(await place_of(stack), task)
        except TrayError:
            return known, why
        why = again.why_not(known)
    return known, why if task.state in ENDED else Text("")


async def save_filter(stack: LiveStack, command: SaveFilter) -> SavedFilters:
    filters = stack.tasks.history.filters
    saved = await asyncio.to_thread(filters.save, command.name, command.search)
    return SavedFilters(tuple(saved.items()))


async def list_filters(stack: LiveStack, _command: ListFilters) -> SavedFilters:
    saved = await asyncio.to_thread(stack.tasks.history.filters.load)
    return SavedFilters(tuple(saved.items()))


def _log_of(stack: LiveStack, node: str) -> Path | None:
    """The log of the worker of this stack that has this node name; None of somebody else's."""
    if not node:
        return None
    for supervisor in stack.supervisors.values():
        spec = supervisor.service.spec
        if spec.node == node:
            return stack.home.log(spec.known_as)
    return None
