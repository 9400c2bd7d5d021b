"""What a running task can be ended with, and what each means. Nouns only.

Measured with Celery 5.7 and its prefork pool: billiard sets what its processes do at each signal
(``billiard/common.py``, ``reset_signals``), and they ignore SIGINT.
"""

from __future__ import annotations

from desktop.words import Text, text

_TIDILY = text(
    "SystemExit is raised in the task: what stands under “finally” still runs, then its process "
    "ends."
)
_AT_ONCE = text("Its process ends at once. Nothing is tidied up, and it can't be ignored.")

MEANINGS: dict[str, Text] = {
    "TERM": _TIDILY,
    "QUIT": text("As TERM, for a task that has an answer of its own to TERM and goes on."),
    "USR1": text(
        "Its soft time limit is over: SoftTimeLimitExceeded is raised in the task, which may tidy "
        "up, fail, or go on. Its process stays."
    ),
    "KILL": _AT_ONCE,
    "HUP": _TIDILY,
    "USR2": text("Its process ends at once. Nothing is tidied up."),
}
"""By name, without SIG. Of greenlets none of it is true: they are ended alike by all."""

OFFERED = ("TERM", "QUIT", "USR1", "KILL")
"""Those that a person is offered; the others differ by nothing but their name."""

STAYS = frozenset({"USR1"})
"""The process of the pool goes on after these."""
