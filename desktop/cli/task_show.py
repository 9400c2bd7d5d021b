"""``tasks show``: all of one task."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.ink import harmless, paint
from desktop.cli.states import TASK
from desktop.cli.task_source import ask
from desktop.cli.task_tables import short
from desktop.engine.history_commands import ShowTask, TaskDetail
from desktop.engine.task_doubts import doubt_words
from desktop.engine.task_model import Task
from desktop.quantities import clock, span
from desktop.words import tr, trn

FAMILY_SHOWN = 20
LOG_SHOWN = 20


@verb(
    "show",
    example="celery-tray tasks show 3f2a9c1e",
    more=tr("The beginning of an id is enough when no other task's id begins so."),
)
@click.argument("task_id", metavar="ID")
def show(context: Context, task_id: str) -> int:
    detail = ask(context, ShowTask(context.project, task_id))
    if context.as_json:
        from desktop.cli.render import print_json
        from desktop.engine.task_documents import task_detail_document

        print_json(task_detail_document(detail))
        return 0
    for line in detail_lines(detail, color=context.paints(sys.stdout)):
        context.say(line)
    return 0


def detail_lines(detail: TaskDetail, *, color: bool = False) -> Iterator[str]:
    """Everything about the task, a line each."""
    task = detail.task
    look = TASK[task.state]
    yield f"{paint(str(look), look.style, color=color)}  {harmless(task.name)}  {harmless(task.id)}"
    for label, value in (*_facts(task), *_instants(task)):
        if value:
            yield f"  {paint(label + ':', 'off', color=color)} {harmless(value)}"
    for number, one in enumerate(task.attempts, 1):
        ran = TASK[one.state]
        when = clock(one.started_at) if one.started_at else ""
        words = " ".join(part for part in (when, str(ran.word), short(one.exception)) if part)
        yield harmless(tr("  Run {n} before: {words}", n=number, words=words))
    if task.traceback:
        yield paint(tr("Traceback"), "title", color=color)
        yield from (f"  {harmless(line)}" for line in task.traceback.rstrip().split("\n"))
    yield from _family(detail, color=color)
    if detail.log:
        yield paint(tr("From the log of its worker"), "title", color=color)
        yield from (
            paint(f"  | {harmless(line)}", "off", color=color) for line in detail.log[-LOG_SHOWN:]
        )


def _facts(task: Task) -> Iterator[tuple[str, str]]:
    yield tr("Worker"), f"{task.worker} ({task.worker_pid})" if task.worker_pid else task.worker
    yield tr("Queue"), task.queue
    yield tr("Arguments"), " ".join(x for x in (task.args, task.kwargs) if x not in {"", "{}"})
    yield tr("Result"), task.result
    yield tr("Exception"), task.exception
    yield tr("Retries"), str(task.retries) if task.retries else ""
    if task.starts > task.retries + 1:
        yield tr("Delivered again"), trn("begun {n} time", "begun {n} times", task.starts)
    yield tr("Revoked because"), task.revoked_why
    yield tr("In doubt"), str(doubt_words(task.doubt))
    yield tr("Root"), task.root_id if task.root_id != task.id else ""
    yield tr("Parent"), task.parent_id


def _instants(task: Task) -> Iterator[tuple[str, str]]:
    before: float | None = None
    for label, at in (
        (tr("Sent"), task.sent_at),
        (tr("Received"), task.received_at),
        (tr("Started"), task.started_at),
        (tr("Ended"), task.finished_at),
    ):
        if at is not None:
            later = f" (+{span(at - before)})" if before is not None else ""
            yield label, clock(at) + later
            before = at
    if task.runtime_s is not None:
        yield tr("Runtime"), span(task.runtime_s)
    if task.eta is not None:
        yield tr("Not before"), clock(task.eta)
    if task.expires_at is not None:
        yield tr("Expires"), clock(task.expires_at)


def _family(detail: TaskDetail, *, color: bool) -> Iterator[str]:
    if len(detail.family) < 2:
        return
    yield paint(tr("Family"), "title", color=color)
    for one in detail.family[:FAMILY_SHOWN]:
        look = TASK[one.state]
        mark = "→" if one.id == detail.task.id else " "
        words = f"{look.glyph} {short(one.name)} {one.id}"
        yield f"  {mark} {paint(harmless(words), look.style, color=color)}"
    more = len(detail.family) - FAMILY_SHOWN
    if more > 0:
        yield "    " + trn("and {n} more", "and {n} more", more)
