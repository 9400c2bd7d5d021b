"""The history of tasks: lists, all of one, and why one does not run."""

from __future__ import annotations

from typing import Annotated

import msgspec

from desktop.engine.history.rendering import search_of
from desktop.engine.history_commands import (
    ListTasks,
    Selection,
    ShowTask,
    TaskDetail,
    TaskOrder,
    TaskPage,
)
from desktop.engine.queue_commands import WhyTask
from desktop.engine.queue_documents import why_document
from desktop.engine.states import TaskState
from desktop.engine.task_control.export import as_code
from desktop.engine.task_documents import task_detail_document, tasks_document
from desktop.engine.task_doubts import doubt_words
from web.monitor.operation import Asked, Document, Operation

LIMIT, LIMIT_MAX = 50, 1_000


class Which(msgspec.Struct, frozen=True):
    """The options of the command: ``tasks --state --name --worker --since --search``."""

    state: str | None = None
    name: str | None = None
    worker: str | None = None
    since: str | None = None
    search: str | None = None
    """In the query language."""
    states: tuple[TaskState, ...] = ()
    """Of those that match, only these; may be given several times."""
    ids: tuple[str, ...] = ()
    """Only these; may be given several times."""


class TasksQuery(Which, frozen=True):
    """Which tasks, in which order, and how many of them."""

    order: TaskOrder = TaskOrder.SEEN
    descending: bool = True
    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX)] = LIMIT
    after: str = ""
    """``next`` of the page before."""
    count: bool = True
    """Count all that match; without it ``total`` is null, and the engine has less to do."""


def selection_of(which: Which) -> Selection:
    """Raises :class:`desktop.engine.history.query.BadQuery`."""
    search = search_of(
        state=which.state,
        name=which.name,
        worker=which.worker,
        since=which.since,
        search=which.search,
    )
    # Ids alone are meant as they are, also of tasks that no search would find any more.
    found = None if which.ids and not search and not which.states else search
    return Selection(which.ids, found, which.states)


def _list(asked: Asked) -> ListTasks:
    query: TasksQuery = asked.query
    return ListTasks(
        asked.project,
        selection_of(query),
        query.order,
        query.descending,
        query.after,
        query.limit,
        query.count,
    )


def _page(page: TaskPage) -> Document:
    """``mark`` grows with every change of the history, as ``stack.history_mark`` of the status."""
    return {
        **tasks_document(page.tasks, page.total),
        "next": page.next,
        "kept": page.kept,
        "mark": page.mark,
        "by_state": {state.value: count for state, count in page.by_state.items()},
    }


def _show(asked: Asked) -> ShowTask:
    return ShowTask(asked.project, asked.path["id"])


def _detail(detail: TaskDetail) -> Document:
    return {
        **task_detail_document(detail),
        "doubt_words": str(doubt_words(detail.task.doubt)),
        "code": detail.code or as_code(detail.task),
    }


def _why(asked: Asked) -> WhyTask:
    return WhyTask(asked.project, asked.path["id"])


OPERATIONS = (
    Operation(
        "GET",
        "/api/tasks",
        "The history of tasks, the newest first, as tasks --json.",
        _list,
        _page,
        query=TasksQuery,
    ),
    Operation(
        "GET",
        "/api/tasks/{id}",
        "All of one task, as tasks show --json, and the code that sends it again.",
        _show,
        _detail,
    ),
    Operation(
        "GET",
        "/api/tasks/{id}/why",
        "Why a task does not run, as why --json.",
        _why,
        why_document,
        fresh_s=1.0,
    ),
)
