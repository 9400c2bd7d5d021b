"""All of one task: itself, its family, and what its worker's log says of it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.engine import logs
from desktop.engine.errors import TrayError, UsageError
from desktop.engine.history.conditions import id_ranges
from desktop.engine.history.rows import id_text, id_value, task_of
from desktop.engine.history.writer import SELECT
from desktop.engine.history_commands import TaskDetail
from desktop.engine.task_model import Task
from desktop.words import text, verbatim

FAMILY_MAX = 500
NEIGHBOURS_MAX = 1000
"""Tasks on either side that may be of the same group."""
LOG_LINES_MAX = 200
LOG_READ_LINES = 50_000
"""Of the end of a log, and of each older file of it; some megabytes."""
FOLLOWING_MAX = 60
"""Lines behind one that names the task, and belong to it: a traceback."""
PREFIX_LEAST = 4
NAMED_MAX = 5
_TRACEBACK = ("Traceback (most recent call last)", "During handling of", "The above exception")
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(:|$)")


def show_task(connection: sqlite3.Connection, wanted: str) -> TaskDetail:
    """The task with this id, or the only one whose id begins so. Raises :class:`TrayError`
    ``no-such-task``, or ``ambiguous-task`` when several do. The log is not read."""
    task = _found(connection, wanted)
    return TaskDetail(task=task, family=family(connection, task, (task.root_id or task.id,)))


def find_task(connection: sqlite3.Connection, wanted: str) -> Task | None:
    """The task with exactly this id."""
    row = connection.execute(f"{SELECT} WHERE task.id = ?", (id_value(wanted),)).fetchone()
    return task_of(row) if row else None


def log_lines(path: Path, task_id: str) -> tuple[str, ...]:
    """The lines of a worker's log, and of its older files, that name the task, with what follows
    them: a traceback. The last ones, oldest first."""
    found: list[str] = []
    # The newest older file is enough: a task seldom lasts for more than one.
    for one in (path, path.with_name(f"{path.name}.1")):
        if not found:
            found = list(_naming(logs.tail(one, LOG_READ_LINES), task_id))
    return tuple(found[-LOG_LINES_MAX:])


def _naming(lines: list[str], task_id: str) -> Iterator[str]:
    follow, before, celerys = 0, "", False
    for line in lines:
        if task_id in line:
            follow, celerys = FOLLOWING_MAX, line.startswith("[")
            yield line
        elif follow and (not line.startswith("[") if celerys else _continues(line, before)):
            follow -= 1
            yield line
        else:
            follow = 0
        before = line


def _continues(line: str, before: str) -> bool:
    """Whether a line belongs to the one before it: as a part of a traceback does. Of a log that
    has a format of its own nothing else is known."""
    if not line or line[0].isspace() or line.startswith(_TRACEBACK):
        return True
    # The exception itself, behind the last line of its traceback.
    return before[:1].isspace() and bool(_EXCEPTION.match(line))


def _found(connection: sqlite3.Connection, wanted: str) -> Task:
    exact = find_task(connection, wanted)
    if exact:
        return exact
    begun: list[str] = []
    if len(wanted) >= PREFIX_LEAST:
        for low, high in id_ranges(wanted):
            ask = "SELECT id FROM task WHERE id BETWEEN ? AND ? LIMIT ?"
            begun += [id_text(one) for (one,) in connection.execute(ask, (low, high, NAMED_MAX))]
    if len(begun) == 1 and (one := find_task(connection, begun[0])):
        return one
    raise several(wanted, begun) if begun else no_such_task(wanted)


def family(connection: sqlite3.Connection, task: Task, roots: Sequence[str]) -> tuple[Task, ...]:
    """The task with all of these roots, at most :data:`FAMILY_MAX`; parents before children, the
    earlier before the later."""
    ask = f"{SELECT} WHERE task.id = ? OR (task.root = ? AND task.root != x'') LIMIT ?"
    members = {task.id: task}
    for root in dict.fromkeys(map(id_value, roots)):
        if len(members) <= FAMILY_MAX:
            rows = connection.execute(ask, (root, root, FAMILY_MAX)).fetchall()
            members |= {one.id: one for row in rows for one in (task_of(row),)}
    children: dict[str, list[Task]] = {}
    for one in members.values():
        parent = one.parent_id if one.parent_id in members else ""
        children.setdefault("" if one.parent_id == one.id else parent, []).append(one)
    found = list(_descending(children, members))[:FAMILY_MAX]
    return tuple(found if members[task.id] in found else [*found[:-1], members[task.id]])


def neighbours(connection: sqlite3.Connection, task: Task) -> tuple[str, ...]:
    """Ids of tasks that are their own root, of the :data:`NEIGHBOURS_MAX` that came just before it
    (itself included) and as many just after it, the nearest first."""
    at = task.sent_at if task.received_at is None else task.received_at
    if at is None:
        return ()
    when = "COALESCE(received, sent)"
    found: list[str] = []
    for side in (f"{when} <= ? ORDER BY {when} DESC", f"{when} > ? ORDER BY {when}"):
        near = f"SELECT id, root FROM task WHERE {side} LIMIT {NEIGHBOURS_MAX}"
        ask = f"SELECT id FROM ({near}) WHERE root IS NULL OR root = x''"
        found += (id_text(id_) for (id_,) in connection.execute(ask, (at,)))
    return tuple(found)


def _descending(children: dict[str, list[Task]], members: dict[str, Task]) -> Iterator[Task]:
    ahead = sorted(children.get("", ()), key=_began, reverse=True)
    told: set[str] = set()
    while ahead:
        one = ahead.pop()
        if one.id in told:
            continue
        told.add(one.id)
        yield one
        ahead += sorted(children.get(one.id, ()), key=_began, reverse=True)
    # Parents in a circle are nobody's truth, but nobody is left out for it.
    yield from (one for id_, one in members.items() if id_ not in told)


def _began(task: Task) -> float:
    return task.sent_at or task.received_at or task.started_at or task.seen_at


# --- words ---------------------------------------------------------------------------------------


def no_such_task(wanted: str) -> TrayError:
    return TrayError(
        "no-such-task",
        text("There is no task {id} in the history.", id=verbatim(wanted[:80])),
        text("It was never heard of, or it is past the time for which tasks are kept."),
        text("Find it by name or arguments: celery-tray tasks --search TEXT"),
    )


def several(wanted: str, ids: list[str]) -> TrayError:
    return UsageError(
        "ambiguous-task",
        text("More than one task begins with {id}.", id=verbatim(wanted[:80])),
        text("For example: {example}", example=", ".join(ids)),
        text("Give more of the id."),
    )
