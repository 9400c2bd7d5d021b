"""Where commands about tasks get their answers: from the engine, or without one from the disk."""

from __future__ import annotations

import time
from typing import overload

from desktop.cli.context import Context
from desktop.engine.errors import NotRunning, TrayError, UsageError
from desktop.engine.history_commands import (
    ListTasks,
    ShowTask,
    TaskDetail,
    TaskFigures,
    TaskFiguresReport,
    TaskPage,
)
from desktop.words import text, tr


@overload
def ask(context: Context, command: ListTasks) -> TaskPage: ...
@overload
def ask(context: Context, command: ShowTask) -> TaskDetail: ...
@overload
def ask(context: Context, command: TaskFigures) -> TaskFiguresReport: ...
def ask(
    context: Context, command: ListTasks | ShowTask | TaskFigures
) -> TaskPage | TaskDetail | TaskFiguresReport:
    """The answer to a question about the history. Starts no engine: without one the file is read
    as it lies there, and that is said. Raises :class:`TrayError`."""
    try:
        with context.connect(start=False) as client:
            answer = client.submit(command)
    except NotRunning:
        from desktop.engine.history import offline

        context.warn(tr("No engine runs; what is shown was recorded before."))
        return offline.answer(context.home, command)
    assert isinstance(answer, TaskPage | TaskDetail | TaskFiguresReport)  # noqa: S101 - as documented
    return answer


def instant(since: str | None, option: str) -> float | None:
    """An instant as a person writes it ("90m", "2026-11-24") in seconds of the epoch. Raises
    :class:`UsageError`."""
    from desktop.engine.history.conditions import key_at
    from desktop.engine.history.query import Time, parse
    from desktop.engine.history.schema import KEYS_A_SECOND

    if since is None:
        return None
    try:
        parsed = parse(f"since:{since}")
    except UsageError:
        raise bad_time(since, option) from None
    if not isinstance(parsed, Time):
        raise bad_time(since, option)
    return key_at(parsed.at, time.time()) / KEYS_A_SECOND


def bad_time(value: str, option: str) -> TrayError:
    return UsageError(
        "usage",
        text(
            "{name}: {reason}",
            name=option,
            reason=text("expected a time, not “{value}”", value=value),
        ),
        text("A time is 90m (ago), 2h, 3d, today, 2026-11-24 or 2026-11-24T14:05."),
        text("See {command}", command="celery-tray tasks --help"),
    )
