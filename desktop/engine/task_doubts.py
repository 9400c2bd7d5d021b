"""Why the state of a task may not hold any more, in words."""

from __future__ import annotations

from desktop.words import Text, text, verbatim

_WORDS = {
    "worker-gone": text("Its worker is gone; nothing has told what became of the task."),
    "queued": text("Its message is in a queue again."),
    "not-running": text("No worker has it, and there is no result: its end was missed."),
}


def doubt_words(doubt: str) -> Text:
    """The words for :attr:`desktop.engine.task_model.Task.doubt`; "" for none."""
    return _WORDS.get(doubt, verbatim(doubt)) if doubt else Text("")
