"""The rows that match, in an order, by the index that finds them soonest.

Three ways: the full-text index gives keys in their order; a choice among states, names or workers
is answered by merging what the index has of each; otherwise the order's own index is walked and
each row looked at. Which of the two latter is quicker, the tallies tell.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from desktop.engine.history.conditions import Condition, OneOf
from desktop.engine.history.lookup import Lookup
from desktop.engine.history.schema import STATES
from desktop.engine.history_commands import TaskOrder

SORTED_MAX = 50_000
"""So many rows are rather fetched by their filter and sorted than looked for in the order."""
BRANCHES_MAX = 64


class Place(NamedTuple):
    """Where a row stands in an order."""

    value: str | float | None
    """What is sorted by; None in the order of news, and where the row has no such value."""
    key: int


class Wanted(NamedTuple):
    """What is looked for."""

    condition: Condition
    ids: tuple[bytes | str, ...] | None
    """Of these alone; None: of all."""


class Statement(NamedTuple):
    sql: str
    values: tuple[object, ...]


_GROUPED = {TaskOrder.NAME: "name", TaskOrder.WORKER: "node", TaskOrder.STATE: "state"}
_TIMED = {
    TaskOrder.RECEIVED: ("received", "COALESCE(task.received, task.sent)"),
    TaskOrder.RUNTIME: ("runtime", "task.runtime"),
}
"""The index, and what it is on."""


def keys(
    connection: sqlite3.Connection,
    wanted: Wanted,
    order: TaskOrder,
    descending: bool,
    after: Place | None,
    lookup: Lookup,
    limit: int,
) -> Iterator[Place]:
    """The places of all that match, from behind ``after``; lazily, some more than ``limit`` at
    most. Where names, workers or states are equal, the newest comes first."""
    if order is TaskOrder.SEEN:
        yield from _by_key(connection, wanted, descending, after, lookup, limit)
    elif order in _TIMED:
        yield from _by_value(connection, wanted, order, descending, after, lookup, limit)
    else:
        yield from _by_group(connection, wanted, _GROUPED[order], descending, after, lookup, limit)


def question(wanted: Wanted, columns: str, *more: str, hint: str = "") -> Statement:
    """A SELECT of what matches, without an order; ``more`` are further conditions."""
    what = wanted.condition
    parts = [*more]
    values: list[object] = []
    if what.match:
        source = "task_text CROSS JOIN task ON task.key = task_text.rowid"
        parts.insert(0, "task_text MATCH ?")
        values.append(what.match)
    else:
        source = f"task {hint}"
    key = "task_text.rowid" if what.match else "task.key"
    if what.lowest:
        parts.append(f"{key} >= {what.lowest:d}")
    if what.highest < Condition().highest:
        parts.append(f"{key} <= {what.highest:d}")
    if wanted.ids is not None:
        parts.append(f"task.id IN ({', '.join('?' * len(wanted.ids))})")
        values += wanted.ids
    if what.sql:
        parts.append(what.sql)
        values += what.values
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    return Statement(f"SELECT {columns} FROM {source}{where}", tuple(values))


# --- by news -------------------------------------------------------------------------------------


def _by_key(
    connection: sqlite3.Connection,
    wanted: Wanted,
    descending: bool,
    after: Place | None,
    lookup: Lookup,
    limit: int,
) -> Iterator[Place]:
    statements = by_key(wanted, descending, after, lookup, limit)
    found = [connection.execute(*one) for one in statements]
    merged = heapq.merge(*([key for (key,) in each] for each in found), reverse=descending)
    yield from (Place(None, key) for key in merged)


def by_key(
    wanted: Wanted, descending: bool, after: Place | None, lookup: Lookup, limit: int
) -> list[Statement]:
    """The questions whose answers, merged, are the keys in their order."""
    key = "task_text.rowid" if wanted.condition.match else "task.key"
    behind = (f"{key} {'<' if descending else '>'} {after.key:d}",) if after else ()
    end = f" ORDER BY {key} {'DESC' if descending else 'ASC'} LIMIT {limit + 1:d}"
    if wanted.condition.match or wanted.condition.narrow or wanted.ids is not None:
        return [_ended(question(wanted, key, *behind), end)]
    choice = _choice(wanted.condition, lookup)
    if choice is None or _tally(choice, lookup) * 2 > lookup.kept:
        return [_ended(question(wanted, key, *behind, hint="NOT INDEXED"), end)]
    hint = f"INDEXED BY task_{choice.column}"
    return [
        _ended(question(wanted, key, f"task.{choice.column} = {n:d}", *behind, hint=hint), end)
        for n in choice.numbers
    ]


def _choice(condition: Condition, lookup: Lookup) -> OneOf | None:
    """The choice that the fewest rows have."""
    few = [one for one in condition.one_of if len(one.numbers) <= BRANCHES_MAX]
    return min(few, key=lambda one: _tally(one, lookup), default=None)


def _tally(choice: OneOf, lookup: Lookup) -> int:
    return sum(lookup.tally(choice.column, number) for number in choice.numbers)


# --- by an instant or a duration -----------------------------------------------------------------


def _by_value(
    connection: sqlite3.Connection,
    wanted: Wanted,
    order: TaskOrder,
    descending: bool,
    after: Place | None,
    lookup: Lookup,
    limit: int,
) -> Iterator[Place]:
    left = limit + 1
    for statement in by_value(wanted, order, descending, after, lookup, limit):
        for value, key in connection.execute(*statement):
            yield Place(value, key)
            left -= 1
        if left <= 0:
            return


def by_value(
    wanted: Wanted,
    order: TaskOrder,
    descending: bool,
    after: Place | None,
    lookup: Lookup,
    limit: int,
) -> list[Statement]:
    """First those that have a value, then the others, the newest first."""
    column, field = _TIMED[order]
    sign, way = "<" if descending else ">", "DESC" if descending else "ASC"
    columns = f"{field}, task.key"
    choice = _choice(wanted.condition, lookup)
    few = choice is not None and _tally(choice, lookup) <= SORTED_MAX
    free = few or wanted.condition.match or wanted.condition.narrow or wanted.ids is not None
    hint = "" if free else f"INDEXED BY task_{column}"
    made = []
    if after is None or after.value is not None:
        known = [f"{field} IS NOT NULL"]
        if after is not None:
            value = float(after.value or 0)
            # Of an expression SQLite sees a range in the plain comparison only.
            known.append(f"{field} {sign}= {value!r}")
            known.append(f"({field}, task.key) {sign} ({value!r}, {after.key:d})")
        end = f" ORDER BY {field} {way}, task.key {way} LIMIT {limit + 1:d}"
        made.append(_ended(question(wanted, columns, *known, hint=hint), end))
    unknown = [f"{field} IS NULL"]
    if after is not None and after.value is None:
        unknown.append(f"task.key < {after.key:d}")
    end = f" ORDER BY task.key DESC LIMIT {limit + 1:d}"
    made.append(_ended(question(wanted, columns, *unknown, hint=hint), end))
    return made


# --- by a word -----------------------------------------------------------------------------------


def _by_group(
    connection: sqlite3.Connection,
    wanted: Wanted,
    column: str,
    descending: bool,
    after: Place | None,
    lookup: Lookup,
    limit: int,
) -> Iterator[Place]:
    groups = _groups(column, lookup)
    words = dict(groups)
    if wanted.condition.match or wanted.condition.narrow or wanted.ids is not None:
        yield from _sorted(connection, wanted, column, descending, after, words)
        return
    allowed = [set(one.numbers) for one in wanted.condition.one_of if one.column == column]
    left = limit + 1
    for number, word in reversed(groups) if descending else groups:
        if any(number not in each for each in allowed):
            continue
        if after and (word > after.value if descending else word < after.value):  # type: ignore[operator]
            continue
        place = after if after and word == after.value else None
        inner = _within(wanted, column, number)
        for one in _by_key(connection, inner, True, place, lookup, left - 1):
            yield Place(word, one.key)
            left -= 1
        if left <= 0:
            return


def _within(wanted: Wanted, column: str, number: int) -> Wanted:
    """The same, of one state, name or node."""
    what = wanted.condition
    own = f"task.{column} = {number:d}"
    others = tuple(one for one in what.one_of if one.column != column)
    return wanted._replace(
        condition=what._replace(
            sql=f"{own} AND {what.sql}" if what.sql else own,
            one_of=(OneOf(column, (number,)), *others),
        )
    )


def _groups(column: str, lookup: Lookup) -> list[tuple[int, str]]:
    if column == "state":
        # Sorted as a life goes, not by the letters of its words.
        return [(number, f"{number:02}") for number in range(len(STATES))]
    return lookup.names(column)


def _sorted(
    connection: sqlite3.Connection,
    wanted: Wanted,
    column: str,
    descending: bool,
    after: Place | None,
    words: dict[int, str],
) -> Iterator[Place]:
    """All that match, sorted here: the index that finds them gives another order."""
    found = connection.execute(*question(wanted, f"task.{column}, task.key"))
    places = [Place(words.get(number, ""), key) for number, key in found]
    places.sort(key=lambda place: -place.key)
    places.sort(key=lambda place: str(place.value), reverse=descending)
    for place in places:
        if after is None or _is_behind(place, after, descending):
            yield place


def _is_behind(place: Place, after: Place, descending: bool) -> bool:
    one, other = str(place.value), str(after.value)
    if one == other:
        return place.key < after.key
    return one < other if descending else one > other


def _ended(statement: Statement, end: str) -> Statement:
    return Statement(statement.sql + end, statement.values)
