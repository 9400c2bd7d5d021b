"""The rows that match, in an order, by the index that finds them soonest.

In the order of news the full-text index gives keys as lazily as they are asked for, of words and of
states, names and workers alike. In other orders, what is few is found by it and sorted; otherwise
the order's own index is walked and each row looked at. Which of the two it is, counting tells.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from desktop.engine.history.conditions import Choice, Condition
from desktop.engine.history.lookup import Lookup
from desktop.engine.history.schema import STATES
from desktop.engine.history.text_index import NAME, NODE, STATE, one_of
from desktop.engine.history_commands import TaskOrder

SORTED_MAX = 10_000
"""So many rows are rather found by their filter and sorted than looked for in the order."""


class Place(NamedTuple):
    """Where a row stands in an order."""

    value: str | float | None
    """What is sorted by; None in the order of news, and where the row has no such value."""
    key: int


class Wanted(NamedTuple):
    """What is looked for."""

    condition: Condition
    by_row: Condition
    """The same, with states, names and workers looked at in each row."""
    choices: tuple[Choice | None, ...] = ()
    ids: tuple[bytes | str, ...] | None = None
    """Of these alone; None: of all."""

    @property
    def narrow(self) -> bool:
        """A handful at most, found by their ids."""
        return self.condition.narrow or self.ids is not None

    @property
    def texts(self) -> bool:
        """The index is asked for text, and not only for states, names and workers."""
        return bool(self.by_row.match)


class Order(NamedTuple):
    by: TaskOrder
    descending: bool
    after: Place | None
    limit: int
    """So many are wanted; one more tells that there are more."""


class Statement(NamedTuple):
    sql: str
    values: tuple[object, ...]


_GROUPED = {TaskOrder.NAME: "name", TaskOrder.WORKER: "node", TaskOrder.STATE: "state"}
_FACETS = {"name": NAME, "node": NODE, "state": STATE}
_VALUES = {
    # A task that was sent and that nobody took stands among those that came at its time.
    TaskOrder.RECEIVED: "COALESCE(task.received, task.sent)",
    TaskOrder.RUNTIME: "task.runtime",
}
"""What is sorted by; there is an index on each, called as the order."""


def places(
    connection: sqlite3.Connection, wanted: Wanted, order: Order, lookup: Lookup
) -> Iterator[Place]:
    """The places of all that match, from behind ``order.after``; lazily, some more than the limit
    at most. Where names, workers or states are equal, the newest comes first."""
    if order.by is TaskOrder.SEEN:
        for (key,) in connection.execute(*by_key(wanted.condition, wanted, order)):
            yield Place(None, key)
    elif order.by in _GROUPED:
        yield from _by_group(connection, wanted, order, lookup)
    else:
        left = order.limit + 1
        for statement in by_value(wanted, order, few=are_few(connection, wanted)):
            for value, key in connection.execute(*statement):
                yield Place(value, key)
                left -= 1
            if left <= 0:
                return


def question(
    what: Condition, ids: tuple[bytes | str, ...] | None, columns: str, *more: str, hint: str = ""
) -> Statement:
    """A SELECT of what matches, without an order; ``more`` are further conditions."""
    parts = [*more]
    values: list[object] = []
    key = "task.key"
    source = f"task {hint}"
    if what.match:
        key = "task_text.rowid"
        parts.insert(0, "task_text MATCH ?")
        values.append(what.match)
        alone = not (what.sql or ids is not None or "task." in " ".join((columns, *more)))
        source = "task_text" if alone else "task_text CROSS JOIN task ON task.key = task_text.rowid"
    if what.lowest:
        parts.append(f"{key} >= {what.lowest:d}")
    if what.highest < Condition().highest:
        parts.append(f"{key} <= {what.highest:d}")
    if ids is not None:
        parts.append(f"task.id IN ({', '.join('?' * len(ids))})")
        values += ids
    if what.sql:
        parts.append(what.sql)
        values += what.values
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    return Statement(f"SELECT {columns} FROM {source}{where}", tuple(values))


# --- by news -------------------------------------------------------------------------------------


def by_key(what: Condition, wanted: Wanted, order: Order) -> Statement:
    """The question whose answer is the keys in their order."""
    key = "task_text.rowid" if what.match else "task.key"
    after = order.after
    behind = (f"{key} {'<' if order.descending else '>'} {after.key:d}",) if after else ()
    # A handful, found by their ids, is sorted, lest the table is walked for the sake of the order.
    sorted_by = f"+{key}" if wanted.narrow and not what.match else key
    hint = "" if wanted.narrow else "NOT INDEXED"
    way = "DESC" if order.descending else "ASC"
    end = f" ORDER BY {sorted_by} {way} LIMIT {order.limit + 1:d}"
    return _ended(question(what, wanted.ids, key, *behind, hint=hint), end)


# --- by an instant or a duration -----------------------------------------------------------------


def by_value(wanted: Wanted, order: Order, *, few: bool) -> list[Statement]:
    """First those that have a value, then the others, the newest first."""
    # What is few is sorted: the bare value would have the order's own index walked.
    bare = "+" if few else ""
    field, key, after = f"{bare}{_VALUES[order.by]}", f"{bare}task.key", order.after
    sign, way = ("<", "DESC") if order.descending else (">", "ASC")
    columns = f"{field}, task.key"
    what = wanted.condition if few else _in_rows(wanted.by_row)
    hint = "" if few else f"INDEXED BY task_{order.by.value}"
    made = []
    if after is None or after.value is not None:
        known = [f"{field} IS NOT NULL"]
        if after is not None:
            value = float(after.value or 0)
            # Of an expression SQLite sees the range in a plain comparison only.
            known.append(f"{field} {sign}= {value!r}")
            known.append(f"({field}, task.key) {sign} ({value!r}, {after.key:d})")
        end = f" ORDER BY {field} {way}, {key} {way} LIMIT {order.limit + 1:d}"
        made.append(_ended(question(what, wanted.ids, columns, *known, hint=hint), end))
    unknown = [f"{field} IS NULL"]
    if after is not None and after.value is None:
        unknown.append(f"task.key < {after.key:d}")
    end = f" ORDER BY {key} DESC LIMIT {order.limit + 1:d}"
    made.append(_ended(question(what, wanted.ids, columns, *unknown, hint=hint), end))
    return made


def are_few(connection: sqlite3.Connection, wanted: Wanted) -> bool:
    """Whether what the index finds had better be sorted."""
    match = wanted.condition.match
    if wanted.narrow or not match:
        return wanted.narrow
    found = f"SELECT rowid FROM task_text WHERE task_text MATCH ? LIMIT {SORTED_MAX + 1:d}"
    (n,) = connection.execute(f"SELECT count(*) FROM ({found})", (match,)).fetchone()
    return bool(n <= SORTED_MAX)


def _in_rows(what: Condition) -> Condition:
    """The same, with what the index finds as a list to look a row up in."""
    if not what.match:
        return what
    listed = "+task.key IN (SELECT rowid FROM task_text WHERE task_text MATCH ?)"
    sql = f"{listed} AND {what.sql}" if what.sql else listed
    return what._replace(match="", sql=sql, values=(what.match, *what.values))


# --- by a word -----------------------------------------------------------------------------------


def _by_group(
    connection: sqlite3.Connection, wanted: Wanted, order: Order, lookup: Lookup
) -> Iterator[Place]:
    column, after = _GROUPED[order.by], order.after
    groups = _groups(column, lookup)
    # Of states, names and workers alone, each group is found at once, however many there are.
    if wanted.narrow or (wanted.texts and are_few(connection, wanted)):
        yield from _sorted(connection, wanted, order, dict(groups))
        return
    allowed = [set(one.numbers) for one in wanted.choices if one and one.column == column]
    left = order.limit + 1
    for number, word in reversed(groups) if order.descending else groups:
        if any(number not in each for each in allowed):
            continue
        if after and _is_before(word, str(after.value), order.descending):
            continue
        place = after if after and word == after.value else None
        inner = order._replace(descending=True, after=place, limit=left - 1)
        statement = by_key(within(wanted.condition, column, number), wanted, inner)
        for (key,) in connection.execute(*statement):
            yield Place(word, key)
            left -= 1
        if left <= 0:
            return


def within(what: Condition, column: str, number: int) -> Condition:
    """The same, of one state, name or node."""
    own = one_of(_FACETS[column], (number,))
    return what._replace(match=f"({what.match}) AND {own}" if what.match else own)


def _groups(column: str, lookup: Lookup) -> list[tuple[int, str]]:
    if column == "state":
        # Sorted as a life goes, not by the letters of its words.
        return [(number, f"{number:02}") for number in range(len(STATES))]
    return lookup.names(column)


def _sorted(
    connection: sqlite3.Connection, wanted: Wanted, order: Order, words: dict[int, str]
) -> Iterator[Place]:
    """All that match, sorted here: what finds them gives another order."""
    columns = f"task.{_GROUPED[order.by]}, task.key"
    found = connection.execute(*question(wanted.condition, wanted.ids, columns))
    made = [Place(words.get(number, ""), key) for number, key in found]
    made.sort(key=lambda place: -place.key)
    made.sort(key=lambda place: str(place.value), reverse=order.descending)
    after = order.after
    for place in made:
        if after is not None:
            word, other = str(place.value), str(after.value)
            if _is_before(word, other, order.descending):
                continue
            if word == other and place.key >= after.key:
                continue
        yield place


def _is_before(word: str, other: str, descending: bool) -> bool:
    return word > other if descending else word < other


def _ended(statement: Statement, end: str) -> Statement:
    return Statement(statement.sql + end, statement.values)
