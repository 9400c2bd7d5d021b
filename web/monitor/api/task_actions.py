"""What is done to tasks, and what may be run: the verbs of ``tasks revoke|retry|run``.

With ``dry_run`` nothing is done and the answer says what would be.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from desktop.engine.control_documents import action_document, registered_document
from desktop.engine.errors import UsageError
from desktop.engine.history_commands import Selection
from desktop.engine.states import TaskState
from desktop.engine.task_commands import (
    ActOnTasks,
    RegisteredTasks,
    RegisteredTasksReport,
    RunTask,
    TaskVerb,
)
from desktop.words import text
from web.monitor.operation import Asked, Document, Operation


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tasks by their ids, or all that match; one of both has to be said."""

    ids: tuple[str, ...] = ()
    search: str | None = None
    """In the query language; "" are all."""
    states: tuple[TaskState, ...] = ()
    """Of those that match, only these."""
    dry_run: bool = False


class WhatToRevoke(Chosen, frozen=True, forbid_unknown_fields=True):
    """Workers pass over what is revoked."""

    undo: bool = False
    """Take the revocation back: what was dropped is sent once more."""


class WhatToTerminate(Chosen, frozen=True, forbid_unknown_fields=True):
    """The process that runs it is ended."""

    signal: str = "TERM"


class WhatToRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One task by hand; its arguments are checked against its signature."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    args: list[Any] | str = "[]"
    """A list, or one as JSON text, which is sent as it is written."""
    kwargs: dict[str, Any] | str = "{}"
    """An object, or one as JSON text."""
    queue: str = ""
    """"": where the app sends this task."""
    countdown_s: float | None = None
    again: str = ""
    """Id of the task that this one repeats, if any."""


def _act(verb: TaskVerb, asked: Asked, **more: Any) -> ActOnTasks:
    chosen: Chosen = asked.body
    if not chosen.ids and chosen.search is None:
        raise UsageError(
            "nothing-chosen",
            text("No task is named."),
            text("Neither ids nor a search say which tasks are meant."),
            text("See GET {path} for what it may be.", path="/api/openapi.json"),
        )
    selection = Selection(chosen.ids, chosen.search, chosen.states)
    return ActOnTasks(asked.project, verb, selection, dry_run=chosen.dry_run, **more)


def _revoke(asked: Asked) -> ActOnTasks:
    return _act(TaskVerb.REVOKE, asked, undo=asked.body.undo)


def _terminate(asked: Asked) -> ActOnTasks:
    return _act(TaskVerb.TERMINATE, asked, signal=asked.body.signal)


def _run_again(asked: Asked) -> ActOnTasks:
    return _act(TaskVerb.RUN_AGAIN, asked)


def _run(asked: Asked) -> RunTask:
    task: WhatToRun = asked.body
    return RunTask(
        asked.project,
        task.name,
        _json(task.args),
        _json(task.kwargs),
        task.queue,
        task.countdown_s,
        task.again,
    )


def _json(given: object) -> str:
    return given if isinstance(given, str) else msgspec.json.encode(given).decode()


def _names(asked: Asked) -> RegisteredTasks:
    return RegisteredTasks(asked.project)


def _registered(report: RegisteredTasksReport) -> Document:
    return registered_document(report.tasks)


OPERATIONS = (
    Operation(
        "POST",
        "/api/tasks/revoke",
        "Have workers pass over tasks that wait.",
        _revoke,
        action_document,
        body=WhatToRevoke,
    ),
    Operation(
        "POST",
        "/api/tasks/terminate",
        "End the processes that run these tasks; what they have not done is lost.",
        _terminate,
        action_document,
        body=WhatToTerminate,
    ),
    Operation(
        "POST",
        "/api/tasks/retry",
        "Send each once more with its real arguments, under a new id.",
        _run_again,
        action_document,
        body=Chosen,
    ),
    Operation("POST", "/api/tasks/run", "Send a task.", _run, action_document, body=WhatToRun),
    Operation(
        "GET",
        "/api/task-names",
        "What the workers would run, as tasks run --json.",
        _names,
        _registered,
        fresh_s=5.0,
    ),
)
