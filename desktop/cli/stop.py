"""``stop``: warm, waiting for running tasks, and losing none."""

from __future__ import annotations

import click
import msgspec

from desktop.cli.arguments import OneOf, Seconds, complete_services
from desktop.cli.context import Context
from desktop.cli.failure import show_problem
from desktop.cli.group import verb
from desktop.cli.progress import Progress
from desktop.cli.render import print_json
from desktop.engine.client import Client
from desktop.engine.commands import Stop, StopReport
from desktop.engine.documents import problem_document
from desktop.engine.errors import NotRunning
from desktop.words import tr

ASK_AFTER_S = 10.0
"""A person at a terminal is asked when something takes longer than this to stop."""
DONE, FAILED, PARTLY = 0, 1, 4


@verb(
    "stop",
    example="celery-tray stop --worker worker1",
    more=tr(
        "What needs a service stops with it. Waits until running tasks have finished; --patience "
        "bounds the wait (exit code 4 when something is still finishing), --force ends them and "
        "gives them back to the queue."
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
@click.option("--force", is_flag=True, help=tr("End what still runs tasks; they run again later."))
@click.option("--patience", type=Seconds(), help=tr("How long to wait; for ever without it."))
def stop(
    context: Context,
    services: tuple[str, ...],
    workers: tuple[str, ...],
    force: bool,
    patience: float | None,
) -> int:
    command = Stop(context.project, (*services, *workers), force=force, patience_s=patience)
    try:
        client = context.connect(start=_something_recorded(context))
    except NotRunning:
        return tell(context, StopReport())
    with client:
        return tell(context, submit(context, client, command))


def submit(context: Context, client: Client, command: Stop) -> StopReport:
    """Stop; where it takes long, a person is asked whether to wait or to force."""
    asks = context.asks and command.patience_s is None and not command.force
    first = msgspec.structs.replace(command, patience_s=ASK_AFTER_S) if asks else command
    report = _submit(context, client, first)
    stopped = report.stopped
    if asks and report.busy:
        chosen = _ask(report)
        if chosen != "l":
            again = Stop(command.project, report.busy, force=chosen == "f")
            report = _submit(context, client, again)
    return msgspec.structs.replace(
        report, stopped=tuple(dict.fromkeys((*stopped, *report.stopped)))
    )


def _submit(context: Context, client: Client, command: Stop) -> StopReport:
    try:
        with Progress(context, command.project) as progress:
            report = client.submit(command, progress)
    except KeyboardInterrupt:
        context.warn(tr("It goes on stopping in the background. See celery-tray status"))
        raise
    assert isinstance(report, StopReport)  # noqa: S101 - what Stop answers
    return report


def _ask(report: StopReport) -> str:
    answer: str = click.prompt(
        tr("Still finishing: {names}.", names=", ".join(report.busy))
        + "\n"
        + tr("[w] wait, [f] force (tasks are given back to the queue), [l] leave it finishing"),
        type=OneOf(("w", "f", "l")),
        default="w",
        show_choices=False,
        err=True,
    )
    return answer


def tell(context: Context, report: StopReport) -> int:
    """Say what came of it; returns the exit code."""
    if context.as_json:
        print_json(
            {
                "stopped": list(report.stopped),
                "busy": list(report.busy),
                "failed": [
                    {"service": one.service, "error": problem_document(one.problem)}
                    for one in report.failed
                ],
            }
        )
    elif report.stopped:
        context.say(tr("Stopped: {names}", names=", ".join(report.stopped)))
    elif not report.busy and not report.failed:
        context.say(tr("Nothing is running."))
    for failed in report.failed:
        show_problem(context, failed.problem)
    if report.busy:
        context.warn(
            tr(
                "Still finishing: {names}. They stop by themselves; --force ends them now.",
                names=", ".join(report.busy),
            )
        )
        return PARTLY
    return FAILED if report.failed else DONE


def _something_recorded(context: Context) -> bool:
    """Records of an engine that died: the next one is started to adopt and stop them."""
    from desktop.engine.records import anything_recorded

    return anything_recorded(context.home, context.project)
