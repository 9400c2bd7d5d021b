"""``why``: why a task does not run, step by step."""

from __future__ import annotations

import sys

import click

from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.queue_tables import why_lines
from desktop.cli.render import print_json
from desktop.engine.queue_commands import WhyReport, WhyTask
from desktop.engine.queue_documents import why_document
from desktop.words import tr


@verb(
    "why",
    example="celery-tray why 6f1c2c1e-1f2b-4c9e-9d6f-0a3c5b7d9e11",
    more=tr(
        "Looks at events, queues, workers, results, other databases; says what is so (▲), what is "
        "not (·), and what could not be found out (?)."
    ),
)
@click.argument("task_id", metavar="TASK_ID")
def why(context: Context, task_id: str) -> int:
    with context.connect() as client:
        report = client.submit(WhyTask(context.project, task_id))
    assert isinstance(report, WhyReport)  # noqa: S101 - what WhyTask answers
    if context.as_json:
        print_json(why_document(report))
        return 0
    for line in why_lines(report, color=context.paints(sys.stdout)):
        context.say(line)
    return 0
