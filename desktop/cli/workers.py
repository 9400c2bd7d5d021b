"""``workers``: every Celery process on this machine."""

from __future__ import annotations

import time

from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.render import print_json, print_table
from desktop.cli.report import workers_table
from desktop.engine.commands import Census, CensusReport
from desktop.engine.documents import workers_document
from desktop.words import tr, trn


@verb("workers", example="celery-tray workers --json")
def workers(context: Context) -> int:
    with context.connect() as client:
        report = client.submit(Census(context.project))
    assert isinstance(report, CensusReport)  # noqa: S101 - what Census answers
    if context.as_json:
        print_json(workers_document(report.workers, time.time()))
        return 0
    if not report.workers:
        context.say(tr("No Celery process runs on this machine."))
        return 0
    print_table(context, workers_table(report.workers, time.time()))
    context.say(trn("{n} Celery process", "{n} Celery processes", len(report.workers)))
    return 0
