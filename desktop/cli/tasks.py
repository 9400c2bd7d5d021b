"""``tasks``: what can be done to tasks."""

from __future__ import annotations

from desktop.cli.context import Context
from desktop.cli.group import Verb
from desktop.cli.verb_group import verb_group
from desktop.words import text

VERBS = {
    "retry": Verb("task_acts:retry", text("Run tasks again with their real arguments")),
    "revoke": Verb("task_acts:revoke", text("Have workers drop tasks, or end those that run")),
    "run": Verb("task_run:run", text("Send a task by hand, or list those that there are")),
}


@verb_group("tasks", VERBS, example="celery-tray tasks run")
def tasks(context: Context) -> int:
    from desktop.cli.group import invoke

    return invoke(context, ["tasks", "--help"])
