"""Figures of tasks over a span of time, and the searches that a person has kept."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec

from desktop.engine.errors import UsageError
from desktop.engine.history.conditions import key_at
from desktop.engine.history.query import Time, parse
from desktop.engine.history.schema import KEYS_A_SECOND
from desktop.engine.history_commands import ListFilters, SavedFilters, SaveFilter, TaskFigures
from desktop.engine.task_documents import figures_document
from desktop.words import text
from web.monitor.operation import Asked, Document, Operation

POINTS, POINTS_MAX = 60, 500
GRID_S = 2
"""Spans begin at whole steps of this, so that pages that look at the same ask the same."""


class FiguresQuery(msgspec.Struct, frozen=True):
    """Of which span, and of which task."""

    since: str = "1d"
    """90m (ago), 2h, 3d, today, 2026-11-24 or 2026-11-24T14:05."""
    name: str = ""
    """Of one task; "": of all."""
    points: Annotated[int, msgspec.Meta(ge=1, le=POINTS_MAX)] = POINTS


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A search under a name; one of the same name gives way."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    search: Annotated[str, msgspec.Meta(min_length=1)]


def _figures(asked: Asked) -> TaskFigures:
    query: FiguresQuery = asked.query
    since = _instant(query.since, time.time() // GRID_S * GRID_S)
    return TaskFigures(asked.project, since, name=query.name, points=query.points)


def _instant(since: str, now: float) -> float:
    """Seconds since the epoch, of a time as a search has it. Raises :class:`UsageError`."""
    try:
        parsed = parse(f"since:{since}")
    except UsageError:
        parsed = None
    if not isinstance(parsed, Time):
        raise UsageError(
            "usage",
            text(
                "{name}: {reason}",
                name="since",
                reason=text("expected a time, not “{value}”", value=since[:100]),
            ),
            text("A time is 90m (ago), 2h, 3d, today, 2026-11-24 or 2026-11-24T14:05."),
            text("See GET {path} for what it may be.", path="/api/openapi.json"),
        )
    return key_at(parsed.at, now) / KEYS_A_SECOND


def _filters(asked: Asked) -> ListFilters:
    return ListFilters(asked.project)


def _keep(asked: Asked) -> SaveFilter:
    return SaveFilter(asked.project, asked.body.name, asked.body.search)


def _let_go(asked: Asked) -> SaveFilter:
    return SaveFilter(asked.project, asked.path["name"], "")


def _kept(saved: SavedFilters) -> Document:
    return {"filters": [{"name": name, "search": search} for name, search in saved.filters]}


OPERATIONS = (
    Operation(
        "GET",
        "/api/figures",
        "Per task name, per failure and over time, as tasks stats and tasks failures --json.",
        _figures,
        figures_document,
        query=FiguresQuery,
        fresh_s=2.0,
    ),
    Operation("GET", "/api/filters", "The searches that were kept.", _filters, _kept),
    Operation("POST", "/api/filters", "Keep a search under a name.", _keep, _kept, body=Kept),
    Operation("DELETE", "/api/filters/{name}", "Let a kept search go.", _let_go, _kept),
)
