"""The words of the pages, one file for each page; the page fills in their placeholders.

Counted words keep their ``{n}``.
"""

from __future__ import annotations

from desktop.words import Text
from web.monitor.words import (
    cleanup,
    common,
    logs,
    overview,
    queues,
    schedule,
    services,
    task_actions,
    task_detail,
    task_figures,
    tasks,
    workers,
)

WORDS: dict[str, Text] = {
    **common.WORDS,
    **overview.WORDS,
    **services.WORDS,
    **logs.WORDS,
    **tasks.WORDS,
    **task_detail.WORDS,
    **task_actions.WORDS,
    **task_figures.WORDS,
    **workers.WORDS,
    **cleanup.WORDS,
    **queues.WORDS,
    **schedule.WORDS,
}
"""By key. No key is in two files (a test looks)."""
