"""``start`` and ``restart``: all or some services, in the background, until they are ready."""

from __future__ import annotations

import click
import msgspec

from desktop.cli.arguments import OneOf, WholeNumber, complete_services
from desktop.cli.context import Context
from desktop.cli.flower_choice import INSTALL_HELP, INTO_PROJECT_HELP, ask, word_of
from desktop.cli.group import verb
from desktop.cli.progress import Progress
from desktop.cli.start_report import WOULD_HARM, restarted_nothing, show_existing, tell
from desktop.engine.client import Client
from desktop.engine.commands import Existing, Restart, Start, StartReport, WorkerOptions
from desktop.engine.errors import UsageError
from desktop.engine.flower_commands import FLOWER_MISSING, Install
from desktop.engine.model import Problem
from desktop.words import text, tr

POOLS = ("prefork", "solo", "threads", "gevent", "eventlet")
LOGLEVELS = ("debug", "info", "warning", "error", "critical")
SIMPLE_NAME = "worker1"
CONCURRENCY_MAX = 1024


@verb(
    "start",
    example="celery-tray start --simple --concurrency 2",
    more=tr(
        "Returns when everything is ready: 0. Exit code 4: some of it failed; 1: all of it; "
        "5: workers of this app already run, and nothing was started beside them."
    ),
)
@click.argument("services", nargs=-1, metavar="[SERVICE]...", shell_complete=complete_services)
@click.option("--simple", is_flag=True, help=tr("One worker, called worker1, on all queues."))
@click.option("--worker", "name", metavar="NAME", help=tr("A worker by this name."))
@click.option(
    "--concurrency",
    type=WholeNumber(1, CONCURRENCY_MAX),
    help=tr("How many tasks the worker runs at once."),
)
@click.option(
    "--queue",
    "-Q",
    "queues",
    multiple=True,
    metavar="QUEUE",
    help=tr("A queue that the worker takes from; may be repeated."),
)
@click.option("--pool", type=OneOf(POOLS), help=tr("The worker's pool."))
@click.option("--loglevel", type=OneOf(LOGLEVELS), help=tr("How much the worker logs."))
@click.option(
    "--replace",
    is_flag=True,
    help=tr("Replace workers of this app that run already; no task is lost."),
)
@click.option("--keep", is_flag=True, help=tr("Start beside workers of this app that run already."))
@click.option("--install", is_flag=True, help=INSTALL_HELP)
@click.option("--install-into-project", "into_project", is_flag=True, help=INTO_PROJECT_HELP)
@click.option(
    "--foreground", is_flag=True, help=tr("Stay and show the log; Ctrl-C stops what was started.")
)
def start(
    context: Context,
    services: tuple[str, ...],
    simple: bool,
    name: str | None,
    concurrency: int | None,
    queues: tuple[str, ...],
    pool: str | None,
    loglevel: str | None,
    replace: bool,
    keep: bool,
    install: bool,
    into_project: bool,
    foreground: bool,
) -> int:
    if (simple and name) or (replace and keep) or (services and (simple or name)):
        raise contradiction()
    options = WorkerOptions(
        name or SIMPLE_NAME,
        concurrency,
        tuple(queue for given in queues for queue in given.split(",") if queue),
        pool,
        loglevel,
    )
    worker = options if simple or name else None
    if worker is None and options != WorkerOptions():
        raise no_worker_named()
    command = Start(
        context.project,
        services,
        worker=worker,
        existing=existing(replace=replace, keep=keep),
        install=word_of(install=install, into_project=into_project),
    )
    if not foreground:
        with context.connect() as client:
            report, progress = submit(context, client, command)
        code = tell(context, report, progress)
        # Asked for by name, and nobody has said that it may be installed.
        return WOULD_HARM if "flower" in services and _lacks_flower(report) else code
    from desktop.cli.attached import start_and_stay

    return start_and_stay(context, command)


@verb(
    "restart",
    example="celery-tray restart --worker worker1",
    more=tr(
        "A worker's successor starts beside it and takes over when it is ready; the one before "
        "finishes its tasks in the background. If the successor fails, nothing has changed."
    ),
)
@click.argument("services", nargs=-1, metavar="[SERVICE]...", shell_complete=complete_services)
@click.option(
    "--worker",
    "workers",
    multiple=True,
    metavar="NAME",
    help=tr("A worker by its name; may be repeated."),
)
def restart(context: Context, services: tuple[str, ...], workers: tuple[str, ...]) -> int:
    command = Restart(context.project, (*services, *workers))
    with context.connect() as client, Progress(context, command.project) as progress:
        report = client.submit(command, progress)
        progress.catch_up(client)
        # What ran before was stopped: nothing "runs already".
        progress.before = None
    assert isinstance(report, StartReport)  # noqa: S101 - what Restart answers
    if not report.ready and not report.failed:
        return restarted_nothing(context)
    return tell(context, report, progress)


def existing(*, replace: bool, keep: bool) -> Existing:
    """What to do about workers that run already, as the options say."""
    return Existing.REPLACE if replace else Existing.KEEP if keep else Existing.REFUSE


def submit(context: Context, client: Client, command: Start) -> tuple[StartReport, Progress]:
    """Start; where workers of the app run already, a person is asked what to do about them."""
    report, progress = _submit(context, client, command)
    if report.existing and context.asks:
        show_existing(context, report.existing)
        chosen = _ask()
        if chosen is not None:
            return _submit(context, client, msgspec.structs.replace(command, existing=chosen))
    problem = _lacks_flower(report)
    if problem and context.asks:
        word = ask(context, problem)
        if word is not Install.NO:
            return _submit(context, client, msgspec.structs.replace(command, install=word))
    return report, progress


def _lacks_flower(report: StartReport) -> Problem | None:
    return next((one.problem for one in report.failed if one.problem.code == FLOWER_MISSING), None)


def _submit(context: Context, client: Client, command: Start) -> tuple[StartReport, Progress]:
    try:
        with Progress(context, command.project) as progress:
            report = client.submit(command, progress)
            progress.catch_up(client)
    except KeyboardInterrupt:
        context.warn(tr("What was begun goes on in the background. To end it: celery-tray stop"))
        raise
    assert isinstance(report, StartReport)  # noqa: S101 - what Start answers
    return report, progress


def _ask() -> Existing | None:
    choices = {"r": Existing.REPLACE, "b": Existing.KEEP, "c": None}
    answer: str = click.prompt(
        tr("[r] replace them safely, [b] start beside them, [c] cancel"),
        type=OneOf(tuple(choices)),
        default="c",
        show_choices=False,
        err=True,
    )
    return choices[answer]


# --- words ---------------------------------------------------------------------------------------


def contradiction() -> UsageError:
    return UsageError(
        "contradiction",
        text("These options contradict each other."),
        text("One of each: --simple, --worker or services; --replace or --keep."),
        text("See {command}", command="celery-tray start --help"),
    )


def no_worker_named() -> UsageError:
    return UsageError(
        "no-worker-named",
        text("Which worker?"),
        text("--concurrency, --queue, --pool and --loglevel belong to one worker."),
        text("Add --simple or --worker NAME."),
    )
