"""``workers``: every Celery process on this machine."""

from __future__ import annotations

import sys
import time

from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.render import print_json
from desktop.cli.report import workers_lines
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
    color = context.paints(sys.stdout)
    for line in workers_lines(report.workers, time.time(), color=color):
        context.say(line)
    context.say(trn("{n} Celery process", "{n} Celery processes", len(report.workers)))
    return 0
