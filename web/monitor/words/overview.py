"""Words of the overview: numbers, this computer, tasks that run."""

from __future__ import annotations

from desktop.words import Text, text, textn

WORDS: dict[str, Text] = {
    "computer": text("This computer"),
    "running_tasks": text("Running tasks"),
    "running_now": text("Running now"),
    "waiting_in_queues": text("Waiting in queues"),
    "succeeded": text("Succeeded"),
    "failed": text("Failed"),
    "since": text("since {time}"),
    "disk_free": text("Free disk"),
    "within": text("Within limits"),
    "over": text("Over the limit"),
    "below": text("Below the limit"),
    "limit_below": text("limit {limit}"),
    "limit_above": text("minimum {limit}"),
    "of_size": text("of {size}"),
    "cores": textn("{n} core", "{n} cores", 1, n="{n}"),
    "measuring": text("Measuring…"),
    "no_tasks": text("No task runs. Tasks appear here as soon as a worker receives one."),
    "more_tasks": text("The first {count} are shown."),
}
