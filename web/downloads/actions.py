"""What the API does: downloads asked for, stopped, continued, fetched again, deleted."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

import redis
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.downloads import files, tickets
from web.downloads.addresses import check_url
from web.downloads.documents import document
from web.downloads.failures import DownloadError, explain
from web.downloads.names import safe_name
from web.downloads.queueing import queue, send_clean, send_download
from web.downloads.records import CLEANED, ENDED, IN_HAND, WAITING, Record, Records
from web.downloads.replies import RefusedError, language, records_of

LIMIT_MAX = 500
TOGETHER_MAX = 500
SEARCH_MAX_CHARS = 200
NAME_MAX_CHARS = 1000
STATES = ENDED | IN_HAND | {"PAUSED"}
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_BEGINNING: Record = {
    "state": "PENDING", "wish": "", "error": "", "tries": "0", "starts": "0", "attempt": "0",
    "retry_at": "",
}  # fmt: skip


async def listed(request: Request) -> Response:
    """``?state=A,B&q=WORDS&limit=&before=``, newest first, and the number of the latest change."""
    query, records, lang = request.query_params, records_of(request), language(request)
    try:
        limit = min(max(int(query.get("limit", "100")), 1), LIMIT_MAX)
        before = float(query["before"]) if "before" in query else None
        if before is not None and not 0 <= before < 1e12:
            raise ValueError
    except ValueError:
        raise RefusedError(422, "bad-request", reason="limit, before") from None
    states = {part for part in query.get("state", "").split(",") if part}
    if not states <= STATES:
        raise RefusedError(422, "bad-request", reason="state")
    search = query.get("q", "")[:SEARCH_MAX_CHARS]

    def read() -> dict[str, object]:
        latest = records.latest_change()
        found = records.newest(limit=limit, before=before, states=states, search=search)
        return {"downloads": [document(one, lang) for one in found], "change": latest}

    return JSONResponse(await asyncio.to_thread(read))


async def submit(request: Request) -> Response:
    """One (``url``), or many (``urls``): those that are refused are answered with the reason."""
    wanted, lang = await _body(request), language(request)
    records = records_of(request)
    if "urls" in wanted:
        urls = wanted["urls"]
        if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
            raise RefusedError(422, "bad-request", reason="urls")
        if not 1 <= len(urls) <= TOGETHER_MAX:
            raise RefusedError(422, "bad-request", reason=f"urls: 1 … {TOGETHER_MAX}")
        return JSONResponse(await asyncio.to_thread(_submit_many, records, urls, lang), 202)
    record = _checked(wanted)
    await asyncio.to_thread(queue, records, record)
    return JSONResponse(document(record, lang), 202)


def _submit_many(records: Records, urls: list[str], lang: Any) -> dict[str, object]:
    taken, refused = [], []
    for url in urls:
        try:
            record = _checked({"url": url})
            queue(records, record)
            taken.append(document(record, lang))
        except RefusedError as error:
            refused.append({"url": url, "error": explain(error.code, error.details, lang)})
        except DownloadError as error:
            refused.append({"url": url, "error": explain(error.code, error.details, lang)})
        except redis.RedisError:
            if not taken:
                raise
            refused.append({"url": url, "error": explain("no-broker", {}, lang)})
    return {"downloads": taken, "refused": refused}


def _checked(wanted: dict[str, Any]) -> Record:
    """A record of what is asked for. Raises :class:`RefusedError` or :class:`DownloadError`."""
    url, filename, sha256 = (wanted.get(key, "") for key in ("url", "filename", "sha256"))
    for name, value in (("url", url), ("filename", filename), ("sha256", sha256)):
        if not isinstance(value, str) or "\0" in value or not _is_text(value):
            raise RefusedError(422, "bad-request", reason=name)
    if not url or len(filename) > NAME_MAX_CHARS:
        raise RefusedError(422, "bad-request", reason="url" if not url else "filename")
    if sha256 and not _SHA256.fullmatch(sha256):
        raise RefusedError(422, "bad-checksum")
    target = check_url(url.strip())
    name = safe_name(filename) if filename else ""
    return Records.fresh(target.url, target.auth, name, sha256.lower())


def _is_text(value: str) -> bool:
    """Half a pair of surrogates is valid JSON, and no text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


async def one(request: Request) -> Response:
    record = await _find(request)
    return JSONResponse(await asyncio.to_thread(document, record, language(request)))


async def cancel(request: Request) -> Response:
    return await _stopped(request, "cancel", "REVOKED", WAITING | {"PAUSED"})


async def pause(request: Request) -> Response:
    """What has come is kept, and the place in the pool is free."""
    return await _stopped(request, "pause", "PAUSED", WAITING)


async def _stopped(request: Request, wish: str, state: str, at_once: frozenset[str]) -> Response:
    """End it at once if no task has it in hand; else the task is told, and does it itself."""
    record, records = await _find(request), records_of(request)

    def stop() -> bool:
        if records.update(record["id"], only=at_once, state=state, wish="", ended_at=_now()):
            if state == "REVOKED":
                files.remove(record["id"])
            return True
        return records.update(record["id"], only={"STARTED"}, wish=wish)

    if not await asyncio.to_thread(stop):
        raise RefusedError(409, "conflict", state=(await _find(request))["state"])
    return await one(request)


async def resume(request: Request) -> Response:
    """Goes on where it was paused."""
    return await _again(request, {"PAUSED"}, {**_BEGINNING, "attempt": "0"})


async def retry(request: Request) -> Response:
    """Once more, after a failure, a cancellation, or when the file is gone."""
    record = await _find(request)
    shown = await asyncio.to_thread(document, record, "en")
    if record["state"] not in ENDED or shown["file"] is not None:
        raise RefusedError(409, "conflict", state=record["state"])
    empty = {"done_bytes": "0", "total_bytes": ""} if record["state"] != "FAILURE" else {}
    return await _again(request, {record["state"]}, {**_BEGINNING, **empty})


async def _again(request: Request, only: set[str], fields: Record) -> Response:
    record, records = await _find(request), records_of(request)

    def send() -> bool:
        again = {**fields, "sent_at": _now()}
        tickets.write({**record, **again})
        if not records.update(record["id"], only=only, **again):
            return False
        send_download(record["id"])
        return True

    if not await asyncio.to_thread(send):
        raise RefusedError(409, "conflict", state=(await _find(request))["state"])
    return await one(request)


async def delete(request: Request) -> Response:
    record, records = await _find(request), records_of(request)
    if record["state"] == "STARTED":
        raise RefusedError(409, "conflict", state=record["state"])

    def forget() -> None:
        tickets.take_away(record["id"])  # first: else it would be put back
        records.delete(record["id"])
        files.remove(record["id"])

    await asyncio.to_thread(forget)
    return JSONResponse({"id": record["id"], "deleted": True})


async def cleaned(request: Request) -> Response:
    """What the latest clean-up did, and what the store holds since; null before the first."""
    found = await asyncio.to_thread(records_of(request).redis.get, CLEANED)
    return JSONResponse({"cleaned": json.loads(str(found)) if found else None})


async def clean(request: Request) -> Response:
    """Ask a worker of the maintenance queue to clean up."""
    await _body(request)
    await asyncio.to_thread(send_clean)
    return JSONResponse({"sent": True}, 202)


async def _find(request: Request) -> Record:
    download_id = request.path_params["id"]
    if not files.is_id(download_id):
        raise RefusedError(404, "not-found")
    record = await asyncio.to_thread(records_of(request).get, download_id)
    if record is None:
        raise RefusedError(404, "not-found")
    return record


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    try:
        value = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise RefusedError(422, "bad-request", reason="JSON") from None
    if not isinstance(value, dict):
        raise RefusedError(422, "bad-request", reason="JSON")
    return value


def _now() -> str:
    return repr(time.time())
