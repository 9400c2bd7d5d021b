"""One request of the API: what it asks of the engine, and how the answer is written down.

Every request is one of the engine's commands and its answer one of the documents of the command
line; an :class:`Operation` is the line that joins them. The OpenAPI document is made of the same
lines (:mod:`web.monitor.openapi`), so what is described is what is done.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec
from starlette.datastructures import QueryParams

from desktop.engine.commands import Command
from desktop.engine.errors import UsageError
from desktop.engine.model import StackStatus
from desktop.paths import Home
from desktop.words import text, verbatim

Document = dict[str, Any]
Reply = tuple[int, Document]
"""HTTP status and JSON document, in the present language."""
Schema = dict[str, Any]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request without fields."""


class Reading(Protocol):
    """A question that is not the engine's: what this process reads itself, off its loop. Equal
    readings are one, as equal commands are."""

    def read(self) -> Any:
        """The answer. Raises :class:`desktop.engine.errors.TrayError`."""

    def __hash__(self) -> int: ...


class Asked(NamedTuple):
    """What came with a request, checked."""

    project: str
    path: Mapping[str, str]
    """The parts of the address that have a name."""
    query: Any
    """An :attr:`Operation.query`."""
    body: Any
    """An :attr:`Operation.body`."""
    home: Home | None = None
    stack: StackStatus | None = None
    """As the engine told it last; None while it doesn't."""


class Operation(msgspec.Struct, frozen=True):
    """``GET`` asks a question, which several pages may share; ``POST`` and ``DELETE`` change
    something, and a read-only monitor refuses them."""

    method: str
    path: str
    """As Starlette writes it: ``/api/tasks/{id}``."""
    summary: str
    """For the OpenAPI document, in English."""
    ask: Callable[[Asked], Command | Reading]
    """May raise :class:`desktop.engine.errors.TrayError`."""
    tell: Callable[[Any], Document | Reply]
    """The answer in the present language; a document alone is a 200."""
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] = Nothing
    fresh_s: float = 0.5
    """A question: an answer of this age is still given to the next who asks the same."""
    answer: Schema | None = None
    """JSON schema of a 200; None: an object, as the command line's document."""


@functools.cache
def _names_of(kind: type[msgspec.Struct]) -> tuple[tuple[str, bool], ...]:
    """Of each field its name, and whether it takes many values. Reading annotations costs more
    than the rest of a request."""
    fields = msgspec.structs.fields(kind)
    return tuple((one.encode_name, str(one.type).startswith("tuple")) for one in fields)


def query_of(kind: type[msgspec.Struct], given: QueryParams) -> Any:
    """The fields of an address; names that are not asked for are passed over. A field that is a
    tuple takes each of its values. Raises :class:`UsageError`."""
    fields: dict[str, Any] = {}
    for name, many in _names_of(kind):
        values = given.getlist(name)
        if values:
            fields[name] = values if many else values[-1]
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(
            "query",
            text("The request can't be understood."),
            verbatim(f"{error}."),
            text("See GET {path} for what it may be.", path="/api/openapi.json"),
        ) from None


def body_of(kind: type[msgspec.Struct], sent: bytes) -> Any:
    """The fields of a JSON body; none is as good as an empty object. Raises
    :class:`UsageError`."""
    try:
        return msgspec.json.decode(sent or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        known = [field.encode_name for field in msgspec.structs.fields(kind)]
        raise UsageError(
            "body",
            text("The request can't be understood."),
            text(
                "Its body is not a JSON object with these fields: {fields}. {reason}",
                fields=", ".join(known) or "–",
                reason=f"{error}."[:300],
            ),
            text("See GET {path} for what it may be.", path="/api/openapi.json"),
        ) from None


def told(operation: Operation, answer: Any) -> Reply:
    """The answer as it goes out."""
    document = operation.tell(answer)
    return document if isinstance(document, tuple) else (200, document)
