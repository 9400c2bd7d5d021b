"""``workers``: every Celery process on this machine."""

from __future__ import annotations

import sys
import time

from desktop.cli.context import Context
from desktop.cli.group import Verb
from desktop.cli.render import print_json
from desktop.cli.report import workers_lines
from desktop.cli.verb_group import verb_group
from desktop.engine.commands import Census, CensusReport
from desktop.engine.documents import workers_document
from desktop.words import text, tr, trn

VERBS = {
    "show": Verb("worker_show:show", text("Show all of one worker")),
    "dump": Verb("worker_show:dump", text("Show where a worker's process hangs")),
    "grow": Verb("worker_verbs:grow", text("Give it more processes")),
    "shrink": Verb("worker_verbs:shrink", text("Take processes from it that are idle")),
    "autoscale": Verb("worker_verbs:autoscale", text("Change the bounds of one that scales")),
    "add-queue": Verb("worker_verbs:add_queue", text("Have it consume one more queue")),
    "cancel-queue": Verb("worker_verbs:cancel_queue", text("Have it consume a queue no more")),
    "rate-limit": Verb("worker_verbs:rate_limit", text("Limit how often it runs a task")),
    "time-limit": Verb("worker_verbs:time_limit", text("Limit how long a task may run on it")),
    "restart-pool": Verb("worker_verbs:restart_pool", text("Replace its processes")),
    "events": Verb("worker_verbs:events", text("Have it send task events, or no more")),
    "stop": Verb("worker_verbs:stop", text("Stop it warmly")),
}


@verb_group(
    "workers",
    VERBS,
    example="celery-tray workers show worker1",
    more=tr("Without a command: every Celery process on this machine."),
)
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
