"""``tasks stats`` and ``tasks failures``: figures of what ended in a span of time."""

from __future__ import annotations

import time

import click

from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.render import print_json, print_table
from desktop.cli.task_source import ask, instant
from desktop.cli.task_tables import failures_table, names_table
from desktop.engine.history_commands import TaskFigures, TaskFiguresReport
from desktop.engine.task_documents import failure_document, name_document
from desktop.words import tr

DAY_S = 86_400.0


@verb(
    "stats",
    example="celery-tray tasks stats --since 1d",
    more=tr("Durations are right within 5 %. Without --since: the last 24 hours."),
)
@click.option("--since", metavar="T", help=tr("From then on: 90m, 2h, 2026-11-24."))
@click.option("--name", metavar="N", default="", help=tr("Only of the task with this name."))
def stats(context: Context, since: str | None, name: str) -> int:
    names = _figures(context, since, name).names
    if context.as_json:
        print_json({"names": [name_document(one) for one in names]})
    elif names:
        print_table(context, names_table(names))
    else:
        context.say(tr("No task ended in this time."))
    return 0


@verb(
    "failures",
    example="celery-tray tasks failures --since 1h",
    more=tr("Tasks that failed, were retried or delivered again. Without --since: 24 hours."),
)
@click.option("--since", metavar="T", help=tr("From then on: 90m, 2h, 2026-11-24."))
@click.option("--name", metavar="N", default="", help=tr("Only of the task with this name."))
def failures(context: Context, since: str | None, name: str) -> int:
    groups = _figures(context, since, name).failures
    if context.as_json:
        print_json({"failures": [failure_document(one) for one in groups]})
    elif groups:
        print_table(context, failures_table(groups))
    else:
        context.say(tr("No task failed in this time."))
    return 0


def _figures(context: Context, since: str | None, name: str) -> TaskFiguresReport:
    begin = instant(since, "--since")
    command = TaskFigures(
        context.project, since=time.time() - DAY_S if begin is None else begin, name=name
    )
    return ask(context, command)
