"""A query's tree as a condition of SQL. Values are always parameters, never part of the text.

What stands at the top and is about text alone goes to the full-text index as one expression,
because it answers in the order of keys and as lazily as it is asked. The rest is a condition on the
row.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from desktop.engine.history.query import (
    And,
    Compare,
    Field,
    Not,
    Or,
    Query,
    State,
    Time,
    Word,
)
from desktop.engine.history.rows import storable
from desktop.engine.history.schema import KEYS_A_SECOND, STATE_NUMBER
from desktop.engine.history.text_index import (
    NAME,
    NODE,
    STATE,
    is_indexed,
    one_of,
    phrase,
)

KEY_MOST = 2**63 - 1
_TEXT_FIELDS = {
    "args": ("args", "kwargs"),
    "result": ("result",),
    "error": ("exception", "traceback"),
}
_WORD_TABLES = {"name": "name", "worker": "node", "queue": "queue"}
_FACETS = {"state": STATE, "name": NAME, "node": NODE}
EVERYTHING = one_of(STATE, STATE_NUMBER.values())
"""Each task has a state."""
_NUMBER_SQL = {
    "runtime": "task.runtime",
    "wait": "(task.started - COALESCE(task.sent, task.received))",
    "retries": "COALESCE(task.retries, 0)",
}
_HEX = re.compile(r"[0-9a-fA-F-]{1,36}")
_PLACE = re.compile(r"([\w.-]+):(\d+)")
_AGO = re.compile(r"(\d+(?:\.\d+)?)(s|m|min|h|d|w)")
_UNIT_S = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_DAY_S = 86_400.0


class Words(Protocol):
    """What has to be looked up in the file to make a good condition."""

    def numbers(self, table: str, pattern: str, *, exact: bool) -> tuple[int, ...] | None:
        """Those of ``name``, ``node`` or ``queue`` that match (LIKE); None: too many to list."""

    def is_an_id(self, low: bytes | str, high: bytes | str) -> bool:
        """Whether some task's id lies there."""

    def few_run(self, operator: str, seconds: float) -> bool:
        """Whether only few tasks ran so long; ``operator`` is one of query.OPERATORS."""


class Condition(NamedTuple):
    """All of it has to hold."""

    match: str = ""
    """For the full-text index; "": nothing to ask there."""
    sql: str = ""
    """On ``task``; "": nothing more."""
    values: tuple[object, ...] = ()
    lowest: int = 0
    """Keys from here …"""
    highest: int = KEY_MOST
    """… to here, itself included."""
    narrow: bool = False
    """A handful of rows at most, which an index of the table finds."""


class Choice(NamedTuple):
    """A part of a query that is true of tasks with one of these numbers."""

    column: str
    """ "state", "name" or "node"."""
    numbers: tuple[int, ...]


def condition(query: Query, words: Words, now: float, *, by_row: bool = False) -> Condition:
    """What a row has to fulfil; ``now`` is the instant that "1h" (ago) counts from. With
    ``by_row`` states, names and workers are looked at in each row instead of found by the index.
    """
    compiler = _Compiler(words, now, by_row=by_row)
    texts: list[str] = []
    not_texts: list[str] = []
    rest: list[str] = []
    lowest, highest = 0, KEY_MOST
    narrow = False
    for part in parts_of(query):
        positive = part.part if isinstance(part, Not) else part
        expression = compiler.text_only(positive)
        if isinstance(part, Time):
            bound = key_at(part.at, now)
            if part.field == "since":
                lowest = max(lowest, bound)
            else:
                highest = min(highest, bound)
        elif expression:
            (not_texts if isinstance(part, Not) else texts).append(expression)
        else:
            narrow = narrow or compiler.is_narrow(part)
            rest.append(compiler.sql(part))
    if not_texts and not texts:
        texts.append(EVERYTHING)  # the index takes away from something only
    match = " AND ".join(f"({one})" for one in texts)
    if not_texts:
        match = f"({match}) NOT ({' OR '.join(f'({one})' for one in not_texts)})"
    sql = " AND ".join(f"({one})" for one in rest)
    return Condition(match, sql, tuple(compiler.values), lowest, highest, narrow)


def choices(query: Query, words: Words) -> tuple[Choice | None, ...]:
    """Each part of a query as a choice; None for one that is none."""
    return tuple(_choice(part, words) for part in parts_of(query))


def parts_of(query: Query) -> tuple[Query, ...]:
    """What has to hold together."""
    return query.parts if isinstance(query, And) else (query,)


def _choice(part: Query, words: Words) -> Choice | None:
    if isinstance(part, State):
        return Choice("state", (STATE_NUMBER[part.state],))
    if isinstance(part, Or) and all(isinstance(one, State) for one in part.parts):
        states = {STATE_NUMBER[one.state] for one in part.parts if isinstance(one, State)}
        return Choice("state", tuple(sorted(states)))
    if isinstance(part, Field) and part.field in {"name", "worker"}:
        numbers = _numbers(part, words)
        return None if numbers is None else Choice(_WORD_TABLES[part.field], numbers)
    return None


def _numbers(part: Field, words: Words) -> tuple[int, ...] | None:
    pattern = part.value if part.exact else like(part.value, whole="*" in part.value)
    return words.numbers(_WORD_TABLES[part.field], storable(pattern), exact=part.exact)


def key_at(at: str, now: float) -> int:
    """The key of an instant as a query names it."""
    ago = _AGO.fullmatch(at)
    if ago:
        instant = now - float(ago[1]) * _UNIT_S[ago[2]]
    elif at in {"today", "yesterday"}:
        then = time.localtime(now - (_DAY_S if at == "yesterday" else 0.0))
        instant = time.mktime((*then[:3], 0, 0, 0, 0, 0, -1))
    elif "-" in at:
        numbers = [int(digits) for digits in re.findall(r"\d+", at)]
        numbers += [0] * (6 - len(numbers))
        try:
            instant = time.mktime((*numbers, 0, 0, -1))  # type: ignore[arg-type]
        except (OverflowError, ValueError):
            instant = 0.0
    else:
        instant = float(at)
    return min(max(0, int(instant * KEYS_A_SECOND)), KEY_MOST)


def id_ranges(prefix: str, *, exact: bool = False) -> list[tuple[bytes | str, bytes | str]]:
    """Where ids that begin so lie: among UUIDs, which are stored as bytes, and among others."""
    words = storable(prefix)
    ranges: list[tuple[bytes | str, bytes | str]] = [
        (words, words if exact else words + "\U0010ffff")
    ]
    digits = words.replace("-", "").lower()
    if _HEX.fullmatch(words) and digits and len(digits) <= 32 and (not exact or len(digits) == 32):
        low, high = digits.ljust(32, "0"), digits.ljust(32, "f")
        ranges.append((bytes.fromhex(low), bytes.fromhex(high)))
    return ranges


class _Compiler:
    """Gathers the values in the order of their marks."""

    def __init__(self, words: Words, now: float, *, by_row: bool) -> None:
        self.values: list[object] = []
        self._words = words
        self._now = now
        self._by_row = by_row

    # --- the full-text index ---------------------------------------------------------------------

    def text_only(self, part: Query) -> str:
        """The part as an expression of FTS5; "" when it is (also) about something else."""
        match part:
            case Word(words, exact):
                looked_up = self._is_id(words)
                return "" if looked_up else _expression(words, exact, ())
            case Field(field, value, exact) if field in _TEXT_FIELDS:
                return _expression(value, exact, _TEXT_FIELDS[field])
            case State() | Field() if not self._by_row and (chosen := _choice(part, self._words)):
                return one_of(_FACETS[chosen.column], chosen.numbers)
            case And(parts) | Or(parts):
                each = [self.text_only(one) for one in parts]
                joint = " OR " if isinstance(part, Or) else " AND "
                return joint.join(f"({one})" for one in each) if each and all(each) else ""
        return ""

    def in_text(self, expression: str) -> str:
        """The row is among those that the index finds."""
        self.values.append(expression)
        return "task.key IN (SELECT rowid FROM task_text WHERE task_text MATCH ?)"

    # --- the row ---------------------------------------------------------------------------------

    def sql(self, part: Query) -> str:
        match part:
            case And(parts):
                return " AND ".join(f"({self.sql(one)})" for one in parts) or "1"
            case Or(parts):
                return " OR ".join(f"({self.sql(one)})" for one in parts)
            case Not(inner):
                return f"({self.sql(inner)}) IS NOT TRUE"
            case State(state):
                return f"task.state = {STATE_NUMBER[state]}"
            case Time(field, at):
                self.values.append(key_at(at, self._now))
                return f"task.key {'>=' if field == 'since' else '<='} ?"
            case Compare(field, operator, number):
                self.values.append(number)
                return f"{_NUMBER_SQL[field]} {operator} ?"
            case Word(words, exact):
                return self._word(words, exact)
            case Field(field, value, exact):
                return self._field(field, value, exact)

    def _word(self, words: str, exact: bool) -> str:
        expression = _expression(words, exact, ())
        parts = [self.in_text(expression)] if expression else [self._anywhere(words, exact)]
        if self._is_id(words):
            parts += [f"task.key IN (SELECT key FROM task WHERE {self._id('id', words, exact)})"]
        return " OR ".join(parts)

    def _field(self, field: str, value: str, exact: bool) -> str:
        if field == "id":
            return self._id("task.id", value, exact)
        if field == "root":
            of_root, itself = self._id("root", value, exact), self._id("id", value, exact)
            # Two questions, because no index answers both at once.
            return (
                f"task.key IN (SELECT key FROM task WHERE ({of_root}) AND root != x'' UNION "
                f"SELECT key FROM task WHERE ({itself}) AND (root IS NULL OR root = x''))"
            )
        if field in _WORD_TABLES:
            return self._word_table(Field(field, value, exact))
        expression = _expression(value, exact, _TEXT_FIELDS[field])
        return self.in_text(expression) if expression else self._like(value, _TEXT_FIELDS[field])

    def _word_table(self, part: Field) -> str:
        table = _WORD_TABLES[part.field]
        numbers = _numbers(part, self._words)
        if numbers is not None:
            return f"task.{table} IN ({', '.join(map(str, numbers))})"
        self.values.append(storable(like(part.value, whole="*" in part.value)))
        return f"task.{table} IN (SELECT id FROM {table} WHERE text LIKE ? ESCAPE '\\')"

    def _anywhere(self, words: str, exact: bool) -> str:
        pattern = like(words, star=not exact)
        self.values.append(storable(pattern))
        named = "task.name IN (SELECT id FROM name WHERE text LIKE ? ESCAPE '\\')"
        columns = ("args", "kwargs", "result", "exception", "traceback")
        return f"{named} OR {self._like(words, columns, exact)}"

    def _like(self, words: str, columns: Sequence[str], exact: bool = False) -> str:
        pattern = storable(like(words, star=not exact))
        self.values += [pattern] * len(columns)
        return " OR ".join(f"task.{column} LIKE ? ESCAPE '\\'" for column in columns)

    def _id(self, column: str, value: str, exact: bool) -> str:
        ranges = id_ranges(value.rstrip("*") if not exact else value, exact=exact)
        for one in ranges:
            self.values += one
        return " OR ".join([f"{column} BETWEEN ? AND ?"] * len(ranges))

    def is_narrow(self, part: Query) -> bool:
        """Whether it is true of a handful of tasks only, which an index finds: of this id, of this
        root, of those that ran so long."""
        if isinstance(part, Word):
            return self._is_id(part.words)
        if isinstance(part, Compare) and part.field == "runtime":
            return self._words.few_run(part.operator, part.number)
        return isinstance(part, Field) and part.field in {"id", "root"}

    def _is_id(self, words: str) -> bool:
        return any(self._words.is_an_id(low, high) for low, high in id_ranges(words) if words)


def _expression(words: str, exact: bool, columns: Sequence[str]) -> str:
    """What the index is asked; "" where it can't answer: ``*`` inside, or nothing but marks."""
    bare = words if exact else words.rstrip("*")
    if not is_indexed(bare) or (not exact and "*" in bare):
        return ""
    asked = phrase(storable(bare), prefix=not exact)
    if not exact and (place := _PLACE.fullmatch(bare)):
        # As the figures name it; a traceback has it in these words.
        asked = f"({asked} OR {phrase(f'{place[1]} line {place[2]}', prefix=False)})"
    return f"{{{' '.join(columns)}}} : {asked}" if columns else asked


def like(words: str, *, whole: bool = False, star: bool = True) -> str:
    """A pattern of LIKE: found anywhere, or with ``whole`` all of it. ``*`` stands for anything."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = escaped.replace("*", "%") if star else escaped
    return pattern if whole else f"%{pattern}%"
