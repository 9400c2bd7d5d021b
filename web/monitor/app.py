"""The monitor's answers: page, JSON, events, metrics and actions."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from desktop.engine.documents import problem_document, queues_document, workers_document
from desktop.engine.errors import TrayError
from desktop.engine.history_commands import TaskPage
from desktop.engine.task_documents import tasks_document
from desktop.words import tr
from web.guard import Guard
from web.language import Language, negotiate
from web.monitor import actions, metrics
from web.monitor.feed import Feed
from web.monitor.page import page_document, speak
from web.monitor.task_list import question

EVENT_INTERVAL_S = 0.5
"""Between two snapshots sent to one page."""
KEEP_ALIVE_S = 15.0
"""A comment is sent when nothing happened for this long, so that a dead page is noticed."""
VIEWERS_MAX = 50

_STATIC = Path(__file__).parent / "static"


class Monitor:
    """The routes, over one :class:`Feed`."""

    def __init__(self, feed: Feed, *, read_only: bool = False) -> None:
        self._feed = feed
        self._read_only = read_only
        self._rendered: dict[Language, tuple[object, bytes]] = {}
        self.router = Router(
            [
                Route("/", self.index),
                Route("/healthz", self.healthz),
                Route("/page.json", self.page),
                Route("/metrics", self.metrics),
                Route("/api/status", self.status),
                Route("/api/workers", self.workers),
                Route("/api/queues", self.queues),
                Route("/api/tasks", self.tasks),
                Route("/api/events", self.events),
                Route("/api/{verb:str}", self.act, methods=["POST"]),
                Route("/api/services/{service:str}/{verb:str}", self.act, methods=["POST"]),
                Mount("/static", _Static(directory=_STATIC)),
            ],
            default=_not_found,
        )

    # --- page --------------------------------------------------------------------------------

    async def index(self, request: Request) -> Response:
        return FileResponse(_STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    async def page(self, request: Request) -> Response:
        return _json(page_document(_language(request), read_only=self._read_only))

    async def healthz(self, request: Request) -> Response:
        if self._feed.snapshot is not None:
            return _json({"status": "ok"})
        speak(_language(request))
        return _json({"status": "unavailable", **(self._feed.problem_document() or {})}, 503)

    # --- data --------------------------------------------------------------------------------

    async def status(self, request: Request) -> Response:
        self._feed.polled()
        speak(_language(request))
        return _json(self._feed.document())

    async def workers(self, request: Request) -> Response:
        language = _language(request)
        if (problem := self._feed.problem) is not None:
            speak(language)
            return _json(problem_document(problem), 503)
        try:
            rows = await self._feed.census()
        except TrayError as error:
            speak(language)
            status, document = actions.refusal(error)
            return _json(document, status)
        speak(language)
        return _json(workers_document(rows, time.time()))

    async def queues(self, request: Request) -> Response:
        self._feed.polled()
        stack = self._feed.stack
        return _json(queues_document(stack.queues if stack else ()))

    async def tasks(self, request: Request) -> Response:
        language = _language(request)
        try:
            answer = await self._feed.submit(question(self._feed.project, request.query_params))
        except TrayError as error:
            speak(language)
            status, document = actions.refusal(error)
            return _json(document, status)
        speak(language)
        page = answer if isinstance(answer, TaskPage) else TaskPage()
        return _json({**tasks_document(page.tasks, page.total), "next": page.next})

    async def metrics(self, request: Request) -> Response:
        self._feed.polled()
        body = metrics.exposition(self._feed.snapshot, self._feed.stack)
        return Response(body, media_type=metrics.CONTENT_TYPE)

    async def events(self, request: Request) -> Response:
        if self._feed.viewers >= VIEWERS_MAX:
            return Response(status_code=503, headers={"Retry-After": "30"})
        return StreamingResponse(
            self._snapshots(_language(request)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _snapshots(self, language: Language) -> AsyncIterator[bytes]:
        feed = self._feed
        with feed.viewed():
            while not feed.stopping.is_set():
                mark = feed.mark
                yield b"event: snapshot\ndata: " + self._document(language) + b"\n\n"
                # Both a limit to the rate and a chance to gather what happens together.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVENT_INTERVAL_S):
                        await feed.stopping.wait()
                while feed.mark is mark and not await feed.wait(KEEP_ALIVE_S):
                    yield b": nothing new\n\n"

    def _document(self, language: Language) -> bytes:
        """The status document, rendered once per change and language."""
        mark = self._feed.mark
        kept = self._rendered.get(language)
        if kept is None or kept[0] is not mark:
            speak(language)
            kept = mark, msgspec.json.encode(self._feed.document())
            self._rendered[language] = kept
        return kept[1]

    # --- actions -----------------------------------------------------------------------------

    async def act(self, request: Request) -> Response:
        verb, service = request.path_params["verb"], request.path_params.get("service")
        if verb not in actions.VERBS or (verb == "restart" and service is None):
            return _not_found_response(request)
        language = _language(request)
        try:
            stack = self._feed.stack
            if service and stack and not actions.known(stack.services, service):
                speak(language)
                return _json(problem_document(actions.no_such_service(service).problem), 404)
            wanted = actions.command(self._feed.project, verb, service, await request.body())
            answer = await actions.carry_out(self._feed, wanted)
            speak(language)
            status, document = actions.reply(answer)
        except TrayError as error:
            speak(language)
            status, document = actions.refusal(error)
        return _json(document, status)


def application(feed: Feed, port: int, *, read_only: bool = False) -> ASGIApp:
    """The monitor behind the guard that both web servers share."""
    router = Monitor(feed, read_only=read_only).router
    return Guard(ExceptionMiddleware(router, {HTTPException: _http_error}), port, read_only)


class _Static(StaticFiles):
    """Files that come with the program: revalidated, so that an update is seen at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _language(request: Request) -> Language:
    return negotiate(
        request.headers.get("accept-language", ""), request.query_params.get("lang", "")
    )


def _json(document: Any, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(document),
        status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Response(status_code=status) if status == 405 else _not_found_response(request)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await _not_found_response(Request(scope))(scope, receive, send)


def _not_found_response(request: Request) -> Response:
    speak(_language(request))
    return _json({"code": "not-found", "title": tr("There is nothing at this address.")}, 404)
