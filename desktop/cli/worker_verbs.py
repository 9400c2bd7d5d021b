"""``workers grow``, ``workers add-queue`` …: tells one worker to change while it runs."""

from __future__ import annotations

import difflib

import click
from click.shell_completion import CompletionItem

from desktop.cli.arguments import OneOf, Seconds, WholeNumber
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.ink import harmless
from desktop.cli.render import print_json
from desktop.engine.client import Client
from desktop.engine.errors import TrayError, UsageError
from desktop.engine.model import StackStatus
from desktop.engine.node_commands import NodeReport, NodeVerb, TellNode
from desktop.engine.states import Role
from desktop.words import Text, text, tr, verbatim

PID_MAX = 2**31 - 1
PROCESSES_MAX = 1_000


def nodes_of(stack: StackStatus) -> tuple[str, ...]:
    """Names of the app's workers, as they were seen last."""
    found = [row.node for row in stack.workers if row.role is Role.WORKER and row.node]
    found += [one.node for one in stack.services if one.node and one.pid]
    return tuple(dict.fromkeys(found))


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from desktop.cli.look import look

    try:
        _, stack = look(ctx.obj if isinstance(ctx.obj, Context) else Context())
    except TrayError:
        return []
    return [CompletionItem(name) for name in nodes_of(stack) if name.startswith(incomplete)]


node_argument = click.argument("node", metavar="NODE", shell_complete=_complete)
pid_option = click.option(
    "--pid",
    type=WholeNumber(1, PID_MAX),
    metavar="PID",
    help=tr("Only if it is this process."),
)


def whole_name(context: Context, client: Client, name: str) -> str:
    """``worker1@host`` for "worker1", where no other worker is called so on another machine.
    Raises UsageError."""
    stack = next((s for s in client.snapshot().stacks if s.project == context.project), None)
    known = nodes_of(stack) if stack else ()
    if name in known or "@" in name:
        return name
    found = [one for one in known if one.partition("@")[0] == name]
    if len(found) == 1:
        return found[0]
    near = difflib.get_close_matches(name, [one.partition("@")[0] for one in known], n=1)
    raise UsageError(
        "no-such-worker",
        text("There are several workers called {name}.", name=verbatim(name))
        if found
        else text("There is no worker called {name}.", name=verbatim(name)),
        text("Did you mean {name}?", name=verbatim(near[0])) if near and not found else Text(""),
        text("Name it whole, as {command} does.", command="celery-tray workers"),
    )


def tell(context: Context, node: str, command: TellNode) -> int:
    """Tell it, and say what it answered."""
    with context.connect() as client:
        open_stack(context, client)
        name = whole_name(context, client, node)
        report = client.submit(
            TellNode(
                context.project,
                name,
                command.pid,
                command.verb,
                command.n,
                command.least,
                command.queue,
                command.task,
                command.rate,
                command.soft_s,
                command.hard_s,
                command.consent,
            )
        )
    assert isinstance(report, NodeReport)  # noqa: S101 - what TellNode answers
    if context.as_json:
        print_json({"node": name, "verb": command.verb.value, "words": str(report.words)})
    else:
        context.say(harmless(f"{name}: {report.words}"))
    return 0


def open_stack(context: Context, client: Client) -> None:
    """An engine that has just come up does not know the project's workers yet."""
    from desktop.engine.commands import Census

    client.submit(Census(context.project))


@verb("grow", example="celery-tray workers grow worker1 2")
@node_argument
@click.argument("n", type=WholeNumber(1, PROCESSES_MAX), default=1, metavar="[N]")
@pid_option
def grow(context: Context, node: str, n: int, pid: int | None) -> int:
    return tell(context, node, TellNode(pid=pid or 0, verb=NodeVerb.GROW, n=n))


@verb("shrink", example="celery-tray workers shrink worker1")
@node_argument
@click.argument("n", type=WholeNumber(1, PROCESSES_MAX), default=1, metavar="[N]")
@pid_option
def shrink(context: Context, node: str, n: int, pid: int | None) -> int:
    return tell(context, node, TellNode(pid=pid or 0, verb=NodeVerb.SHRINK, n=n))


@verb("autoscale", example="celery-tray workers autoscale worker1 8 2")
@node_argument
@click.argument("most", type=WholeNumber(1, PROCESSES_MAX), metavar="MOST")
@click.argument("least", type=WholeNumber(0, PROCESSES_MAX), default=0, metavar="[LEAST]")
@pid_option
def autoscale(context: Context, node: str, most: int, least: int, pid: int | None) -> int:
    command = TellNode(pid=pid or 0, verb=NodeVerb.AUTOSCALE, n=most, least=least)
    return tell(context, node, command)


@verb("add-queue", example="celery-tray workers add-queue worker1 email")
@node_argument
@click.argument("queue", metavar="QUEUE")
@pid_option
def add_queue(context: Context, node: str, queue: str, pid: int | None) -> int:
    return tell(context, node, TellNode(pid=pid or 0, verb=NodeVerb.ADD_CONSUMER, queue=queue))


@verb("cancel-queue", example="celery-tray workers cancel-queue worker1 email")
@node_argument
@click.argument("queue", metavar="QUEUE")
@pid_option
def cancel_queue(context: Context, node: str, queue: str, pid: int | None) -> int:
    return tell(context, node, TellNode(pid=pid or 0, verb=NodeVerb.CANCEL_CONSUMER, queue=queue))


@verb(
    "rate-limit",
    example="celery-tray workers rate-limit worker1 shop.tasks.total 10/m",
    more=tr("Without a rate: no limit."),
)
@node_argument
@click.argument("task", metavar="TASK")
@click.argument("rate", default="", metavar="[RATE]")
@pid_option
def rate_limit(context: Context, node: str, task: str, rate: str, pid: int | None) -> int:
    command = TellNode(pid=pid or 0, verb=NodeVerb.RATE_LIMIT, task=task, rate=rate)
    return tell(context, node, command)


@verb(
    "time-limit",
    example="celery-tray workers time-limit worker1 shop.tasks.total --soft 20 --hard 30",
    more=tr("Without limits: none."),
)
@node_argument
@click.argument("task", metavar="TASK")
@click.option("--soft", type=Seconds(), help=tr("The task is told, by an exception."))
@click.option("--hard", type=Seconds(), help=tr("Its process is ended."))
@pid_option
def time_limit(
    context: Context, node: str, task: str, soft: float | None, hard: float | None, pid: int
) -> int:
    command = TellNode(pid=pid or 0, verb=NodeVerb.TIME_LIMIT, task=task, soft_s=soft, hard_s=hard)
    return tell(context, node, command)


@verb("restart-pool", example="celery-tray workers restart-pool worker1")
@node_argument
@pid_option
def restart_pool(context: Context, node: str, pid: int | None) -> int:
    return tell(context, node, TellNode(pid=pid or 0, verb=NodeVerb.RESTART_POOL))


@verb("events", example="celery-tray workers events worker1 on")
@node_argument
@click.argument("wanted", type=OneOf(("on", "off")), metavar="on|off")
@pid_option
def events(context: Context, node: str, wanted: str, pid: int | None) -> int:
    on = NodeVerb.ENABLE_EVENTS if wanted == "on" else NodeVerb.DISABLE_EVENTS
    return tell(context, node, TellNode(pid=pid or 0, verb=on))


@verb(
    "stop",
    example="celery-tray workers stop worker1",
    more=tr(
        "Warm: it takes no more tasks, finishes those that run, and ends. One that was not "
        "started from here is only stopped with --yes."
    ),
)
@node_argument
@click.option("--yes", is_flag=True, help=tr("Also one that somebody else started."))
@pid_option
def stop(context: Context, node: str, yes: bool, pid: int | None) -> int:
    return tell(context, node, TellNode(pid=pid or 0, verb=NodeVerb.WARM_STOP, consent=yes))
