"""Words about workers."""

from __future__ import annotations

from desktop.words import Text, text

WORDS: dict[str, Text] = {
    "workers": text("Workers"),
    "worker": text("Worker"),
    "busy": text("Busy"),
    "busy_of": text("{active} of {slots}"),
    "up": text("Up"),
    "no_workers": text("No workers running."),
    "owner_ours": text("Running"),
    "owner_external": text("External"),
    "owner_orphan": text("Orphaned"),
    "owner_remote": text("Remote"),
    "finding_duplicate": text("Duplicate"),
    "finding_stale_code": text("Old code"),
    "finding_unresponsive": text("Not answering"),
    "finding_crosstalk": text("Shares a queue with another app"),
    "finding_surplus": text("One too many"),
    "finding_not_consuming": text("Takes no tasks"),
    "finding_old_configuration": text("Old configuration"),
    "finding_two_beats": text("Second beat"),
    "maybe": text("{finding}?"),
    "role_beat": text("Scheduler"),
    "role_flower": text("Flower"),
    "role_events": text("Event viewer"),
    "role_multi": text("Starter (multi)"),
    "pid": text("pid {pid}"),
}
