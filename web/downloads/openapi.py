"""The API as an OpenAPI 3.1 document: ``GET /api/openapi.json``."""

from __future__ import annotations

from typing import Any

from web.downloads.records import ENDED, IN_HAND

Schema = dict[str, Any]

STATES = sorted(ENDED | IN_HAND | {"PAUSED"})
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_INSTANT: Schema = {"type": ["number", "null"], "description": "Seconds since the epoch."}


def openapi() -> Schema:
    """What is asked, what is answered, and what else may be answered instead."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Celery Tray downloads",
            "version": "1",
            "description": "Paste an address, get a whole and checked file.",
        },
        "paths": {
            "/healthz": {"get": _operation("Whether Redis answers.", 200, _ref("Health"), 503)},
            "/api/downloads": {
                "get": _operation(
                    "Newest first.",
                    200,
                    _ref("Downloads"),
                    422,
                    parameters=[
                        _query("state", _TEXT, "States, with commas between."),
                        _query("q", _TEXT, "Words in the address or name."),
                        _query("limit", {"type": "integer", "minimum": 1, "maximum": 500}, "Most."),
                        _query("before", {"type": "number", "minimum": 0}, "Created before."),
                    ],
                ),
                "post": _operation(
                    "Ask for one (url) or many (urls).",
                    202,
                    {"anyOf": [_ref("Download"), _ref("Submitted")]},
                    413,
                    415,
                    422,
                    body={"anyOf": [_ref("Order"), _ref("Orders")]},
                ),
            },
            "/api/downloads/{id}": {
                "parameters": [_path("id")],
                "get": _operation("One.", 200, _ref("Download"), 404),
                "delete": _operation("Forget it and its file.", 200, _ref("Deleted"), 404, 409),
            },
            **{
                f"/api/downloads/{{id}}/{verb}": {
                    "parameters": [_path("id")],
                    "post": _operation(words, 200, _ref("Download"), 404, 409),
                }
                for verb, words in (
                    ("cancel", "Give it up; what has come is removed."),
                    ("pause", "Stop for now; what has come is kept."),
                    ("resume", "Go on where it was paused."),
                    ("retry", "Once more, after it ended without a file."),
                )
            },
            "/api/worker": {
                "get": _operation("Whether workers take the queues.", 200, _ref("Worker"))
            },
            "/api/clean": {
                "get": _operation("What the latest clean-up did.", 200, _ref("Cleaned")),
                "post": _operation(
                    "Clean up now.", 202, _object({"sent": {"type": "boolean"}}), 422
                ),
            },
            "/api/changes": {
                "get": _operation(
                    "What changed; for who can't listen to /api/events.",
                    200,
                    _ref("Changes"),
                    parameters=[_query("after", _COUNT, "The number of the last change seen.")],
                ),
            },
        },
        "components": {"schemas": _schemas()},
    }


def _schemas() -> dict[str, Schema]:
    url = {"type": "string", "minLength": 1, "maxLength": 8192}
    preview = _object({"kind": {"enum": ["image", "text", "pdf"]}, "href": _TEXT})
    file = _object(
        {
            "name": _TEXT,
            "size_bytes": _COUNT,
            "sha256": _TEXT,
            "href": _TEXT,
            "preview": _nullable(preview),
        }
    )
    progress = _object(
        {"done_bytes": _COUNT, "total_bytes": {"type": ["integer", "null"], "minimum": 0}}
    )
    many = {"type": "array", "items": _ref("Download")}
    counts = ("files", "partials", "records", "restored", "kept_files", "kept_bytes")
    return {
        "Words": _object(dict.fromkeys(("title", "message", "next_step"), _TEXT)),
        "Order": {
            **_object({"url": url, "filename": {**_TEXT, "maxLength": 1000}, "sha256": _TEXT}),
            "required": ["url"],
        },
        "Orders": _object(
            {"urls": {"type": "array", "items": url, "minItems": 1, "maxItems": 500}}
        ),
        "Download": _object(
            {
                "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "url": _TEXT,
                "state": {"enum": STATES},
                "change": _COUNT,
                "created_at": {"type": "number"},
                "ended_at": _INSTANT,
                "retry_at": _INSTANT,
                "progress": progress,
                "attempt": _COUNT,
                "attempts_max": _COUNT,
                "has_password": {"type": "boolean"},
                "file": _nullable(file),
                "error": _nullable(_ref("Words")),
            }
        ),
        "Downloads": _object({"downloads": many, "change": _COUNT}),
        "Submitted": _object(
            {
                "downloads": many,
                "refused": {
                    "type": "array",
                    "items": _object({"url": _TEXT, "error": _ref("Words")}),
                },
            }
        ),
        "Deleted": _object({"id": _TEXT, "deleted": {"type": "boolean"}}),
        "Health": {**_object({"ok": {"type": "boolean"}, "reason": _TEXT}), "required": ["ok"]},
        "Worker": {
            **_object({"ok": {"type": "boolean"}, "title": _TEXT, "next_step": _TEXT}),
            "required": ["ok"],
        },
        "Cleaned": _object(
            {
                "cleaned": _nullable(
                    _object({"at": {"type": "number"}, **dict.fromkeys(counts, _COUNT)})
                )
            }
        ),
        "Changes": _object(
            {
                "change": _COUNT,
                "reset": {"type": "boolean"},
                "downloads": {"type": "array", "items": {"type": "object"}},
            }
        ),
    }


def _operation(
    words: str,
    status: int,
    schema: Schema,
    *refusals: int,
    body: Schema | None = None,
    parameters: list[Schema] | None = None,
) -> Schema:
    answers = {str(status): _answer("Done.", schema)}
    # Redis away, a foreign Host or Origin: any request may be refused so.
    for code in {*refusals, 403, 415, 421, 503}:
        named = _ref("Health") if code == 503 and schema == _ref("Health") else _ref("Words")
        answers[str(code)] = _answer("Refused, with the reason.", named)
    asked: Schema = {"summary": words, "responses": answers}
    if body is not None:
        asked["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if parameters:
        asked["parameters"] = parameters
    return asked


def _answer(words: str, schema: Schema) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _object(properties: dict[str, Any]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _query(name: str, schema: Schema, words: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": words, "schema": schema}


def _path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}
