"""Words of what is done to tasks: questions, reports, the form of a task by hand, exports."""

from __future__ import annotations

from desktop.words import Text, text, textn

WORDS: dict[str, Text] = {
    "task_again": text("Run again"),
    "task_revoke": text("Revoke…"),
    "task_terminate": text("Terminate…"),
    "task_undo": text("Undo"),
    "task_show_it": text("Show it"),
    "task_show_details": text("Show details"),
    "task_each": text("What became of each:"),
    "task_copy_ids": text("Copy IDs"),
    "task_copy_code": text("Copy as code"),
    "task_code": text("Code"),
    "task_ask_revoke_title": textn("Revoke {n} task?", "Revoke {n} tasks?", 1, n="{n}"),
    "task_ask_revoke_do": textn("Revoke {n} task", "Revoke {n} tasks", 1, n="{n}"),
    "task_ask_revoke_text": text(
        "Workers pass a revoked task over when they come to it; it does not run."
    ),
    "task_ask_terminate_title": textn(
        "Terminate {n} running task?", "Terminate {n} running tasks?", 1, n="{n}"
    ),
    "task_ask_terminate_do": textn("Terminate {n} task", "Terminate {n} tasks", 1, n="{n}"),
    "task_ask_terminate_text": text(
        "The process that runs it is ended, in the middle of its work. What it has not done is "
        "lost."
    ),
    "task_ask_retry_title": textn("Run {n} task again?", "Run {n} tasks again?", 1, n="{n}"),
    "task_ask_retry_do": textn("Run {n} task again", "Run {n} tasks again", 1, n="{n}"),
    "task_ask_retry_text": text("Each is sent once more with the same arguments, under a new ID."),
    "task_signal": text("Signal"),
    "task_signal_term": text("TERM: it is asked to end"),
    "task_signal_kill": text("KILL: it is ended at once"),
    "task_all_retry": text("Run all that match again…"),
    "task_all_revoke": text("Revoke all that match…"),
    "task_all_terminate": text("Terminate all that match…"),
    "task_export": text("Export…"),
    "task_export_csv": text("Export as CSV"),
    "task_export_json": text("Export as JSON"),
    "task_run": text("Run a task…"),
    "task_run_title": text("Run a task"),
    "task_run_again": text("Run it again"),
    "task_run_do": text("Run"),
    "task_args_json": text("Arguments, a JSON list"),
    "task_kwargs_json": text("Named arguments, a JSON object"),
    "task_countdown": text("Not before so many seconds"),
    "task_queue_usual": text("where the app sends it"),
    "task_list_expected": text("A list is expected, in square brackets."),
    "task_object_expected": text("An object is expected, in braces."),
    "task_no_json": text("This can't be read as JSON: {reason}"),
}
