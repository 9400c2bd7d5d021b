"""``tasks``: the history of tasks; below it, what is done with one."""

from __future__ import annotations

import click

from desktop.cli.arguments import WholeNumber
from desktop.cli.context import Context
from desktop.cli.group import Verb
from desktop.cli.verb_group import verb_group
from desktop.engine.history_commands import ListTasks, Selection, TaskPage
from desktop.words import text, tr, trn

LIMIT_MAX = 1_000_000
PAGE = 1_000
VERBS = {
    "show": Verb("task_show:show", text("Show all of one task")),
    "stats": Verb("task_stats:stats", text("Count, rates and durations of each task name")),
    "failures": Verb("task_stats:failures", text("Failures by exception and place")),
    "retry": Verb("task_acts:retry", text("Run tasks again with their real arguments")),
    "revoke": Verb("task_acts:revoke", text("Have workers drop tasks, or end those that run")),
    "export": Verb("task_export:export", text("Write tasks as CSV, JSON or code")),
    "run": Verb("task_run:run", text("Send a task by hand, or list those that there are")),
}


@verb_group(
    "tasks",
    VERBS,
    example='celery-tray tasks --since 1h --search "state:failure timeout"',
    more=tr(
        "The search knows words, “quoted words”, name: state: worker: queue: args: result: error: "
        "id: root: since: until:, runtime>2, wait>1, retries>0, NOT (or -), OR, parentheses and *."
    ),
)
@click.option("--state", metavar="S", help=tr("Only these: failure, success, started …"))
@click.option("--name", metavar="N", help=tr("Only tasks whose name contains this."))
@click.option("--worker", metavar="W", help=tr("Only those of this worker."))
@click.option("--since", metavar="T", help=tr("Only with news since then: 90m, 2h, 2026-11-24."))
@click.option("--search", metavar="TEXT", help=tr("Only those that match; see above."))
@click.option(
    "--limit",
    type=WholeNumber(1, LIMIT_MAX),
    default=50,
    help=tr("How many at most, the newest first; {default} without it.", default=50),
)
def tasks(
    context: Context,
    state: str | None,
    name: str | None,
    worker: str | None,
    since: str | None,
    search: str | None,
    limit: int,
) -> int:
    query = search_of(state=state, name=name, worker=worker, since=since, search=search)
    page = read(context, query, limit)
    if context.as_json:
        from desktop.cli.render import print_json
        from desktop.engine.task_documents import tasks_document

        print_json(tasks_document(page.tasks, page.total))
        return 0
    from desktop.cli.render import print_table
    from desktop.cli.task_tables import tasks_table

    if not page.tasks:
        nothing = tr("Nothing matches.") if page.kept and query else tr("No tasks yet.")
        context.say(nothing)
        return 0
    print_table(context, tasks_table(page.tasks))
    context.say(counted(len(page.tasks), page.total))
    return 0


def read(context: Context, search: str, limit: int) -> TaskPage:
    """The newest tasks that match, at most ``limit``, page by page."""
    from desktop.cli.task_source import ask

    command = ListTasks(
        context.project, Selection(search=search), limit=min(limit, PAGE), count=True
    )
    first = page = ask(context, command)
    found = list(page.tasks)
    while page.next and len(found) < limit:
        size = min(limit - len(found), PAGE)
        page = ask(
            context,
            ListTasks(context.project, command.selection, after=page.next, limit=size),
        )
        found += page.tasks
    return TaskPage(tuple(found), total=first.total, kept=first.kept)


def search_of(
    *,
    state: str | None,
    name: str | None,
    worker: str | None,
    since: str | None,
    search: str | None,
) -> str:
    """The options as one query. Raises :class:`BadQuery`, :class:`UsageError`."""
    from desktop.cli.task_source import instant
    from desktop.engine.history.rendering import search_of as joined

    instant(since, "--since")
    return joined(state=state, name=name, worker=worker, since=since, search=search)


def counted(shown: int, total: int | None) -> str:
    """How many are shown, of how many."""
    if total is None:
        return trn("{n} task shown, of very many", "{n} tasks shown, of very many", shown)
    if total > shown:
        return trn("{n} task shown, of {total}", "{n} tasks shown, of {total}", shown, total=total)
    return trn("{n} task", "{n} tasks", shown)
