"""``start``: all or some services, in the background, until they are ready."""

from __future__ import annotations

import time
from pathlib import Path

import click

from desktop.cli.context import Context
from desktop.cli.progress import Progress
from desktop.cli.render import plain, print_json, problem_document, problem_lines
from desktop.engine.client import Client
from desktop.engine.commands import Existing, Start, StartReport, Stop, WorkerOptions
from desktop.engine.errors import UsageError
from desktop.engine.model import WorkerRow
from desktop.words import Text, text, tr, trn

POOLS = ("prefork", "solo", "threads", "gevent", "eventlet")
LOGLEVELS = ("debug", "info", "warning", "error", "critical")
SIMPLE_NAME = "worker1"


@click.command()
@click.argument("services", nargs=-1)
@click.option("--simple", is_flag=True, help="One worker, worker1, on all queues.")
@click.option("--worker", "name", help="A worker by this name.")
@click.option("--concurrency", type=click.IntRange(1, 1024), help="Pool processes or threads.")
@click.option("--queue", "-Q", "queues", multiple=True, help="A queue to take from; repeatable.")
@click.option("--pool", type=click.Choice(POOLS), help="Celery's pool.")
@click.option("--loglevel", type=click.Choice(LOGLEVELS), help="How much the worker logs.")
@click.option(
    "--replace", is_flag=True, help="Safely replace workers of this app that run already."
)
@click.option("--keep", is_flag=True, help="Start beside workers of this app that run already.")
@click.option("--foreground", is_flag=True, help="Show the log; Ctrl-C stops what was started.")
@click.pass_obj
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
    foreground: bool,
) -> int:
    """Start all services, or some, and return when they are ready.

    Example: celery-tray start --simple --concurrency 2
    """
    options = (concurrency, pool, loglevel)
    if (simple and name) or (replace and keep) or (services and (simple or name)):
        raise UsageError(
            "contradiction",
            text("These options contradict each other."),
            text("--simple or --worker, --replace or --keep, services or a worker: one of each."),
            text("See celery-tray start --help"),
        )
    if (any(options) or queues) and not (simple or name):
        raise UsageError(
            "no-worker-named",
            text("Which worker?"),
            text("--concurrency, --queue, --pool and --loglevel belong to a worker."),
            text("Add --simple or --worker NAME."),
        )
    worker = None
    if simple or name:
        split = tuple(q for queue in queues for q in queue.split(",") if q)
        worker = WorkerOptions(name or SIMPLE_NAME, concurrency, split, pool, loglevel)
    existing = Existing.REPLACE if replace else Existing.KEEP if keep else Existing.REFUSE
    command = Start(context.project, services, worker=worker, existing=existing)
    with context.connect() as client:
        report = submit(context, client, command)
        code = tell(context, report)
        if foreground and report.ready:
            code = _follow(context, client, command, report) or code
    return code


def submit(context: Context, client: Client, command: Start) -> StartReport:
    """Start; where workers run already, a person is asked what to do about them."""
    import msgspec

    report = client.submit(command, Progress(context, command.project))
    assert isinstance(report, StartReport)  # noqa: S101 - what Start answers
    if report.existing and context.asks:
        show_existing(context, report.existing)
        answer = click.prompt(
            tr("[r]eplace them safely, [k]eep them and start beside, or [c]ancel"),
            type=click.Choice(["r", "k", "c"]),
            default="c",
            show_choices=False,
            err=True,
        )
        if answer != "c":
            existing = Existing.REPLACE if answer == "r" else Existing.KEEP
            again = client.submit(
                msgspec.structs.replace(command, existing=existing),
                Progress(context, command.project),
            )
            assert isinstance(again, StartReport)  # noqa: S101
            return again
    return report


def tell(context: Context, report: StartReport) -> int:
    """Say what came of it; the exit code."""
    if context.as_json:
        print_json(document(report))
    if report.existing:
        if not context.asks:
            show_existing(context, report.existing)
        context.warn(tr("Nothing was started beside them. Add --replace or --keep."))
        return 5
    for failed in report.failed:
        context.warn("\n".join(problem_lines(failed.problem)))
    if report.replaced:
        context.say(
            trn(
                "Replaced {n} worker; it finished its tasks.",
                "Replaced {n} workers; they finished their tasks.",
                len(report.replaced),
            )
        )
    if report.ready and not context.as_json:
        context.say(tr("Ready: {names}", names=", ".join(report.ready)))
    if not report.failed:
        return 0
    return 4 if report.ready else 1


def show_existing(context: Context, rows: tuple[WorkerRow, ...]) -> None:
    """Workers of the same app that run already, one a line."""
    context.warn(
        trn(
            "{n} worker of this app is already running:",
            "{n} workers of this app are already running:",
            len(rows),
        )
    )
    for row in rows:
        why = str(row.why[0]) if row.why else ""
        context.warn(f"  {row.pid}  {plain(row.node or row.command)}  {row.owner}  {why}")


def document(report: StartReport) -> dict[str, object]:
    """The report as JSON."""
    from desktop.engine.documents import workers_document

    existing = workers_document(report.existing, time.time())["workers"]
    return {
        "ready": list(report.ready),
        "failed": [
            {"service": one.service, "error": problem_document(one.problem)}
            for one in report.failed
        ],
        "existing": existing,
        "replaced": list(report.replaced),
    }


def _follow(context: Context, client: Client, command: Start, report: StartReport) -> int:
    from desktop.cli.logs import follow

    names = (command.worker.name,) if command.worker else command.services or report.ready
    snapshot = client.snapshot()
    stack = next(s for s in snapshot.stacks if s.project == command.project)
    logs = {s.name: Path(s.log_path) for s in stack.services if s.name in names}
    try:
        follow(logs, lines=20)
    except KeyboardInterrupt:
        context.warn(tr("Stopping; running tasks finish first. Ctrl-C again leaves them to it."))
        client.submit(Stop(command.project, tuple(names)), Progress(context, command.project))
        return 130
    return 0


__all__ = ["Text", "start", "submit", "tell"]
