"""Server-sent events: a snapshot, then what changes in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec

from web.language import Language
from web.monitor.feed import Feed
from web.monitor.page import speak

EVENT_INTERVAL_S = 0.5
"""Between two events sent to one page."""
KEEP_ALIVE_S = 15.0
"""A comment is sent when nothing happened for this long, so that a dead page is noticed."""

Fields = dict[str, bytes]
"""The fields of the status document, each as JSON."""


class Stream:
    """The events of every page; what they share is rendered once."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._rendered: dict[Language, tuple[object, Fields]] = {}

    async def events(self, language: Language) -> AsyncIterator[bytes]:
        """``snapshot`` with the status document, then ``change`` with those of its fields that
        are different now. A page that lost the connection begins with a snapshot again."""
        feed = self._feed
        seen: Fields | None = None
        with feed.viewed():
            while not feed.stopping.is_set():
                mark = feed.mark
                fields = self._fields(language)
                if seen is None:
                    yield b"event: snapshot\ndata: " + _object(fields) + b"\n\n"
                elif news := {k: v for k, v in fields.items() if seen.get(k) != v}:
                    yield b"event: change\ndata: " + _object(news) + b"\n\n"
                seen = fields
                # Both a limit to the rate and a chance to gather what happens together.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVENT_INTERVAL_S):
                        await feed.stopping.wait()
                while feed.mark is mark and not await feed.wait(KEEP_ALIVE_S):
                    yield b": nothing new\n\n"

    def _fields(self, language: Language) -> Fields:
        """Rendered once per change and language."""
        mark = self._feed.mark
        kept = self._rendered.get(language)
        if kept is None or kept[0] is not mark:
            speak(language)
            document = self._feed.document()
            kept = mark, {name: msgspec.json.encode(value) for name, value in document.items()}
            self._rendered[language] = kept
        return kept[1]


def _object(fields: Fields) -> bytes:
    return b"{" + b",".join(b'"' + k.encode() + b'":' + v for k, v in fields.items()) + b"}"
