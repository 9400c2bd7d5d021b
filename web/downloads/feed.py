"""Server-sent events: each changed download, as its whole document.

Every change has a number, so that who was away for a while says the last one it saw and gets what
it missed; who was away too long, or knows numbers of another Redis, is told to read the list again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import redis
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from web.downloads.documents import document
from web.downloads.failures import explain
from web.downloads.records import CHANGES_KEPT, Records
from web.downloads.replies import language, records_of
from web.language import Language

LOOK_EVERY_S = 0.25
KEEP_ALIVE_S = 10.0
AWAY_EVERY_S = 1.0
RETRY_MS = 1000


class Feed:
    """Looks for changes once for all who listen, and only while somebody does."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._latest: int | None = None
        """None: Redis does not answer."""
        self._listeners = 0
        self._changed = asyncio.Condition()
        self._looking: asyncio.Task[None] | None = None

    async def listen(self, after: int | None, lang: Language) -> AsyncIterator[str]:
        """Frames for one listener. ``after``: the last change that it has seen."""
        self._listeners += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield f"retry: {RETRY_MS}\n\n"
            seen, known = after, True
            while True:
                answer = await self._news(seen, lang)
                if answer is None:
                    if known:
                        yield _frame("broker", None, explain("no-broker", {}, lang))
                    known = False
                else:
                    if not known:
                        yield _frame("broker", None, {"ok": True})
                    known = True
                    number, frames = answer
                    for frame in frames:
                        yield frame
                    seen = number
                if not await self._wait(seen if known else None):
                    yield ": still here\n\n"
        finally:
            self._listeners -= 1

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    async def _news(self, seen: int | None, lang: Language) -> tuple[int, list[str]] | None:
        def read() -> tuple[int, list[str]]:
            latest, ids = self._records.changes_after(seen or 0) if seen is not None else (0, [])
            if seen is None:
                latest = self._records.latest_change()
                return latest, [_frame("ready", latest, {})]
            if latest < seen or latest - seen > CHANGES_KEPT:
                return latest, [_frame("reset", latest, {})]
            found = {record["id"]: record for record in self._records.many(ids)}
            frames = []
            for download_id in ids:
                record = found.get(download_id)
                gone: dict[str, object] = {"id": download_id, "deleted": True}
                value = document(record, lang) if record else gone
                # Only the last one of a batch carries the number: until then not all is told.
                number = latest if download_id == ids[-1] else None
                frames.append(_frame("download", number, value))
            return latest, frames

        try:
            return await asyncio.to_thread(read)
        except (redis.RedisError, OSError):
            return None

    async def _wait(self, seen: int | None) -> bool:
        """Until there is something new; False after a long while without. ``seen`` None: until
        Redis answers again."""
        try:
            async with asyncio.timeout(KEEP_ALIVE_S), self._changed:
                if seen is None:
                    await self._changed.wait_for(lambda: self._latest is not None)
                else:
                    await self._changed.wait_for(lambda: self._latest != seen)
        except TimeoutError:
            return False
        return True

    async def _look(self) -> None:
        while self._listeners > 0:
            latest: int | None = None
            with contextlib.suppress(redis.RedisError):
                latest = await asyncio.to_thread(self._records.latest_change)
            if latest != self._latest:
                async with self._changed:
                    self._latest = latest
                    self._changed.notify_all()
            await asyncio.sleep(LOOK_EVERY_S if latest is not None else AWAY_EVERY_S)


async def events(request: Request) -> Response:
    """``Last-Event-ID``, or ``?after=`` for the first time: from where to go on."""
    said = request.headers.get("last-event-id", "") or request.query_params.get("after", "")
    after = int(said) if said.isdecimal() and len(said) < 16 else None
    feed: Feed = request.app.state.feed
    return StreamingResponse(
        feed.listen(after, language(request)),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def changes(request: Request) -> Response:
    """The same for who can't listen: ``?after=`` the last change seen; polled."""
    from starlette.responses import JSONResponse

    said = request.query_params.get("after", "0")
    after = int(said) if said.isdecimal() and len(said) < 16 else 0
    records, lang = records_of(request), language(request)

    def read() -> dict[str, object]:
        latest, ids = records.changes_after(after)
        if latest < after or latest - after > CHANGES_KEPT:
            return {"change": latest, "reset": True, "downloads": []}
        found = {record["id"]: record for record in records.many(ids)}
        gone: list[dict[str, object]] = [
            document(found[one], lang) if one in found else {"id": one, "deleted": True}
            for one in ids
        ]
        return {"change": latest, "reset": False, "downloads": gone}

    return JSONResponse(await asyncio.to_thread(read))


def _frame(event: str, number: int | None, value: object) -> str:
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {event}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"
