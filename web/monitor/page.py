"""What the page needs besides the state: its words in the reader's language, and thresholds."""

from __future__ import annotations

from typing import Any

from desktop import __version__, words
from desktop.engine import machine
from desktop.words import Text, text, textn
from web.language import Language

LANGUAGES: dict[Language, str] = {"en": "en", "zh-CN": "zh_CN"}
"""Languages of the web and their names in :mod:`desktop.words`."""


def speak(language: Language) -> None:
    """Make ``language`` the present one for words that are rendered next.

    The present language is the process's: render in the same step, without awaiting between.
    """
    try:
        words.set_language(LANGUAGES[language])
    except OSError:  # a catalogue that is not installed; English is in the source
        words.set_language("en")


def page_document(language: Language, *, read_only: bool) -> dict[str, Any]:
    """Everything that the page asks for once. Placeholders in its words are filled there."""
    speak(language)
    return {
        "language": language,
        "languages": {tag: words.LANGUAGES[name] for tag, name in LANGUAGES.items()},
        "version": __version__,
        "read_only": read_only,
        "thresholds": {
            "cpu_percent": machine.CPU_MAX_PERCENT,
            "memory_percent": machine.MEMORY_MAX_PERCENT,
            "disk_free_bytes": machine.DISK_FREE_MIN_BYTES,
        },
        "words": {key: _template(word) for key, word in WORDS.items()},
    }


def _template(word: Text) -> str | dict[str, str]:
    if not word.plural:
        return str(word)
    one, many = (str(Text(word.template, word.args, word.plural, n)) for n in (1, 2))
    return {"one": one, "many": many}


# Counted words keep their {n}: the page fills it in.
WORDS: dict[str, Text] = {
    "title": text("Monitor"),
    "overview": text("Overview"),
    "services": text("Services"),
    "computer": text("This computer"),
    "running_tasks": text("Running tasks"),
    "workers": text("Workers"),
    "queues": text("Queues"),
    "skip": text("Skip to content"),
    "sections": text("Sections"),
    "theme": text("Theme"),
    "theme_system": text("Like the system"),
    "theme_light": text("Light"),
    "theme_dark": text("Dark"),
    "language": text("Language"),
    "read_only": text("Read-only"),
    "read_only_why": text("Started with --read-only: this page changes nothing."),
    # one-line status
    "of_running": text("{up} of {total} services running"),
    "all_stopped": text("All services are stopped"),
    "bundled": text("Bundled app"),
    "not_connected": text("Not connected"),
    "stale_since": text("What you see is from {time}."),
    # actions
    "start_all": text("Start all"),
    "stop_all": text("Stop all…"),
    "start": text("Start"),
    "stop": text("Stop"),
    "restart": text("Restart"),
    "open": text("Open"),
    "more": text("Actions for {name}"),
    "cancel": text("Cancel"),
    "dismiss": text("Dismiss"),
    "stop_all_title": text("Stop all services?"),
    "stop_all_text": text(
        "Workers finish the tasks that run first; tasks that wait stay in their queues. "
        "This page stops too: start it again from the tray or with celery-tray start."
    ),
    "stop_all_do": text("Stop all services"),
    "stop_monitor_title": text("Stop the monitor?"),
    "stop_monitor_text": text(
        "This page stops answering. Tasks and all other services go on. "
        "Start it again from the tray or with celery-tray start."
    ),
    "stop_monitor_do": text("Stop the monitor"),
    "stop_redis_title": text("Stop Redis?"),
    "stop_redis_text": text(
        "Workers and web server need it and are stopped first; tasks that wait are kept on disk."
    ),
    "stop_redis_do": text("Stop Redis"),
    "failed_action": text("That did not work."),
    "existing_workers": text(
        "Other workers of this app already run. Stop them, or start beside them, from the tray "
        "or with celery-tray start."
    ),
    "no_answer": text("The monitor did not answer."),
    # numbers
    "running_now": text("Running now"),
    "waiting_in_queues": text("Waiting in queues"),
    "succeeded": text("Succeeded"),
    "failed": text("Failed"),
    "since": text("since {time}"),
    # services
    "redis": text("Redis"),
    "monitor": text("Monitor"),
    "web": text("Web server"),
    "beat": text("Scheduler (beat)"),
    "flower": text("Flower"),
    "state_stopped": text("Stopped"),
    "state_starting": text("Starting…"),
    "state_running": text("Running"),
    "state_stopping": text("Stopping…"),
    "state_backoff": text("Waiting to restart"),
    "state_failed": text("Failed"),
    "state_external": text("External"),
    "external_why": text("Somebody else runs it: used, never stopped."),
    "not_started": text("Not started"),
    "cpu": text("CPU"),
    "memory": text("Memory"),
    "cpu_trend": text("CPU of the last 2 minutes"),
    "restarts": textn("restarted once", "restarted {n} times", 1, n="{n}"),
    "show_log": text("Last lines of the log"),
    # computer
    "disk_free": text("Free disk"),
    "within": text("Within limits"),
    "over": text("Over the limit"),
    "below": text("Below the limit"),
    "limit_below": text("limit {limit}"),
    "limit_above": text("minimum {limit}"),
    "of_size": text("of {size}"),
    "cores": textn("{n} core", "{n} cores", 1, n="{n}"),
    "measuring": text("Measuring…"),
    # tasks
    "task": text("Task"),
    "state": text("State"),
    "worker": text("Worker"),
    "time": text("For"),
    "arguments": text("Arguments"),
    "task_started": text("Running"),
    "task_received": text("Received"),
    "no_tasks": text("No task runs. Tasks appear here as soon as a worker receives one."),
    "more_tasks": text("The first {count} are shown."),
    # workers
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
    # queues
    "queue": text("Queue"),
    "waiting": text("Waiting"),
    "unacked": text("Held by workers"),
    "waiting_total": text("Waiting: {count}"),
    "no_queues": text("No queues yet. They appear with the first worker."),
    # findings
    "severity_critical": text("Needs action"),
    "severity_warning": text("Needs a look"),
    "severity_info": text("For your information"),
    # durations
    "days_hours": text("{days} d {hours} h"),
    "hours_minutes": text("{hours} h {minutes} min"),
    "minutes": text("{minutes} min"),
    "seconds": text("{seconds} s"),
}

__all__ = ["LANGUAGES", "WORDS", "page_document", "speak"]
