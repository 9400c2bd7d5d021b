"""Words about tasks."""

from __future__ import annotations

from desktop.words import Text, text

WORDS: dict[str, Text] = {
    "task": text("Task"),
    "state": text("State"),
    "time": text("For"),
    "arguments": text("Arguments"),
    "task_started": text("Running"),
    "task_received": text("Received"),
}
