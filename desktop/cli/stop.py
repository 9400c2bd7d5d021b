"""``stop`` and ``restart``: warm, waiting for running tasks, and losing none."""

from __future__ import annotations

import click

from desktop.cli.context import Context
from desktop.cli.progress import Progress
from desktop.cli.render import print_json, problem_lines
from desktop.cli.start import document, tell
from desktop.engine.commands import Restart, StartReport, Stop, StopReport
from desktop.engine.errors import NotRunning
from desktop.words import tr

__all__ = ["document", "restart", "stop"]


@click.command()
@click.argument("services", nargs=-1)
@click.option("--worker", "workers", multiple=True, help="A worker by its name; repeatable.")
@click.option("--force", is_flag=True, help="End what still runs tasks; they are given back.")
@click.option(
    "--patience", type=click.FloatRange(0), help="Seconds to wait; default: as long as it takes."
)
@click.pass_obj
def stop(
    context: Context,
    services: tuple[str, ...],
    workers: tuple[str, ...],
    force: bool,
    patience: float | None,
) -> int:
    """Stop all services, or some. Workers finish their running tasks first.

    Example: celery-tray stop --worker worker1
    """
    project = context.project
    command = Stop(project, (*services, *workers), force=force, patience_s=patience)
    try:
        client = context.connect(start=_something_recorded(context, project))
    except NotRunning:
        if context.as_json:
            print_json({"stopped": [], "busy": []})
        context.say(tr("Nothing is running."))
        return 0
    with client:
        try:
            report = client.submit(command, Progress(context, project))
        except KeyboardInterrupt:
            context.warn(tr("Still stopping in the background. See celery-tray status."))
            raise
    assert isinstance(report, StopReport)  # noqa: S101 - what Stop answers
    if context.as_json:
        print_json({"stopped": list(report.stopped), "busy": list(report.busy)})
    elif report.stopped:
        context.say(tr("Stopped: {names}", names=", ".join(report.stopped)))
    elif not report.busy:
        context.say(tr("Nothing was running."))
    for failed in report.failed:
        context.warn("\n".join(problem_lines(failed.problem)))
    if report.busy:
        context.warn(
            tr(
                "Still finishing: {names}. They stop by themselves; --force ends them now.",
                names=", ".join(report.busy),
            )
        )
        return 4
    return 1 if report.failed else 0


@click.command()
@click.argument("services", nargs=-1)
@click.option("--worker", "workers", multiple=True, help="A worker by its name; repeatable.")
@click.pass_obj
def restart(context: Context, services: tuple[str, ...], workers: tuple[str, ...]) -> int:
    """Stop and start again; running tasks finish first.

    Example: celery-tray restart --worker worker1
    """
    project = context.project
    with context.connect() as client:
        report = client.submit(Restart(project, (*services, *workers)), Progress(context, project))
    assert isinstance(report, StartReport)  # noqa: S101 - what Restart answers
    return tell(context, report)


def _something_recorded(context: Context, project: str) -> bool:
    """Records of an engine that died: the next one is started to adopt and stop them."""
    from desktop.engine.records import anything_recorded

    return anything_recorded(context.home, project)
