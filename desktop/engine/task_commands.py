"""The verbs that do something with tasks, and what each answers.

Like :mod:`desktop.engine.commands`, of which they are a part.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from desktop.engine.history_commands import Selection
from desktop.engine.task_model import RegisteredTask
from desktop.words import Text


class TaskVerb(StrEnum):
    REVOKE = "revoke"
    TERMINATE = "terminate"
    RUN_AGAIN = "run-again"


class ActOnTasks(msgspec.Struct, frozen=True, tag=True):
    """Revoke, terminate or run again. Answers :class:`TaskActionReport`.

    With ``dry_run`` nothing is done and the report says what would be.
    """

    project: str = ""
    verb: TaskVerb = TaskVerb.REVOKE
    selection: Selection = Selection()
    signal: str = "TERM"
    dry_run: bool = False
    undo: bool = False
    """Of REVOKE: take the revocation back, as far as the workers can."""


class RunTask(msgspec.Struct, frozen=True, tag=True):
    """Send a task by hand. Answers :class:`TaskActionReport`."""

    project: str = ""
    name: str = ""
    args: str = "[]"
    """A JSON list."""
    kwargs: str = "{}"
    """A JSON object."""
    queue: str = ""
    """"": where the app sends this task."""
    countdown_s: float | None = None
    again: str = ""
    """Id of the task that this one repeats, if any."""


class TaskOutcome(msgspec.Struct, frozen=True):
    """What happened, or would happen, to one task."""

    id: str
    name: str = ""
    done: bool = True
    words: Text = Text("")
    new_id: str = ""
    """Of the task that was sent."""
    args: str = ""
    """JSON for the form, where the real arguments must be repaired by a person."""
    kwargs: str = ""
    alive: bool = False
    """RUN_AGAIN: the first run is still on its way, or running."""


class TaskActionReport(msgspec.Struct, frozen=True, tag=True):
    outcomes: tuple[TaskOutcome, ...] = ()
    """At most 1,000; the counts are of all."""
    done: int = 0
    failed: int = 0
    words: Text = Text("")
    """In a sentence: "3 tasks revoked; 1 had ended already"."""


class RegisteredTasks(msgspec.Struct, frozen=True, tag=True):
    """What the workers would run. Answers :class:`RegisteredTasksReport`."""

    project: str = ""


class RegisteredTasksReport(msgspec.Struct, frozen=True, tag=True):
    tasks: tuple[RegisteredTask, ...] = ()


TaskCommand = ActOnTasks | RunTask | RegisteredTasks

TaskAnswer = TaskActionReport | RegisteredTasksReport
