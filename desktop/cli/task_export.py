"""``tasks export``: the history as CSV, JSON, or code that sends tasks again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from desktop.cli.arguments import OneOf, WholeNumber
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.task_source import ask
from desktop.engine.history_commands import ListTasks, Selection, TaskPage
from desktop.engine.task_control.export import as_code, csv_lines, json_lines
from desktop.engine.task_model import Task
from desktop.words import tr, trn

PAGE = 1_000
LIMIT_MAX = 10_000_000


@verb(
    "export",
    example="celery-tray tasks export --search state:failure --format csv > failures.csv",
    more=tr(
        "json is one document a line, code a Python call for each. In CSV a cell that a "
        "spreadsheet would run as a formula begins with an apostrophe."
    ),
)
@click.option("--search", default="", metavar="QUERY", help=tr("Only those that match."))
@click.option(
    "--format",
    "kind",
    type=OneOf(("csv", "json", "code")),
    default="csv",
    metavar="csv|json|code",
    help=tr("csv without it; json with --json."),
)
@click.option("--output", metavar="FILE", help=tr("A file instead of standard output."))
@click.option(
    "--limit", type=WholeNumber(1, LIMIT_MAX), help=tr("How many at most; all without it.")
)
def export(context: Context, search: str, kind: str, output: str | None, limit: int | None) -> int:
    tasks = _Counted(_tasks(context, search, limit))
    kind = "json" if context.as_json else kind
    lines = _lines(kind, tasks)
    # RFC 4180 ends the lines of CSV so; a text file's are the system's own.
    end = "\r\n" if kind == "csv" else "\n"
    if output is None:
        sys.stdout.reconfigure(newline="", encoding="utf-8")  # type: ignore[union-attr]
        for line in lines:
            sys.stdout.write(line + end)
    else:
        # Arguments and results are nobody else's to read.
        descriptor = os.open(Path(output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as file:
            file.writelines(line + end for line in lines)
    context.warn(trn("{n} task", "{n} tasks", tasks.count))
    return 0


def _lines(kind: str, tasks: Iterable[Task]) -> Iterator[str]:
    if kind == "code":
        return (as_code(task) for task in tasks)
    return json_lines(tasks) if kind == "json" else csv_lines(tasks)


class _Counted:
    """Counts what is taken from it."""

    def __init__(self, tasks: Iterator[Task]) -> None:
        self.count = 0
        self._tasks = tasks

    def __iter__(self) -> Iterator[Task]:
        for task in self._tasks:
            self.count += 1
            yield task


def _tasks(context: Context, search: str, limit: int | None) -> Iterator[Task]:
    """Page for page: a history has millions."""
    left = LIMIT_MAX if limit is None else limit
    after = ""
    while left > 0:
        page: TaskPage = ask(
            context,
            ListTasks(
                context.project,
                Selection(search=search),
                after=after,
                limit=min(PAGE, left),
            ),
        )
        yield from page.tasks
        left -= len(page.tasks)
        after = page.next
        if not after:
            return
