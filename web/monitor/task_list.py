"""``/api/tasks``: an address as a question to the history."""

from __future__ import annotations

from collections.abc import Mapping

from desktop.engine.errors import UsageError
from desktop.engine.history.rendering import search_of
from desktop.engine.history_commands import ListTasks, Selection
from desktop.words import Text, text

LIMIT, LIMIT_MAX = 50, 1_000


def question(project: str, asked: Mapping[str, str]) -> ListTasks:
    """The fields are the options of the command: ``state``, ``name``, ``worker``, ``since``,
    ``search``, ``limit``; ``after`` is ``next`` of the page before. Raises :class:`UsageError`."""
    search = search_of(
        state=asked.get("state"),
        name=asked.get("name"),
        worker=asked.get("worker"),
        since=asked.get("since"),
        search=asked.get("search"),
    )
    return ListTasks(
        project,
        Selection(search=search),
        after=asked.get("after", ""),
        limit=_limit(asked.get("limit", "")),
        count=True,
    )


def _limit(asked: str) -> int:
    if not asked:
        return LIMIT
    if not (asked.isdecimal() and len(asked) < 9 and 1 <= int(asked) <= LIMIT_MAX):
        raise UsageError(
            "limit",
            text("{name}: {reason}", name="limit", reason=_expected(asked)),
            Text(""),
            Text(""),
        )
    return int(asked)


def _expected(asked: str) -> Text:
    return text(
        "expected a whole number from {least} to {most}, not “{value}”",
        least=1,
        most=LIMIT_MAX,
        value=asked[:40],
    )
