"""The downloads app on :8000: a page, its API, and the files."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from web.broker import BROKER_URL
from web.downloads import actions, delivery, feed, files
from web.downloads.failures import explain
from web.downloads.openapi import openapi
from web.downloads.records import Records
from web.downloads.replies import RefusedError, language, records_of, told
from web.guard import CONTENT_SECURITY_POLICY, Guard

HERE = Path(__file__).parent
CARE_EVERY_S = 1.0
PAGE_POLICY = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
"""The page alone may show a frame: the preview of a file, which has a policy of its own."""

log = logging.getLogger(__name__)


def make_app(port: int) -> ASGIApp:
    """The whole application, behind its guard."""
    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/healthz", told(_health)),
            Route("/api/downloads", told(actions.listed), methods=["GET"]),
            Route("/api/downloads", told(actions.submit), methods=["POST"]),
            Route("/api/downloads/{id}", told(actions.one), methods=["GET"]),
            Route("/api/downloads/{id}", told(actions.delete), methods=["DELETE"]),
            Route("/api/downloads/{id}/cancel", told(actions.cancel), methods=["POST"]),
            Route("/api/downloads/{id}/pause", told(actions.pause), methods=["POST"]),
            Route("/api/downloads/{id}/resume", told(actions.resume), methods=["POST"]),
            Route("/api/downloads/{id}/retry", told(actions.retry), methods=["POST"]),
            Route("/api/worker", told(_worker)),
            Route("/api/clean", told(actions.cleaned), methods=["GET"]),
            Route("/api/clean", told(actions.clean), methods=["POST"]),
            Route("/api/events", told(feed.events)),
            Route("/api/changes", told(feed.changes)),
            Route("/api/openapi.json", _openapi),
            Route("/files/{id}/{name}", told(_file)),
            Route("/preview/{id}/{name}", told(_preview)),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        lifespan=_life,
    )
    app.state.records = Records(BROKER_URL)
    return Guard(app, port)


@asynccontextmanager
async def _life(app: Starlette) -> AsyncIterator[None]:
    app.state.feed = feed.Feed(app.state.records)
    caring = asyncio.create_task(_care(app.state.records))
    try:
        yield
    finally:
        caring.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await caring
        await app.state.feed.close()


async def _care(records: Records) -> None:
    """Send again what was lost on its way, as long as the server runs."""
    await asyncio.sleep(CARE_EVERY_S)  # the page first
    from web.downloads.caretaker import Caretaker
    from web.downloads.queueing import send_download

    caretaker = Caretaker(records, send_download)
    while True:
        try:
            for download_id in await asyncio.to_thread(caretaker.look):
                log.warning("sent again, its worker is gone: %s", download_id)
        except (redis.RedisError, OSError):
            pass  # told by /healthz and on the page
        except Exception:
            log.exception("the caretaker goes on")
        await asyncio.sleep(CARE_EVERY_S)


async def _page(request: Request) -> Response:
    headers = {"cache-control": "no-cache", "content-security-policy": PAGE_POLICY}
    return FileResponse(HERE / "templates" / "index.html", headers=headers)


async def _openapi(request: Request) -> Response:
    return JSONResponse(openapi())


async def _health(request: Request) -> Response:
    try:
        await asyncio.to_thread(records_of(request).redis.ping)
    except redis.RedisError:
        words = explain("no-broker", {}, language(request))
        return JSONResponse({"ok": False, "reason": words["title"]}, 503)
    return JSONResponse({"ok": True})


async def _worker(request: Request) -> Response:
    """Whether workers take the queues; the page says so instead of waiting for ever."""
    from web.downloads.queueing import consumed_queues, missing_worker

    missing = missing_worker(await asyncio.to_thread(consumed_queues))
    if missing is None:
        return JSONResponse({"ok": True})
    return JSONResponse({"ok": False, **explain(*missing, language(request))})


async def _file(request: Request) -> Response:
    return delivery.attachment(await _stored(request), request)


async def _preview(request: Request) -> Response:
    try:
        return delivery.preview(await _stored(request), request)
    except ValueError:
        raise RefusedError(404, "no-preview") from None


async def _stored(request: Request) -> delivery.Stored:
    download_id, name = request.path_params["id"], request.path_params["name"]
    if files.is_id(download_id):
        record = await asyncio.to_thread(records_of(request).get, download_id)
        if record is not None and record["state"] == "SUCCESS" and record.get("name") == name:
            stored = delivery.open_stored(download_id, name, record.get("sha256", ""))
            if stored is not None:
                return stored
    raise RefusedError(404, "not-found")
