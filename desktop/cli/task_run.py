"""``tasks run``: sends a task by hand, or lists those that there are."""

from __future__ import annotations

import sys

import click

from desktop.cli.arguments import Seconds
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.render import Table, plain_table, print_json
from desktop.cli.task_acts import tell
from desktop.engine.control_documents import registered_document
from desktop.engine.task_commands import (
    RegisteredTasks,
    RegisteredTasksReport,
    RunTask,
    TaskActionReport,
)
from desktop.engine.task_model import RegisteredTask
from desktop.words import tr


@verb(
    "run",
    example="""celery-tray tasks run shop.tasks.total --args '[1, 2]'""",
    more=tr(
        "The arguments are checked against the task's signature before anything is sent. Without "
        "a name: the tasks that there are."
    ),
)
@click.argument("name", required=False, default="", metavar="[NAME]")
@click.option("--args", "args", default="[]", metavar="JSON", help=tr("A JSON list."))
@click.option("--kwargs", default="{}", metavar="JSON", help=tr("A JSON object."))
@click.option(
    "--queue", default="", metavar="Q", help=tr("Without it, where the app sends this task.")
)
@click.option("--countdown", type=Seconds(), help=tr("Not before so many seconds."))
@click.option("--again", default="", metavar="ID", help=tr("The task that it repeats."))
def run(
    context: Context,
    name: str,
    args: str,
    kwargs: str,
    queue: str,
    countdown: float | None,
    again: str,
) -> int:
    with context.connect() as client:
        if not name:
            listed = client.submit(RegisteredTasks(context.project))
            assert isinstance(listed, RegisteredTasksReport)  # noqa: S101 - what it answers
            return _list(context, listed.tasks)
        command = RunTask(context.project, name, args, kwargs, queue, countdown, again)
        report = client.submit(command)
    assert isinstance(report, TaskActionReport)  # noqa: S101 - what RunTask answers
    return tell(context, report)


def _list(context: Context, tasks: tuple[RegisteredTask, ...]) -> int:
    if context.as_json:
        print_json(registered_document(tasks))
        return 0
    if not tasks:
        context.say(tr("Neither the app nor a worker has a task."))
        return 0
    headers = (tr("Task"), tr("Queue"), tr("Workers"), tr("What it does"))
    rows = tuple(
        (f"{one.name}{one.signature}", one.queue, ", ".join(one.nodes), one.doc.split("\n")[0])
        for one in tasks
    )
    for line in plain_table(Table(headers, rows), color=context.paints(sys.stdout)):
        context.say(line)
    return 0
