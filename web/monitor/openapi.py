"""The API as an OpenAPI 3.1 document, made of the operations themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from web.monitor.export import ExportQuery
from web.monitor.operation import Operation, Schema

_PROBLEM: Schema = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("code", "title", "message", "next_step")},
    "required": ["title"],
}
_REFUSALS = {
    "400": "The request can't be read.",
    "403": "From another page, or the monitor is read-only.",
    "404": "There is no such thing.",
    "409": "Refused: it would harm.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A field is wrong.",
    "500": "It failed.",
    "503": "The engine or the broker is out of reach.",
}


def openapi(operations: Iterable[Operation]) -> Schema:
    """What is asked, what is answered, and what else may be answered instead."""
    paths: dict[str, dict[str, Any]] = {
        "/api/status": {"get": _document("The whole state, as status --json.")},
        "/healthz": {"get": _document("Whether the engine answers.")},
        "/api/tasks/export": {
            "get": {
                **_document("All tasks that match, as CSV or as a JSON document a line."),
                "parameters": _query(ExportQuery),
            }
        },
    }
    kinds: list[type] = []
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
        kinds += [one.body] if one.method != "GET" else []
    _, components = msgspec.json.schema_components(
        list(dict.fromkeys(kinds)), ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Celery Tray monitor",
            "version": "1",
            "description": "Services, workers, tasks and queues of one project.",
        },
        "paths": paths,
        "components": {"schemas": {**components, "Problem": _PROBLEM}},
    }


def _operation(one: Operation) -> Schema:
    described = _document(one.summary, one.answer)
    described["parameters"] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)", one.path)
    ] + _query(one.query)
    if one.method != "GET":
        schema = {"$ref": f"#/components/schemas/{one.body.__name__}"}
        described["requestBody"] = {"content": {"application/json": {"schema": schema}}}
        described["responses"]["202"] = _answer("On its way.", {"type": "object"})
    return described


def _document(summary: str, schema: Schema | None = None) -> Schema:
    problem = {"$ref": "#/components/schemas/Problem"}
    return {
        "summary": summary,
        "responses": {
            "200": _answer("Done.", schema or {"type": "object"}),
            **{
                code: _answer(words, problem if code not in {"409", "500"} else {"type": "object"})
                for code, words in _REFUSALS.items()
            },
        },
    }


def _query(kind: type[msgspec.Struct]) -> list[Schema]:
    _, components = msgspec.json.schema_components([kind])
    fields = components[kind.__name__].get("properties", {})
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in fields.items()
    ]


def _answer(words: str, schema: Schema) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": schema}}}
