"""Words about queues: what waits, what it is, what is dropped or moved."""

from __future__ import annotations

from desktop.words import Text, text, textn

WORDS: dict[str, Text] = {
    "queues": text("Queues"),
    "queue": text("Queue"),
    "waiting": text("Waiting"),
    "unacked": text("Held by workers"),
    "waiting_total": text("Waiting: {count}"),
    "no_queues": text("No queues yet. They appear with the first worker."),
    "queue_looking": text("Looking…"),
    "queue_none": text("No queues yet. They appear here with the first task."),
    "queue_others": text("Other queues of the same database, not of this app:"),
    "queue_trend": text("Last 10 min"),
    "queue_hour": text("Waiting, last hour"),
    "queue_pace": text("Pace"),
    "queue_per_minute": text("{count}/min"),
    "queue_empty_in": text("Empty in"),
    "queue_pace_and_end": text("{pace}, empty in {time}"),
    "queue_delivered": text("Delivered"),
    "queue_unacked": text("Delivered, not acknowledged"),
    "queue_back_in": text("the first goes back in {time}"),
    "queue_back": text("the first goes back"),
    "queue_oldest": text("Oldest"),
    "queue_oldest_waited": text("Next has waited"),
    "queue_consumers": text("Consumers"),
    "queue_nobody": text("nobody"),
    "queue_not_known": text("not known"),
    "queue_priorities": text("By priority"),
    "queue_priority_count": text("priority {priority}: {n}"),
    "queue_whose": text("Whose"),
    "queue_foreign": text("Not of this app, on the same database."),
    "queue_alone": text("Nobody takes from this queue."),
    "queue_did_you_mean": text("Did you mean “{near}”?"),
    "queue_alone_count": textn(
        "{n} queue holds tasks and has no consumer",
        "{n} queues hold tasks and have no consumer",
        1,
        n="{n}",
    ),
    "queue_tasks_wait": textn("{n} task waits", "{n} tasks wait", 1, n="{n}"),
    "queue_nothing_waits": text("Nothing waits"),
    "queue_waiting": textn("{n} waiting", "{n} waiting", 1, n="{n}"),
    "queue_close": text("Close the details"),
    "queue_next": text("Next messages"),
    "queue_none_waits": text("No message waits."),
    "queue_page": text("{first} to {last} of {count}"),
    "queue_earlier": text("Earlier messages"),
    "queue_later": text("Later messages"),
    "queue_no_task": text("no task"),
    "queue_priority": text("priority {n}", n="{n}"),
    "queue_retry": text("retry {n}", n="{n}"),
    "queue_redelivered": text("delivered before"),
    "queue_not_before": text("not before {time}"),
    "queue_expires": text("expires {time}"),
    "queue_copy_id": text("Copy ID"),
    "queue_copied": text("Copied"),
    "queue_drop": text("Drop messages…"),
    "queue_drop_title": textn(
        "Drop {n} message of “{queue}”?", "Drop {n} messages of “{queue}”?", 1, n="{n}"
    ),
    "queue_drop_text": text("Their tasks will never run, and this can't be undone."),
    "queue_drop_held": textn(
        "{n} that a worker has taken is not touched.",
        "{n} that workers have taken are not touched.",
        1,
        n="{n}",
    ),
    "queue_drop_do": textn("Drop {n} message", "Drop {n} messages", 1, n="{n}"),
    "queue_move": text("Move…"),
    "queue_move_title": textn(
        "Move {n} message of “{queue}”", "Move {n} messages of “{queue}”", 1, n="{n}"
    ),
    "queue_move_text": text(
        "They keep their order and priority, and come behind what waits there."
    ),
    "queue_move_to": text("Move to"),
    "queue_taken_by": text("Taken there by {workers}."),
    "queue_taken_by_nobody": text("Nobody is known to take from there."),
    "queue_move_do": textn("Move {n} message", "Move {n} messages", 1, n="{n}"),
}
