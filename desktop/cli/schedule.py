"""``schedule``: beat's entries, and tasks that wait for their time."""

from __future__ import annotations

import time

from desktop.cli.context import Context
from desktop.cli.failure import show_problem
from desktop.cli.group import verb
from desktop.cli.queue_tables import beat_line, entries_table, waiting_table
from desktop.cli.render import print_json, print_table
from desktop.engine.queue_commands import Schedule, ShowSchedule
from desktop.engine.queue_documents import schedule_document
from desktop.quantities import clock
from desktop.words import tr


@verb("schedule", example="celery-tray schedule --json")
def schedule(context: Context) -> int:
    with context.connect() as client:
        answer = client.submit(ShowSchedule(context.project))
    assert isinstance(answer, Schedule)  # noqa: S101 - what ShowSchedule answers
    if context.as_json:
        print_json(schedule_document(answer))
        return 0
    now = time.time()
    if answer.problem:
        show_problem(context, answer.problem)
    elif answer.entries:
        print_table(context, entries_table(answer.entries, now))
        context.say(beat_line(answer))
        if answer.told_at is not None:
            context.say(
                tr("What beat has run, as it wrote down at {time}.", time=clock(answer.told_at))
            )
    else:
        context.say(tr("The app has no entries for beat."))
    if answer.waiting:
        context.say("")
        context.say(tr("Waiting for their time:"))
        print_table(context, waiting_table(answer.waiting, now))
    return 0
