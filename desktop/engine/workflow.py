"""The whole workflow that a task belongs to.

A chain, and what a task calls, share a root, which events tell. The members of a group or of a
chord's header that no task called are roots of their own: only their results tell the group
(``group_id``, celery/backends/base.py), and the chord's body is in it, too.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from desktop.engine.errors import TrayError
from desktop.engine.task_control.results import results
from desktop.engine.task_model import Task

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack


async def whole(stack: LiveStack, task: Task, family: tuple[Task, ...]) -> tuple[Task, ...]:
    """``family`` with the other members of its groups and what they called. Where results are not
    kept, or not in Redis, or did not come yet, nobody can say which they are."""
    history = stack.tasks.history
    try:
        known = await _groups(stack, [one.id for one in family])
        if not known:
            return family
        near = await history.neighbours(task)
        groups = frozenset(known.values())
        found = await _groups(stack, [one for one in near if one not in known])
        roots = [one.root_id or one.id for one in family]
        roots += [one for one, group in found.items() if group in groups]
        return await history.family(task, roots)
    except TrayError:
        return family


async def _groups(stack: LiveStack, ids: list[str]) -> dict[str, str]:
    """Task to group, of those that have both a result and a group."""
    info = stack.app.info
    told = await asyncio.to_thread(results, info.result_backend, ids, info.result_key_prefix)
    return {id_: one.group_id for id_, one in told.items() if one.group_id}
