"""The query language of the search box and of ``tasks --search``: from text to a tree. Pure.

::

    query  := or                          words side by side are meant all
    or     := and ("OR" and)*
    and    := not ("AND"? not)*
    not    := ("NOT" | "-") not | "(" or ")" | term
    term   := WORD | "QUOTED" | FIELD:VALUE | NUMBER-FIELD (> >= < <= =) NUMBER

What stands in quotation marks is meant exactly, with ``\\"`` and ``\\\\`` inside. ``*`` stands for
anything. :func:`render` gives text that is read as the same tree again.
"""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

import msgspec

from desktop.engine.errors import UsageError
from desktop.engine.states import TaskState
from desktop.words import Text, text

FIELDS = ("name", "state", "worker", "queue", "args", "result", "error", "id", "root")
TIMES = ("since", "until")
NUMBERS = ("runtime", "wait", "retries")
OPERATORS = (">=", "<=", ">", "<", "=")
LENGTH_MAX = 4_000
"""Characters of a query."""
DEPTH_MAX = 50
TERMS_MAX = 200
_NAMED = re.compile(r"([A-Za-z]+):")
_COMPARED = re.compile(rf"({'|'.join(NUMBERS)})(>=|<=|>|<|=)", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|min|h|d)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_TIME = re.compile(
    r"\d{1,9}(?:\.\d{1,9})?(?:s|m|min|h|d|w)"
    r"|\d{9,12}(?:\.\d{1,9})?"
    r"|\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?)?"
    r"|today|yesterday"
)
_STATES = {
    "failed": TaskState.FAILURE,
    "succeeded": TaskState.SUCCESS,
    "running": TaskState.STARTED,
    "retrying": TaskState.RETRY,
}
"""What people call them; Celery's own words are known besides."""


class Word(NamedTuple):
    """Found anywhere in name, arguments, result or error; or the beginning of an id."""

    words: str
    exact: bool = False


class Field(NamedTuple):
    """One of :data:`FIELDS` holds, or with ``exact`` is, this."""

    field: str
    value: str
    exact: bool = False


class State(NamedTuple):
    state: TaskState


class Time(NamedTuple):
    """News of it since, or until, an instant: "90m" (ago), "2026-11-24T14:05", seconds of the
    epoch, "today", "yesterday"."""

    field: str
    at: str


class Compare(NamedTuple):
    """One of :data:`NUMBERS` compared with a number; durations in seconds."""

    field: str
    operator: str
    number: float


class Not(NamedTuple):
    part: Query


class And(NamedTuple):
    parts: tuple[Query, ...]


class Or(NamedTuple):
    parts: tuple[Query, ...]


Query = Word | Field | State | Time | Compare | Not | And | Or
NOTHING = Text("")
ALL = And(())
"""Matches everything: what an empty query means."""


class BadQuery(UsageError):
    """A query that can't be read. ``position`` is the offset, in characters, of the mistake."""

    def __init__(self, query: str, position: int, expected: Text, hint: Text = NOTHING) -> None:
        self.position = min(max(position, 0), len(query))
        super().__init__(
            "bad-query",
            text(
                "The search can't be read at character {n}: expected {expected}.",
                n=self.position + 1,
                expected=expected,
            ),
            hint,
            text('For example: state:failure since:1h "connection refused"'),
        )
        # The place goes over the wire, too: a search box marks it.
        self.problem = msgspec.structs.replace(self.problem, log=_marked(query, self.position))


def parse(query: str) -> Query:
    """The tree of a query; :data:`ALL` of an empty one. Raises :class:`BadQuery`."""
    if len(query) > LENGTH_MAX:
        raise BadQuery(query, LENGTH_MAX, text("at most {n} characters", n=LENGTH_MAX))
    return _Parser(query).parse()


# --- text to tokens ------------------------------------------------------------------------------


class _Token(NamedTuple):
    kind: str
    """ "(", ")", "-", "AND", "OR", "NOT", "term" or "end"."""
    at: int
    term: Query | None = None


def _tokens(query: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(query)
    while at < end:
        char = query[at]
        if char.isspace():
            at += 1
        elif char in "()":
            found.append(_Token(char, at))
            at += 1
        elif char == "-" and at + 1 < end and _begins_a_term(query[at + 1]):
            found.append(_Token("-", at))
            at += 1
        else:
            token, at = _term(query, at)
            found.append(token)
    terms = [token for token in found if token.kind == "term"]
    if len(terms) > TERMS_MAX:
        raise BadQuery(query, terms[TERMS_MAX].at, text("at most {n} terms", n=TERMS_MAX))
    return [*found, _Token("end", end)]


def _begins_a_term(char: str) -> bool:
    """After "-": not of an arrow, or of a line of hyphens."""
    return char.isalnum() or char in '"(*_'


def _term(query: str, at: int) -> tuple[_Token, int]:
    if query[at] == '"':
        words, after = _quoted(query, at)
        return _Token("term", at, Word(words, exact=True)), after
    compared = _COMPARED.match(query, at)
    if compared:
        bare, after = _bare(query, compared.end())
        number = _number(query, compared.end(), bare)
        return _Token("term", at, Compare(compared[1].lower(), compared[2], number)), after
    named = _NAMED.match(query, at)
    if named:
        field = named[1].lower()
        if field in FIELDS or field in TIMES:
            return _field(query, at, field, named.end())
        if field in NUMBERS:
            raise BadQuery(query, named.end() - 1, text("a comparison, such as runtime>2"))
        near = difflib.get_close_matches(field, (*FIELDS, *TIMES), n=1, cutoff=0.7)
        if near:
            raise BadQuery(
                query,
                at,
                text("a field that there is: {fields}", fields=", ".join((*FIELDS, *TIMES))),
                text("Did you mean {name}?", name=f"{near[0]}:"),
            )
    bare, after = _bare(query, at)
    if bare in {"AND", "OR", "NOT"}:
        return _Token(bare, at), after
    return _Token("term", at, Word(bare)), after


def _field(query: str, at: int, field: str, value_at: int) -> tuple[_Token, int]:
    exact = value_at < len(query) and query[value_at] == '"'
    value, after = _quoted(query, value_at) if exact else _bare(query, value_at)
    if not value:
        expected = text("a value right after {field}", field=f"{field}:")
        raise BadQuery(query, value_at, expected)
    if field == "state":
        return _Token("term", at, State(_state(query, value_at, value))), after
    if field in TIMES:
        if not _TIME.fullmatch(value):
            expected = text("a time, such as 90m (ago), 2026-11-24 or 2026-11-24T14:05")
            raise BadQuery(query, value_at, expected)
        return _Token("term", at, Time(field, value)), after
    return _Token("term", at, Field(field, value, exact)), after


def _bare(query: str, at: int) -> tuple[str, int]:
    after = at
    while after < len(query) and not query[after].isspace() and query[after] not in '()"':
        after += 1
    return query[at:after], after


def _quoted(query: str, at: int) -> tuple[str, int]:
    words: list[str] = []
    place = at + 1
    while place < len(query):
        char = query[place]
        if char == '"':
            return "".join(words), place + 1
        if char == "\\" and query[place + 1 : place + 2] in {'"', "\\"}:
            place += 1
            char = query[place]
        words.append(char)
        place += 1
    raise BadQuery(query, at, text("a closing quotation mark for this one"))


def _number(query: str, at: int, bare: str) -> float:
    found = _NUMBER.fullmatch(bare)
    if not found:
        raise BadQuery(query, at, text("a number, such as 2, 0.5, 300ms or 5m"))
    return float(found[1]) * _UNITS[found[2] or "s"]


def _state(query: str, at: int, value: str) -> TaskState:
    word = value.lower()
    if word in _STATES:
        return _STATES[word]
    begun = [state for state in TaskState if state.value.lower().startswith(word)]
    exact = [state for state in begun if state.value.lower() == word]
    if len(exact or begun) != 1:
        states = ", ".join(state.value.lower() for state in TaskState)
        raise BadQuery(query, at, text("one of the states {states}", states=states))
    return (exact or begun)[0]


# --- tokens to a tree ----------------------------------------------------------------------------


class _Parser:
    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = _tokens(query)
        self._place = 0
        self._depth = 0

    def parse(self) -> Query:
        if self._now.kind == "end":
            return ALL
        tree = self._or()
        if self._now.kind != "end":
            raise BadQuery(self._query, self._now.at, text("no closing parenthesis here"))
        return tree

    @property
    def _now(self) -> _Token:
        return self._tokens[self._place]

    def _or(self) -> Query:
        parts = [self._and()]
        while self._now.kind == "OR":
            self._place += 1
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(_flat(parts, Or))

    def _and(self) -> Query:
        parts = [self._not()]
        while self._now.kind in {"term", "(", "-", "NOT", "AND"}:
            if self._now.kind == "AND":
                self._place += 1
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(_flat(parts, And))

    def _not(self) -> Query:
        token = self._now
        self._place += token.kind != "end"
        if token.kind == "term" and token.term is not None:
            return token.term
        if token.kind not in {"(", "-", "NOT"}:
            raise BadQuery(self._query, token.at, text("a word, a field or a parenthesis"))
        self._depth += 1
        if self._depth > DEPTH_MAX:
            expected = text("at most {n} parentheses in each other", n=DEPTH_MAX)
            raise BadQuery(self._query, token.at, expected)
        if token.kind == "(":
            tree = self._or()
            if self._now.kind != ")":
                expected = text("a closing parenthesis")
                raise BadQuery(self._query, self._now.at, expected)
            self._place += 1
        else:
            tree = Not(self._not())
        self._depth -= 1
        return tree


def _flat(parts: list[Query], kind: type[And] | type[Or]) -> tuple[Query, ...]:
    """Nested ANDs are one AND: "a (b c)" means "a b c"."""
    flat: list[Query] = []
    for part in parts:
        flat += part.parts if isinstance(part, And | Or) and type(part) is kind else [part]
    return tuple(flat)


def _marked(query: str, position: int) -> tuple[str, ...]:
    """The query with a mark below the mistake; short, on one line."""
    start = max(0, position - 40)
    part = "".join(c if c.isprintable() else " " for c in query[start : position + 40])
    return (part, " " * (position - start) + "^")
