"""The monitor's answers: pages, JSON, events, metrics and actions."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from desktop.engine.commands import Answer
from desktop.engine.errors import TrayError
from desktop.words import tr
from web.guard import Guard
from web.language import Language, negotiate
from web.monitor.api import OPERATIONS
from web.monitor.export import Export
from web.monitor.feed import Feed
from web.monitor.openapi import openapi
from web.monitor.operation import Asked, Operation, body_of, query_of, told
from web.monitor.page import PAGES, page_document, speak
from web.monitor.refusals import refusal
from web.monitor.stream import Stream

VIEWERS_MAX = 50
"""Pages with a stream of events open; further ones are asked to come again."""

_STATIC = Path(__file__).parent / "static"


class Monitor:
    """The routes, over one :class:`Feed`."""

    def __init__(self, feed: Feed, *, read_only: bool = False) -> None:
        self._feed = feed
        self._read_only = read_only
        self._stream = Stream(feed)
        self._export = Export(feed)
        self._said: dict[tuple[str, Language], tuple[Answer, bytes]] = {}
        """Of each address the answer that was given last, and how it was written down."""
        self.routes: list[BaseRoute] = [
            Route("/", self.index),
            *(Route(f"/{name}", self.index) for name in PAGES),
            Route("/healthz", self.healthz),
            Route("/page.json", self.page),
            Route("/metrics", self.metrics),
            Route("/api/status", self.status),
            Route("/api/events", self.events),
            Route("/api/openapi.json", self.openapi),
            Route("/api/tasks/export", self.export),
            *self._operations(OPERATIONS),
            Mount("/static", _Static(directory=_STATIC)),
        ]

    # --- page --------------------------------------------------------------------------------

    async def index(self, request: Request) -> Response:
        """One document for every page; its script shows the one that the address names."""
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

    async def metrics(self, request: Request) -> Response:
        self._feed.polled()
        from web.monitor import metrics  # takes a tenth of a second, and many never ask

        return Response(await metrics.scrape(self._feed), media_type=metrics.CONTENT_TYPE)

    async def events(self, request: Request) -> Response:
        if self._feed.viewers >= VIEWERS_MAX:
            return Response(status_code=503, headers={"Retry-After": "30"})
        return StreamingResponse(
            self._stream.events(_language(request)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def openapi(self, request: Request) -> Response:
        return _json(openapi(OPERATIONS))

    async def export(self, request: Request) -> Response:
        self._feed.polled()
        language = _language(request)
        try:
            return await self._export.answer(request.query_params)
        except TrayError as error:
            speak(language)
            status, document = refusal(error)
            return _json(document, status)

    # --- operations --------------------------------------------------------------------------

    def _operations(self, operations: Iterable[Operation]) -> list[Route]:
        """One route for each address, whatever methods it has."""
        by_path: dict[str, dict[str, Operation]] = {}
        for one in operations:
            by_path.setdefault(one.path, {})[one.method] = one
        return [
            Route(path, self._endpoint(methods), methods=list(methods))
            for path, methods in by_path.items()
        ]

    def _endpoint(self, methods: dict[str, Operation]) -> Any:
        async def endpoint(request: Request) -> Response:
            operation = methods["GET" if request.method == "HEAD" else request.method]
            language = _language(request)
            try:
                answer = await self._carry_out(operation, request)
                return self._reply(operation, answer, language)
            except TrayError as error:
                speak(language)
                status, document = refusal(error)
            return _json(document, status)

        return endpoint

    def _reply(self, operation: Operation, answer: Answer | None, language: Language) -> Response:
        """The answer, written down; once for all pages that share it."""
        if answer is None:
            return _json({}, 202)
        place = operation.path, language
        given, written = self._said.get(place, (None, b""))
        if given is not answer:
            speak(language)
            status, document = told(operation, answer)
            written = msgspec.json.encode(document)
            if status != 200 or operation.method != "GET":
                return _written(written, status)
            self._said[place] = answer, written
        return _written(written)

    async def _carry_out(self, operation: Operation, request: Request) -> Answer | None:
        """The engine's answer; None when this server is stopped before it comes, as happens when
        the command stops the monitor itself. Raises :class:`TrayError`."""
        body = body_of(operation.body, b"" if operation.method == "GET" else await request.body())
        query = query_of(operation.query, request.query_params)
        feed = self._feed
        asked = Asked(feed.project, request.path_params, query, body, feed.home, feed.stack)
        command = operation.ask(asked)
        if operation.method == "GET":
            feed.polled()
            kept: Answer | None = feed.kept(command, operation.fresh_s)
            if kept is not None:
                return kept
            return await self._unless_ended(feed.ask(command, operation.fresh_s), _left(request))
        try:
            return await self._unless_ended(feed.put(command))
        finally:
            feed.forget()

    async def _unless_ended(
        self, answer: Coroutine[Any, Any, Answer], *ends: Coroutine[Any, Any, object]
    ) -> Answer | None:
        asked = asyncio.ensure_future(answer)
        ending = [asyncio.ensure_future(one) for one in (self._feed.stopping.wait(), *ends)]
        try:
            await asyncio.wait({asked, *ending}, return_when=asyncio.FIRST_COMPLETED)
            return asked.result() if asked.done() else None
        finally:
            for one in ending:
                one.cancel()
            asked.cancel()


def application(
    feed: Feed,
    port: int,
    *,
    read_only: bool = False,
    prefix: str = "",
    origins: tuple[str, ...] = (),
) -> ASGIApp:
    """The monitor behind the guard that both web servers share; ``prefix`` ("/celery") is where
    its addresses begin, ``origins`` ("https://ops.example.com") where a proxy shows it."""
    routes = Monitor(feed, read_only=read_only).routes
    if prefix:
        routes = [Route(prefix, _to_the_first_page), Mount(prefix, routes=routes)]
    router = Router(routes, default=_not_found, redirect_slashes=False)
    guarded = ExceptionMiddleware(router, {HTTPException: _http_error})
    return Guard(guarded, port, read_only, origins=origins)


class _Static(StaticFiles):
    """Files that come with the program: revalidated, so that an update is seen at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _left(request: Request) -> None:
    """Returns when the client has gone. (Nobody waits for the answer of a question then.)"""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _to_the_first_page(request: Request) -> Response:
    return RedirectResponse(f"{request.url.path}/")


def _language(request: Request) -> Language:
    return negotiate(
        request.headers.get("accept-language", ""), request.query_params.get("lang", "")
    )


def _json(document: Any, status: int = 200) -> Response:
    return _written(msgspec.json.encode(document), status)


def _written(document: bytes, status: int = 200) -> Response:
    return Response(
        document,
        status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        return Response(status_code=405, headers=getattr(error, "headers", None))
    return _not_found_response(request)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await _not_found_response(Request(scope))(scope, receive, send)


def _not_found_response(request: Request) -> Response:
    speak(_language(request))
    return _json({"code": "not-found", "title": tr("There is nothing at this address.")}, 404)
