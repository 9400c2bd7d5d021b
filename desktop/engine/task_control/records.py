"""What is known of tasks, for those that act on them: the history's records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.engine.errors import TrayError, UsageError
from desktop.engine.history_commands import ListTasks, Selection
from desktop.engine.states import TaskState
from desktop.engine.task_control.sending import Letter, shown_of
from desktop.engine.task_model import Task
from desktop.words import Text, text

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

MOST = 10_000
"""Tasks that are acted on in one go."""
PAGE = 1_000
ID_LENGTH = 36
"""Of the ids that Celery makes (UUIDs); what is shorter may be the beginning of one."""


async def concerned(stack: LiveStack, selection: Selection) -> tuple[Task, ...]:
    """The tasks of a selection, each once: those that it names, recorded or not, and those that
    match. Raises BadQuery, and UsageError for more than :data:`MOST`."""
    ids = tuple(dict.fromkeys(one for one in selection.ids if one))
    found: dict[str, Task] = {}
    if selection.search is not None or selection.states:
        search = selection.search if selection.search is not None else ""
        wanted = Selection(search=search, states=selection.states)
        found = {task.id: task for task in await _recorded(stack, wanted)}
    if len(ids) + len(found) > MOST:
        raise too_many(MOST)
    missing = tuple(one for one in ids if one not in found)
    if missing:
        known = _in_flight(stack, missing)
        try:
            known |= {one.id: one for one in await _recorded(stack, Selection(missing))}
        except UsageError:
            raise
        except TrayError:
            # A history that can't be read is no reason not to revoke a task that is named.
            pass
        for one in missing:
            task = known.get(one) or await _begun_so(stack, one) or Task(one)
            found[task.id] = task
    return tuple(found.values())


async def _begun_so(stack: LiveStack, wanted: str) -> Task | None:
    """The only recorded task whose id begins so. Raises UsageError when several do."""
    if len(wanted) >= ID_LENGTH:
        return None
    try:
        return (await stack.tasks.history.detail(wanted)).task
    except UsageError:
        raise
    except TrayError:
        return None


async def _recorded(stack: LiveStack, selection: Selection) -> list[Task]:
    found: list[Task] = []
    after = ""
    while True:
        page = await stack.tasks.history.page(
            ListTasks(selection=selection, after=after, limit=PAGE)
        )
        found += page.tasks
        after = page.next
        if len(found) > MOST:
            raise too_many(MOST)
        if not after:
            return found


def _in_flight(stack: LiveStack, ids: tuple[str, ...]) -> dict[str, Task]:
    """What the events told of tasks that have not ended, where nothing is recorded."""
    return {
        one.id: Task(
            id=one.id,
            name=one.name,
            state=TaskState.STARTED if one.started else TaskState.RECEIVED,
            worker=one.node,
            worker_pid=one.pid,
            queue=one.queue,
            args=one.args,
            kwargs=one.kwargs,
        )
        for one in stack.tasks.holders.last(ids).values()
    }


def note_sent(stack: LiveStack, letter: Letter, task_id: str, at: float) -> None:
    """Record what was sent from here: only the sender knows the queue, and its event is not sent.
    ``at`` is before it was sent: whatever a worker tells of it is newer. Any thread."""
    args, kwargs = shown_of(letter)
    stack.tasks.history.put(
        [
            Task(
                id=task_id,
                name=letter.name,
                queue=letter.queue,
                args=args,
                kwargs=kwargs,
                root_id=letter.root_id or letter.again_of or task_id,
                parent_id=letter.again_of,
                eta=letter.eta,
                sent_at=at,
                seen_at=at,
            )
        ]
    )


def too_many(most: int) -> UsageError:
    return UsageError(
        "too-many-tasks",
        text("That would be more than {n} tasks at once.", n=most),
        Text(""),
        text("Narrow the search."),
    )
