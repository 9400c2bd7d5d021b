"""Words about what beat sends and when, and tasks that wait for their time."""

from __future__ import annotations

from desktop.words import Text, text, textn

WORDS: dict[str, Text] = {
    "schedule": text("Schedule"),
    "schedule_entries": text("Entries of beat"),
    "schedule_waiting": text("Waiting for their time"),
    "schedule_none": text("Nothing is scheduled, and no task waits for its time."),
    "schedule_entry": text("Entry"),
    "schedule_when": text("Schedule"),
    "schedule_every": text("every {time}"),
    "schedule_next": text("Next run"),
    "schedule_last": text("Last run"),
    "schedule_runs": text("Times run"),
    "schedule_off": text("Off"),
    "schedule_late": text("{time} late"),
    "schedule_in": text("in {time}"),
    "schedule_now": text("now"),
    "schedule_due": text("Due"),
    "schedule_held_by": text("Held by"),
    "schedule_notes": text("Notes"),
    "schedule_retry": text("retry"),
    "schedule_its_queue": text("its queue"),
    "schedule_more": textn("and {n} more", "and {n} more", 1, n="{n}"),
    "schedule_told_at": text("Runs as beat wrote them down at {time}."),
    "schedule_start_beat": text("Start beat"),
    "schedule_beats": text("{n} beats run: each entry is sent {n} times", n="{n}"),
    "schedule_sends": textn("Beat sends {n} entry", "Beat sends {n} entries", 1, n="{n}"),
    "schedule_no_beat": text("Beat is not running: nothing is sent"),
    "schedule_late_count": textn("{n} entry is late", "{n} entries are late", 1, n="{n}"),
}
