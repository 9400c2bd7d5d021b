"""Words about services: cards, states, what is done to them."""

from __future__ import annotations

from desktop.words import Text, text, textn

WORDS: dict[str, Text] = {
    "services": text("Services"),
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
    "start_all": text("Start all"),
    "stop_all": text("Stop all…"),
    "start": text("Start"),
    "stop": text("Stop"),
    "restart": text("Restart"),
    "open": text("Open"),
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
    "existing_workers": text(
        "Other workers of this app already run. Stop them, or start beside them, from the tray "
        "or with celery-tray start."
    ),
    "of_running": text("{up} of {total} services running"),
    "all_stopped": text("All services are stopped"),
    "service": text("Service"),
    "service_process": text("Process"),
    "service_processes": textn("{n} process", "{n} processes", 1, n="{n}"),
    "service_address": text("Address"),
    "service_log_file": text("Log file"),
    "service_uptime": text("Up"),
    "service_restarts": text("Restarts"),
    "service_force": text("Force stop…"),
    "service_force_title": text("Force stop?"),
    "service_force_count": textn("End {n} running task?", "End {n} running tasks?", 1, n="{n}"),
    "service_force_text": text(
        "Tasks that acknowledge late go back to their queue and run again from the start. "
        "The others are lost."
    ),
    "service_force_none": text(
        "No task is known to be running. Waiting tasks stay in their queues."
    ),
    "service_force_do": text("Force stop"),
    "service_none": text("No services yet. They appear here when a project is open."),
}
