"""The history of tasks, and what can be done with them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from desktop.engine.history.rendering import search_of
from desktop.engine.history_commands import ListTasks, Selection, TaskPage
from desktop.engine.task_documents import tasks_document
from web.monitor.operation import Asked, Document, Operation

LIMIT, LIMIT_MAX = 50, 1_000


class TasksQuery(msgspec.Struct, frozen=True):
    """The options of the command: ``tasks --state --name --worker --since --search --limit``."""

    state: str | None = None
    name: str | None = None
    worker: str | None = None
    since: str | None = None
    search: str | None = None
    """In the query language."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX)] = LIMIT
    after: str = ""
    """``next`` of the page before."""


def _list(asked: Asked) -> ListTasks:
    query: TasksQuery = asked.query
    search = search_of(
        state=query.state,
        name=query.name,
        worker=query.worker,
        since=query.since,
        search=query.search,
    )
    return ListTasks(
        asked.project, Selection(search=search), after=query.after, limit=query.limit, count=True
    )


def _page(page: TaskPage) -> Document:
    return {**tasks_document(page.tasks, page.total), "next": page.next}


OPERATIONS = (
    Operation(
        "GET",
        "/api/tasks",
        "The history of tasks, the newest first, as tasks --json.",
        _list,
        _page,
        query=TasksQuery,
    ),
)
