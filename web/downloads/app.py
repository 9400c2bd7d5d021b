"""The downloads app on :8000: a page, its API, and the files."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from pathlib import Path
from urllib.parse import quote

import redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from web.broker import BROKER_URL, DOWNLOADS
from web.downloads import files
from web.downloads.addresses import check_url
from web.downloads.failures import DownloadError, explain
from web.downloads.records import CHANGES, ENDED, PubSub, Record, Records
from web.guard import Guard
from web.language import Language, negotiate

HERE = Path(__file__).parent
LIMIT_MAX = 500
EVENTS_PAUSE_S = 0.25
KEEP_ALIVE_S = 15.0
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

Handler = Callable[[Request], Awaitable[Response]]


class RefusedError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: str, **details: str) -> None:
        super().__init__(code)
        self.status, self.code, self.details = status, code, details


def make_app(port: int) -> ASGIApp:
    """The whole application, behind its guard."""
    records = Records(BROKER_URL)
    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/healthz", _told(_health)),
            Route("/api/downloads", _told(_list), methods=["GET"]),
            Route("/api/downloads", _told(_submit), methods=["POST"]),
            Route("/api/downloads/{id}", _told(_one), methods=["GET"]),
            Route("/api/downloads/{id}", _told(_delete), methods=["DELETE"]),
            Route("/api/downloads/{id}/cancel", _told(_cancel), methods=["POST"]),
            Route("/api/downloads/{id}/retry", _told(_retry), methods=["POST"]),
            Route("/api/worker", _told(_worker)),
            Route("/api/events", _told(_events)),
            Route("/files/{id}/{name}", _told(_file)),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]
    )
    app.state.records = records
    return Guard(app, port)


def _told(handler: Handler) -> Handler:
    """Turns failures into answers with words; no traceback reaches a browser."""

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as failure:
            return _refusal(request, failure.status, failure.code, failure.details)
        except DownloadError as error:
            return _refusal(request, 422, error.code, error.details)
        except redis.RedisError:
            return _refusal(request, 503, "no-broker", {})

    return guarded


def _refusal(request: Request, status: int, code: str, details: dict[str, str]) -> Response:
    return JSONResponse(explain(code, details, language(request)), status)


def language(request: Request) -> Language:
    return negotiate(
        request.headers.get("accept-language", ""), request.query_params.get("lang", "")
    )


async def _page(request: Request) -> Response:
    return FileResponse(HERE / "templates" / "index.html", headers={"cache-control": "no-cache"})


async def _health(request: Request) -> Response:
    try:
        await asyncio.to_thread(_records(request).redis.ping)
    except redis.RedisError:
        words = explain("no-broker", {}, language(request))
        return JSONResponse({"ok": False, "reason": words["title"]}, 503)
    return JSONResponse({"ok": True})


async def _list(request: Request) -> Response:
    query = request.query_params
    try:
        limit = min(max(int(query.get("limit", "100")), 1), LIMIT_MAX)
        before = float(query["before"]) if "before" in query else None
    except ValueError:
        raise RefusedError(422, "bad-request", reason="limit, before") from None
    found = await asyncio.to_thread(
        _records(request).newest, limit=limit, before=before, state=query.get("state", "")
    )
    lang = language(request)
    return JSONResponse({"downloads": [document(record, lang) for record in found]})


async def _submit(request: Request) -> Response:
    wanted = await _body(request)
    url, filename, sha256 = (wanted.get(key, "") for key in ("url", "filename", "sha256"))
    if not all(isinstance(value, str) for value in (url, filename, sha256)) or not url:
        raise RefusedError(422, "bad-request", reason="url")
    if sha256 and not _SHA256.fullmatch(sha256):
        raise RefusedError(422, "bad-checksum")
    check_url(url.strip())
    record = await asyncio.to_thread(_queue, _records(request), url.strip(), filename, sha256)
    return JSONResponse(document(record, language(request)), 202)


def _queue(records: Records, url: str, filename: str, sha256: str) -> Record:
    records.redis.ping()
    record = records.create(url, files.safe_name(filename) if filename else "", sha256)
    try:
        _send(record["id"])
    except Exception:
        records.delete(record["id"])
        raise
    return record


def _send(download_id: str) -> None:
    from kombu.exceptions import OperationalError

    from web.downloads.tasks import download

    try:
        download.apply_async((download_id,), retry=False)
    except OperationalError as error:
        raise redis.ConnectionError(str(error)) from None


async def _one(request: Request) -> Response:
    return JSONResponse(document(await _find(request), language(request)))


async def _cancel(request: Request) -> Response:
    record = await _find(request)
    if record["state"] in ENDED:
        raise RefusedError(409, "conflict", state=record["state"])
    fields = {"cancel": "1"}
    if record["state"] != "STARTED":
        fields["state"] = "REVOKED"  # no task has it in hand: it will find this and do nothing
    return await _changed(request, record, fields)


async def _retry(request: Request) -> Response:
    record = await _find(request)
    shown = document(record, "en")
    if record["state"] not in ENDED or shown["file"] is not None:
        raise RefusedError(409, "conflict", state=record["state"])
    answer = await _changed(
        request,
        record,
        {"state": "PENDING", "cancel": "", "error": "", "done_bytes": "0", "total_bytes": ""},
    )
    await asyncio.to_thread(_send, record["id"])
    return answer


async def _delete(request: Request) -> Response:
    record = await _find(request)
    if record["state"] == "STARTED":
        raise RefusedError(409, "conflict", state=record["state"])
    await asyncio.to_thread(_records(request).delete, record["id"])
    await asyncio.to_thread(files.remove, record["id"])
    return JSONResponse({"id": record["id"], "deleted": True})


async def _changed(request: Request, record: Record, fields: dict[str, str]) -> Response:
    await asyncio.to_thread(lambda: _records(request).update(record["id"], **fields))
    return JSONResponse(document({**record, **fields}, language(request)))


async def _worker(request: Request) -> Response:
    """Whether a worker takes the queue of downloads; the page says so instead of waiting for ever.

    The broker's own bindings outlive dead workers, so the workers themselves are asked.
    """
    from web.celery_app import celery_app

    def ask() -> bool:
        replies = celery_app.control.inspect(timeout=0.7).active_queues() or {}
        return any(q.get("name") == DOWNLOADS for queues in replies.values() for q in queues)

    if await asyncio.to_thread(ask):
        return JSONResponse({"ok": True})
    words = explain("no-worker", {"queue": DOWNLOADS}, language(request))
    return JSONResponse({"ok": False, **words})


async def _file(request: Request) -> Response:
    """The file itself, always as an attachment: a fetched page must never run as ours."""
    name = request.path_params["name"]
    try:
        path = files.finished(request.path_params["id"], name)
    except ValueError:
        path = None
    if path is None:
        raise RefusedError(404, "not-found")
    disposition = f"attachment; filename*=utf-8''{quote(name, safe='')}"
    return FileResponse(
        path,
        media_type="application/octet-stream",
        headers={"content-disposition": disposition, "cache-control": "private, no-cache"},
    )


async def _events(request: Request) -> Response:
    """Server-sent events: each changed download, as its whole document."""
    lang = language(request)
    return StreamingResponse(
        _stream(_records(request), lang),
        media_type="text/event-stream",
        headers={"cache-control": "no-store"},
    )


async def _stream(records: Records, lang: Language) -> AsyncIterator[str]:
    listener = records.listener()
    quiet_s = 0.0
    try:
        await asyncio.to_thread(listener.subscribe, CHANGES)
        yield "retry: 1000\n\n"
        while True:
            changed = await asyncio.to_thread(_changed_ids, listener)
            for download_id in changed:
                record = await asyncio.to_thread(records.get, download_id)
                value = document(record, lang) if record else {"id": download_id, "deleted": True}
                yield f"event: download\ndata: {json.dumps(value)}\n\n"
            quiet_s = 0.0 if changed else quiet_s + EVENTS_PAUSE_S
            if quiet_s >= KEEP_ALIVE_S:
                quiet_s = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(EVENTS_PAUSE_S)
    except redis.RedisError:
        return  # the browser connects again by itself
    finally:
        listener.close()


def _changed_ids(listener: PubSub) -> list[str]:
    ids: dict[str, None] = {}
    while message := listener.get_message(timeout=0.0):
        ids[str(message["data"])] = None
    return list(ids)


def document(record: Record, lang: Language) -> dict[str, object]:
    """A download as the API shows it."""
    name = record.get("name", "")
    state = record["state"]
    file: dict[str, object] | None = None
    error: dict[str, str] | None = None
    if state == "SUCCESS":
        if files.finished(record["id"], name):
            file = {
                "name": name,
                "size_bytes": int(record.get("size_bytes") or 0),
                "sha256": record.get("sha256", ""),
                "href": f"/files/{record['id']}/{quote(name, safe='')}",
            }
        else:
            error = explain("file-gone", {}, lang)
    elif record.get("error"):
        error = explain(record["error"], json.loads(record.get("error_details") or "{}"), lang)
    total = record.get("total_bytes", "")
    return {
        "id": record["id"],
        "url": record["url"],
        "state": state,
        "created_at": float(record["created_at"]),
        "progress": {
            "done_bytes": int(record.get("done_bytes") or 0),
            "total_bytes": int(total) if total else None,
        },
        "attempt": int(record.get("attempt") or 0),
        "file": file,
        "error": error,
    }


async def _find(request: Request) -> Record:
    download_id = request.path_params["id"]
    record = await asyncio.to_thread(_records(request).get, download_id)
    if record is None:
        raise RefusedError(404, "not-found")
    return record


async def _body(request: Request) -> dict[str, str]:
    try:
        value = await request.json()
    except (ValueError, UnicodeDecodeError):
        raise RefusedError(422, "bad-request", reason="JSON") from None
    if not isinstance(value, dict):
        raise RefusedError(422, "bad-request", reason="JSON")
    return value


def _records(request: Request) -> Records:
    records: Records = request.app.state.records
    return records
