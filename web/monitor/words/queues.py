"""Words about queues."""

from __future__ import annotations

from desktop.words import Text, text

WORDS: dict[str, Text] = {
    "queues": text("Queues"),
    "queue": text("Queue"),
    "waiting": text("Waiting"),
    "unacked": text("Held by workers"),
    "waiting_total": text("Waiting: {count}"),
    "no_queues": text("No queues yet. They appear with the first worker."),
}
