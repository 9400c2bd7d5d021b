"""A tree of the query language as text again. Pure."""

from __future__ import annotations

from desktop.engine.history.query import (
    ALL,
    And,
    Compare,
    Field,
    Not,
    Or,
    Query,
    State,
    Time,
    Word,
    parse,
)


def render(query: Query) -> str:
    """Text that :func:`~desktop.engine.history.query.parse` reads as the same tree."""
    if query == ALL:
        return ""
    return _rendered(query)


def all_of(*parts: Query) -> Query:
    """What matches all of these."""
    flat: list[Query] = []
    for part in parts:
        flat += part.parts if isinstance(part, And) else [part]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def search_of(
    *,
    state: str | None = None,
    name: str | None = None,
    worker: str | None = None,
    since: str | None = None,
    search: str | None = None,
) -> str:
    """What a command or an address asks for by name, as one query. Raises :class:`BadQuery`."""
    parts: list[Query] = []
    for field, value in (("state", state), ("since", since)):
        if value:
            # Letters that mean something in a query make no part of one here.
            plain = not any(char.isspace() or char in '()"' for char in value)
            parts.append(parse(f"{field}:{value}" if plain else f'{field}:"{field}"'))
    for field, value in (("name", name), ("worker", worker)):
        if value:
            plain = not any(char.isspace() or char in '()"' for char in value)
            parts.append(Field(field, value, exact=not plain))
    if search and search.strip():
        parts.append(parse(search))
    return render(all_of(*parts)) if parts else ""


def _rendered(query: Query) -> str:
    match query:
        case Word(words, exact):
            return _quoted(words) if exact else words
        case Field(field, value, exact):
            return f"{field}:{_quoted(value) if exact else value}"
        case State(state):
            return f"state:{state.value.lower()}"
        case Time(field, at):
            return f"{field}:{at}"
        case Compare(field, operator, number):
            return f"{field}{operator}{number:.9f}"
        case Not(part):
            return f"NOT {_inner(part)}"
        case And(parts):
            return " ".join(map(_inner, parts))
        case Or(parts):
            return " OR ".join(map(_inner, parts))


def _inner(query: Query) -> str:
    return f"({_rendered(query)})" if isinstance(query, And | Or) else _rendered(query)


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
