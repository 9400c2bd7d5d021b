"""Server-sent events: a snapshot, then what changes in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec

from web.language import Language
from web.monitor.feed import Feed
from web.monitor.page import speak

EVENT_INTERVAL_S = 0.5
"""Between two events sent to one page."""
FIGURES = frozenset({"stack", "tasks", "telemetry", "active", "queues", "machine"})
FIGURES_INTERVAL_S = 0.9
"""Figures go by faster than anyone reads them: where nothing else is new, they wait so long."""
KEEP_ALIVE_S = 15.0
"""A comment is sent when nothing happened for this long, so that a dead page is noticed."""

Fields = dict[str, bytes]
"""The fields of the status document, each as JSON."""


class _Rendered(NamedTuple):
    """The document as it was after one change."""

    mark: object
    fields: Fields
    sources: dict[str, object]


class Stream:
    """The events of every page; what they share is rendered once."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._rendered: dict[Language, _Rendered] = {}

    async def events(self, language: Language) -> AsyncIterator[bytes]:
        """``snapshot`` with the status document, then ``change`` with those of its fields that
        are different now. A page that lost the connection begins with a snapshot again."""
        feed, clock = self._feed, asyncio.get_running_loop().time
        seen: Fields | None = None
        told_at = 0.0
        with feed.viewed():
            while not feed.stopping.is_set():
                mark = feed.mark
                fields = self._fields(language)
                waits = False
                if seen is None:
                    yield b"event: snapshot\ndata: " + _object(self._now(language)) + b"\n\n"
                elif news := {k: v for k, v in fields.items() if seen.get(k) != v}:
                    waits = news.keys() <= FIGURES and clock() - told_at < FIGURES_INTERVAL_S
                    if not waits:
                        yield b"event: change\ndata: " + _object(news) + b"\n\n"
                if not waits:
                    seen, told_at = fields, clock()
                # Both a limit to the rate and a chance to gather what happens together.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVENT_INTERVAL_S):
                        await feed.stopping.wait()
                while not waits and feed.mark is mark and not await feed.wait(KEEP_ALIVE_S):
                    yield b": nothing new\n\n"

    def _fields(self, language: Language) -> Fields:
        """Rendered once per change and language."""
        mark = self._feed.mark
        kept = self._rendered.get(language)
        if kept is None or kept.mark is not mark:
            fields, sources = self._now(language), self._sources()
            if kept is not None:
                # What has only grown older is not new.
                same = (name for name, said in sources.items() if said == kept.sources.get(name))
                fields.update({name: kept.fields[name] for name in same})
            kept = self._rendered[language] = _Rendered(mark, fields, sources)
        return kept.fields

    def _now(self, language: Language) -> Fields:
        speak(language)
        return {name: msgspec.json.encode(value) for name, value in self._feed.document().items()}

    def _sources(self) -> dict[str, object]:
        """What the fields that tell ages are made of."""
        snapshot, stack = self._feed.snapshot, self._feed.stack
        if snapshot is None or stack is None:
            return {}
        return {
            "engine": snapshot.engine,
            "services": stack.services,
            "workers": stack.workers,
            "active": stack.active,
        }


def _object(fields: Fields) -> bytes:
    return b"{" + b",".join(b'"' + k.encode() + b'":' + v for k, v in fields.items()) + b"}"
