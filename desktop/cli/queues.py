"""``queues``: what waits where, what it is, and with consent what is dropped or moved."""

from __future__ import annotations

import time

import click
from click.shell_completion import CompletionItem

from desktop.cli.arguments import WholeNumber
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.queue_tables import messages_table, notes, queues_table
from desktop.cli.render import print_json, print_table
from desktop.engine.client import Client
from desktop.engine.errors import TrayError, UsageError, WouldHarm
from desktop.engine.queue_commands import (
    MoveMessages,
    PeekQueue,
    PurgeQueue,
    QueuePeek,
    QueueReport,
    QueuesReport,
    ShowQueues,
)
from desktop.engine.queue_documents import (
    peek_document,
    queue_details_document,
    queue_report_document,
)
from desktop.engine.task_model import QueueDetail
from desktop.words import text, tr, trn, verbatim

DONE, REFUSED = 0, 5
LIMIT = 20
LIMIT_MAX = 500
MOST_MAX = 10**9
ACTIONS = {"peek": 1, "purge": 1, "move": 2}
"""What can be done, and how many names of queues it takes."""


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Actions first, then queues, for a shell."""
    from desktop.cli.look import look

    given = ctx.params.get("words") or ()
    if not given:
        return [CompletionItem(one) for one in ACTIONS if one.startswith(incomplete)]
    try:
        _, stack = look(ctx.obj if isinstance(ctx.obj, Context) else Context())
    except TrayError:
        return []
    return [CompletionItem(q.name) for q in stack.queues if q.name.startswith(incomplete)]


@verb(
    "queues",
    example="celery-tray queues peek celery",
    more=tr(
        "peek NAME shows the next messages and takes none; purge NAME drops what waits; move FROM "
        "TO puts messages behind those of another queue. Dropping and moving ask first, and need "
        "--yes where nobody can be asked (exit code 5). What workers have taken is not touched."
    ),
)
@click.argument("words", nargs=-1, metavar="[peek|purge|move NAME...]", shell_complete=_complete)
@click.option("--yes", is_flag=True, help=tr("Do it without asking."))
@click.option("--start", type=WholeNumber(0, MOST_MAX), default=0, help=tr("Of peek: the first."))
@click.option(
    "--limit",
    type=WholeNumber(1, LIMIT_MAX),
    default=LIMIT,
    help=tr("Of peek: how many; {default} without it.", default=LIMIT),
)
@click.option("--most", type=WholeNumber(1, MOST_MAX), help=tr("Of purge: only the next ones."))
@click.option(
    "--id", "ids", multiple=True, metavar="ID", help=tr("Of move: only this task; may be repeated.")
)
def queues(
    context: Context,
    words: tuple[str, ...],
    yes: bool,
    start: int,
    limit: int,
    most: int | None,
    ids: tuple[str, ...],
) -> int:
    action, names = (words[0], words[1:]) if words else ("", ())
    if words and (action not in ACTIONS or len(names) != ACTIONS[action] or not all(names)):
        raise not_understood(action)
    if (most is not None and action != "purge") or (ids and action != "move"):
        raise not_understood(action)
    with context.connect() as client:
        if action == "peek":
            return _peek(context, client, PeekQueue(context.project, names[0], start, limit))
        if action == "purge":
            return _purge(context, client, PurgeQueue(context.project, names[0], most), yes)
        if action == "move":
            return _move(
                context, client, MoveMessages(context.project, names[0], names[1], ids), yes
            )
        return _show(context, client)


def _show(context: Context, client: Client) -> int:
    report = _ask(context, client)
    if context.as_json:
        print_json(queue_details_document(report))
        return DONE
    mine = [queue for queue in report.queues if queue.mine]
    others = [queue for queue in report.queues if not queue.mine]
    now = time.time()
    if mine:
        print_table(context, queues_table(mine, now))
    else:
        context.say(tr("No queues yet: they appear with the first task."))
    if others:
        context.say("")
        context.say(tr("Other queues of the same database, not of this app:"))
        print_table(context, queues_table(others, now))
    for line in notes(report.queues):
        context.say(f"▲ {line}")
    return DONE


def _ask(context: Context, client: Client) -> QueuesReport:
    report = client.submit(ShowQueues(context.project))
    assert isinstance(report, QueuesReport)  # noqa: S101 - what ShowQueues answers
    return report


def _peek(context: Context, client: Client, command: PeekQueue) -> int:
    answer = client.submit(command)
    assert isinstance(answer, QueuePeek)  # noqa: S101 - what PeekQueue answers
    if context.as_json:
        print_json(peek_document(command.queue, answer))
        return DONE
    if answer.messages:
        print_table(context, messages_table(answer.messages))
    context.say(
        trn(
            "{n} message waits in “{queue}”.",
            "{n} messages wait in “{queue}”.",
            answer.depth,
            queue=command.queue,
        )
    )
    return DONE


def _purge(context: Context, client: Client, command: PurgeQueue, yes: bool) -> int:
    if not yes:
        depth = _depth(context, client, command.queue)
        count = depth if command.most is None else min(command.most, depth)
        question = trn(
            "Drop {n} message of “{queue}”? Its task will never run.",
            "Drop {n} messages of “{queue}”? Their tasks will never run.",
            count,
            queue=command.queue,
        )
        if count and not _consents(context, question, "celery-tray queues purge NAME --yes"):
            return REFUSED
        # What the person saw, and nothing that has come since: as far as the broker can.
        if command.most is None and depth and _is_redis(context, client):
            command = PurgeQueue(command.project, command.queue, depth)
    return _tell(context, client.submit(command))


def _move(context: Context, client: Client, command: MoveMessages, yes: bool) -> int:
    if not yes:
        count = len(set(command.ids)) or _depth(context, client, command.queue)
        question = trn(
            "Move {n} message from “{queue}” to “{to}”?",
            "Move {n} messages from “{queue}” to “{to}”?",
            count,
            queue=command.queue,
            to=command.to,
        )
        if count and not _consents(context, question, "celery-tray queues move FROM TO --yes"):
            return REFUSED
    return _tell(context, client.submit(command))


def _depth(context: Context, client: Client, name: str) -> int:
    known: QueueDetail | None = next(
        (queue for queue in _ask(context, client).queues if queue.name == name), None
    )
    return known.depth if known else 0


def _is_redis(context: Context, client: Client) -> bool:
    stack = next(s for s in client.snapshot().stacks if s.project == context.project)
    from desktop.engine.redis_url import is_redis

    return is_redis(stack.broker)


def _consents(context: Context, question: str, command: str) -> bool:
    """Whether a person agrees. Without one the answer is no, and what would be done is said."""
    if not context.asks:
        raise needs_consent(question, command)
    if click.confirm(question, default=False, err=True):
        return True
    context.warn(tr("Nothing was done."))
    return False


def _tell(context: Context, report: object) -> int:
    assert isinstance(report, QueueReport)  # noqa: S101 - what both verbs answer
    if context.as_json:
        print_json(queue_report_document(report))
    else:
        context.say(str(report.words))
    return DONE


# --- words ---------------------------------------------------------------------------------------


def not_understood(action: str) -> UsageError:
    return UsageError(
        "usage",
        text("queues can't do anything with these words.")
        if action in ACTIONS or not action
        else text("queues has no action “{name}”.", name=action),
        text("It takes: peek NAME, purge NAME [--most N], move FROM TO [--id ID]…"),
        text("See {command}", command="celery-tray queues --help"),
    )


def needs_consent(question: str, command: str) -> WouldHarm:
    return WouldHarm(
        "needs-consent",
        text("Nothing was done: nobody could be asked."),
        verbatim(question),
        text("To do it without a question: {command}", command=command),
    )
