"""``workers``: every Celery process on this machine."""

from __future__ import annotations

import time

import click

from desktop.cli.context import Context
from desktop.cli.render import print_json, table
from desktop.engine.commands import Census, CensusReport
from desktop.engine.documents import workers_document
from desktop.quantities import duration, size
from desktop.words import tr


@click.command()
@click.pass_obj
def workers(context: Context) -> int:
    """List every Celery process on this machine, and say whose it is.

    Example: celery-tray workers --json
    """
    with context.connect() as client:
        report = client.submit(Census(context.project))
    assert isinstance(report, CensusReport)  # noqa: S101 - what Census answers
    now = time.time()
    if context.as_json:
        print_json(workers_document(report.workers, now))
        return 0
    if not report.workers:
        context.say(tr("No Celery process runs on this machine."))
        return 0
    headers = (
        "PID",
        tr("Role"),
        tr("Node"),
        "App",
        tr("Owner"),
        tr("Age"),
        tr("Memory"),
        tr("Why"),
    )
    rows = [
        (
            str(row.pid),
            str(row.role),
            row.node,
            row.app,
            str(row.owner),
            duration(now - row.create_time),
            "" if row.rss_bytes is None else size(row.rss_bytes),
            " ".join(map(str, row.why)),
        )
        for row in report.workers
    ]
    table(headers, rows, color=context.color)
    return 0
