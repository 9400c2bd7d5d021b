"""One page of the history: which rows, in which order, by which index.

Pages go on behind the last row's place in the order, never by counting rows, so that what is
inserted meanwhile neither repeats nor hides any.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from itertools import islice

import msgspec

from desktop.engine.errors import UsageError
from desktop.engine.history.conditions import Condition, choices, condition
from desktop.engine.history.lookup import Lookup
from desktop.engine.history.ordering import Order, Place, Wanted, places, question
from desktop.engine.history.query import ALL, Or, Query, State, parse
from desktop.engine.history.rendering import all_of
from desktop.engine.history.rows import id_value, task_of
from desktop.engine.history.writer import SELECT
from desktop.engine.history_commands import ListTasks, Selection, TaskOrder, TaskPage
from desktop.engine.task_model import Task
from desktop.words import Text, text

LIMIT_MAX = 1_000
COUNTED_MAX = 100_000
IDS_MAX = 10_000
_LISTED = SELECT.replace("task.traceback", "NULL")
_CHUNK = 500


def list_tasks(connection: sqlite3.Connection, command: ListTasks, now: float) -> TaskPage:
    """The page that ``command`` asks for. Raises :class:`BadQuery`, :class:`UsageError`."""
    lookup = Lookup(connection)
    wanted = wanted_of(command.selection, lookup, now)
    limit = min(max(command.limit, 1), LIMIT_MAX)
    order = Order(command.order, command.descending, _place(command.after), limit)
    found = list(islice(places(connection, wanted, order, lookup), limit + 1))
    more = len(found) > limit
    shown = found[:limit]
    tasks = rows(connection, [place.key for place in shown])
    return TaskPage(
        tasks=tuple(tasks[place.key] for place in shown if place.key in tasks),
        next=_cursor(shown[-1]) if more else "",
        total=count(connection, wanted, lookup) if command.count else None,
        kept=lookup.kept,
        mark=lookup.mark,
        by_state=lookup.by_state,
    )


def selected(
    connection: sqlite3.Connection, selection: Selection, now: float, most: int
) -> tuple[Task, ...]:
    """The tasks of a selection, whole but for their tracebacks, the newest first; at most
    ``most``. Raises :class:`BadQuery`, :class:`UsageError`."""
    lookup = Lookup(connection)
    wanted = wanted_of(selection, lookup, now)
    order = Order(TaskOrder.SEEN, descending=True, after=None, limit=most)
    found = [place.key for place in islice(places(connection, wanted, order, lookup), most)]
    tasks = rows(connection, found)
    return tuple(tasks[key] for key in found)


def wanted_of(selection: Selection, lookup: Lookup, now: float) -> Wanted:
    """What a selection means in the file."""
    query: Query = ALL
    if selection.search is not None:
        query = parse(selection.search)
    if selection.states:
        states = tuple(State(state) for state in selection.states)
        query = all_of(query, states[0] if len(states) == 1 else Or(states))
    ids = None
    if selection.ids or selection.search is None:
        if len(selection.ids) > IDS_MAX:
            raise UsageError(
                "too-many-ids",
                text("At most {n} tasks can be named at once.", n=IDS_MAX),
                Text(""),
                text("Search for them instead."),
            )
        ids = tuple(dict.fromkeys(map(id_value, selection.ids)))
    return Wanted(
        condition(query, lookup, now),
        condition(query, lookup, now, by_row=True),
        choices(query, lookup),
        ids,
    )


def rows(connection: sqlite3.Connection, wanted: list[int]) -> dict[int, Task]:
    """The tasks with these keys, without tracebacks."""
    found: dict[int, Task] = {}
    for chunk in _chunks(wanted):
        ask = f"{_LISTED} WHERE task.key IN ({', '.join('?' * len(chunk))})"
        found.update((row[0], task_of(row)) for row in connection.execute(ask, chunk))
    return found


def count(connection: sqlite3.Connection, wanted: Wanted, lookup: Lookup) -> int | None:
    """How many match; None when more than :data:`COUNTED_MAX`."""
    what = wanted.condition
    if wanted.ids is None and what == Condition():
        return lookup.kept
    if wanted.ids is None and len(wanted.choices) == 1 and (only := wanted.choices[0]):
        return sum(lookup.tally(only.column, number) for number in only.numbers)
    key = "task_text.rowid" if what.match else "task.key"
    sql, values = question(what, wanted.ids, key)
    limited = f"SELECT count(*) FROM ({sql} LIMIT {COUNTED_MAX + 1})"
    (found,) = connection.execute(limited, values).fetchone()
    return None if found > COUNTED_MAX else int(found)


def _chunks(values: list[int]) -> Iterator[list[int]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


# --- the place in the order ----------------------------------------------------------------------


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((place.value, place.key))).decode()


def _place(cursor: str) -> Place | None:
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii"))
        value, key = msgspec.json.decode(raw, type=tuple[str | float | None, int])
    except (ValueError, msgspec.MsgspecError):
        raise UsageError(
            "bad-cursor",
            text("There is no page behind this one."),
            Text(""),
            text("Begin with the first page."),
        ) from None
    return Place(value, key)
