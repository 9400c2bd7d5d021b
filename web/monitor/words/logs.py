"""Words about logs."""

from __future__ import annotations

from desktop.words import Text, text, textn

WORDS: dict[str, Text] = {
    "log": text("Log"),
    "log_which": text("Which log"),
    "log_engine": text("Engine"),
    "log_filter": text("Filter lines"),
    "log_regex": text("Regular expression"),
    "log_wrap": text("Break long lines"),
    "log_level": text("Level"),
    "log_level_all": text("All lines"),
    "log_level_info": text("Information and graver"),
    "log_level_warning": text("Warnings and errors"),
    "log_level_error": text("Errors"),
    "log_follow": text("Follow"),
    "log_live": text("Live"),
    "log_held": text("Held"),
    "log_new": textn("{n} new line", "{n} new lines", 1, n="{n}"),
    "log_older": text("Show older lines"),
    "log_gap": text("Some lines are left out here."),
    "log_none": text("No log lines yet. They appear here as they are written."),
    "log_no_match": text("Nothing matches “{words}”."),
    "log_count": textn("{count} line", "{count} lines", 1, n="{n}"),
}
