"""The tasks that match as a file: CSV, or a JSON document a line.

Written page by page as the reader takes it: of a million tasks one page is in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterator
from typing import Literal

from starlette.datastructures import QueryParams
from starlette.responses import StreamingResponse
from starlette.types import Send

from desktop.engine.commands import Answer
from desktop.engine.errors import NotRunning, TrayError
from desktop.engine.history_commands import ListTasks, Selection, TaskPage
from desktop.engine.task_control.export import csv_lines, json_lines
from desktop.engine.task_model import Task
from desktop.words import text
from web.monitor.api.tasks import Which, selection_of
from web.monitor.feed import Feed
from web.monitor.operation import query_of

PAGE = 1_000
AT_ONCE_MAX = 3
"""Exports that are under way; each keeps the engine reading."""
_KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/x-ndjson"}
_SUFFIXES = {"csv": "csv", "json": "jsonl"}

log = logging.getLogger(__name__)


class ExportQuery(Which, frozen=True):
    """Which tasks, as in a list, and as what."""

    format: Literal["csv", "json"] = "csv"


class Export:
    """Every export of this server."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._under_way = 0

    async def answer(self, params: QueryParams) -> StreamingResponse:
        """The file, once its first page is there. Raises :class:`TrayError`."""
        query: ExportQuery = query_of(ExportQuery, params)
        selection = selection_of(query)
        if self._under_way >= AT_ONCE_MAX:
            raise busy()
        first = await self._page(selection, "")
        name = f"tasks-{time.strftime('%Y%m%d-%H%M%S')}.{_SUFFIXES[query.format]}"
        return _Download(
            self._file(selection, first, query.format),
            media_type=_KINDS[query.format],
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="{name}"',
            },
        )

    async def _file(
        self, selection: Selection, page: TaskPage, kind: Literal["csv", "json"]
    ) -> AsyncIterator[bytes]:
        with self._counted():
            yield await asyncio.to_thread(_written, page.tasks, kind, True)
            while page.next:
                page = await self._page(selection, page.next)
                yield await asyncio.to_thread(_written, page.tasks, kind, False)

    async def _page(self, selection: Selection, after: str) -> TaskPage:
        if self._feed.stopping.is_set():
            raise ending()
        command = ListTasks(self._feed.project, selection, after=after, limit=PAGE)
        page: Answer = await self._feed.submit(command)
        if not isinstance(page, TaskPage):
            raise TypeError(type(page).__name__)
        return page

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


class _Download(StreamingResponse):
    """A file that can't be finished is left without its end, so that nobody takes a part of it
    for the whole: the server then closes the connection."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except TrayError as error:
            log.warning("an export broke off: %s", error.problem.code)


def _written(tasks: tuple[Task, ...], kind: Literal["csv", "json"], head: bool) -> bytes:
    """The tasks as a part of the file; ``head``: with the names of the columns."""
    if kind == "json":
        return "".join(f"{line}\n" for line in json_lines(tasks)).encode()
    lines = csv_lines(tasks)
    if not head:
        next(lines)
    # RFC 4180 ends the lines of CSV so.
    return "".join(f"{line}\r\n" for line in lines).encode()


def ending() -> TrayError:
    return NotRunning(
        "stopping",
        text("The monitor is being stopped."),
        text("What is written so far is not whole."),
        text("Export once more when it is there again."),
    )


def busy() -> TrayError:
    return NotRunning(
        "exports",
        text("{n} exports are under way already.", n=AT_ONCE_MAX),
        text("Each reads the whole history."),
        text("Try again when one of them is done."),
    )
