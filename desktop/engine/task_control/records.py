"""What is known of tasks, for those that act on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from desktop.engine.history_commands import Selection
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

MOST = 50_000


async def concerned(stack: LiveStack, selection: Selection) -> tuple[Task, ...]:
    """The tasks of a selection, each once, at most :data:`MOST`: those that it names, known or
    not, and those that match."""
    ids = dict.fromkeys(one for one in selection.ids if one)
    known = {task.id: task for task in _in_flight(stack, ids)}
    return tuple(known.get(one, Task(one)) for one in list(ids)[:MOST])


def _in_flight(stack: LiveStack, ids: Iterable[str]) -> Iterable[Task]:
    for holding in stack.tasks.holders.last(ids).values():
        yield Task(
            id=holding.id,
            name=holding.name,
            state=TaskState.STARTED if holding.started else TaskState.RECEIVED,
            worker=holding.node,
            worker_pid=holding.pid,
            queue=holding.queue,
            args=holding.args,
            kwargs=holding.kwargs,
        )
