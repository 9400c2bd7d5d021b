"""Words that every page has: navigation, connection, answers, durations."""

from __future__ import annotations

from desktop.words import Text, text

WORDS: dict[str, Text] = {
    "overview": text("Overview"),
    "skip": text("Skip to content"),
    "sections": text("Sections"),
    "theme": text("Theme"),
    "theme_system": text("Like the system"),
    "theme_light": text("Light"),
    "theme_dark": text("Dark"),
    "language": text("Language"),
    "read_only": text("Read-only"),
    "read_only_why": text("Started with --read-only: this page changes nothing."),
    "bundled": text("Bundled app"),
    "not_connected": text("Not connected"),
    "stale_since": text("What you see is from {time}."),
    "cancel": text("Cancel"),
    "dismiss": text("Dismiss"),
    "close": text("Close"),
    "copy": text("Copy"),
    "copied": text("Copied"),
    "failed_action": text("That did not work."),
    "no_answer": text("The monitor did not answer."),
    "more": text("Actions for {name}"),
    "redis": text("Redis"),
    "severity_critical": text("Needs action"),
    "severity_warning": text("Needs a look"),
    "severity_info": text("For your information"),
    "days_hours": text("{days} d {hours} h"),
    "hours_minutes": text("{hours} h {minutes} min"),
    "minutes": text("{minutes} min"),
    "seconds": text("{seconds} s"),
}
