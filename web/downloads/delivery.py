"""Files as they leave the store: to be saved, or to be looked at without any power.

Whatever was fetched is foreign. It is saved as an attachment without a kind, and shown only as a
kind that can't act: a picture, plain text, or a PDF, under a policy that forbids it everything.
"""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from web.downloads import files
from web.downloads.protocol import ZERO_COPY

PIECE_BYTES = 512 * 1024
TEXT_SHOWN_BYTES = 256 * 1024
PICTURES = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
    ".webp": "image/webp", ".avif": "image/avif", ".bmp": "image/bmp", ".svg": "image/svg+xml",
}  # fmt: skip
TEXTS = frozenset(
    [
        ".txt",
        ".md",
        ".rst",
        ".csv",
        ".tsv",
        ".json",
        ".jsonl",
        ".log",
        ".xml",
        ".html",
        ".htm",
        ".css",
        ".js",
        ".ts",
        ".py",
        ".sh",
        ".c",
        ".h",
        ".cpp",
        ".java",
        ".go",
        ".rs",
        ".toml",
        ".ini",
        ".cfg",
        ".yaml",
        ".yml",
        ".sql",
        ".diff",
        ".patch",
        ".tex",
        ".srt",
        ".vtt",
        ".po",
        ".conf",
        ".env",
    ]
)
POWERLESS = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
POWERLESS_PDF = (
    "default-src 'none'; object-src 'self'; plugin-types application/pdf; frame-ancestors 'self'"
)
"""The browser's own viewer does not run inside a sandbox; it is one itself."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def preview_kind(name: str) -> str:
    """``image``, ``text``, ``pdf``, or empty: there is none."""
    ending = PurePosixPath(name).suffix.lower()
    if ending in PICTURES:
        return "image"
    if ending == ".pdf":
        return "pdf"
    return "text" if ending in TEXTS else ""


class StoredFile(Response):
    """The open file, or the range of it that was asked for. One range; of several the whole."""

    def __init__(self, file: BinaryIO, request: Request, headers: dict[str, str]) -> None:
        self._file = file
        self.background = None
        size = os.fstat(file.fileno()).st_size
        etag = headers["etag"]
        self.status_code, self._start, self._count = _asked(request, etag, size)
        shown = {**headers, "accept-ranges": "bytes", "content-length": str(self._count)}
        if self.status_code == 206:
            shown["content-range"] = f"bytes {self._start}-{self._start + self._count - 1}/{size}"
        elif self.status_code == 416:
            shown["content-range"] = f"bytes */{size}"
        elif self.status_code == 304:
            del shown["content-length"]
        self.init_headers(shown)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file as file:
            start = {"type": "http.response.start", "status": self.status_code}
            await send({**start, "headers": self.raw_headers})
            if self._count and scope["method"] != "HEAD":
                if ZERO_COPY in scope.get("extensions", {}):
                    place = {"file": file, "offset": self._start, "count": self._count}
                    await send({"type": ZERO_COPY, **place})
                else:
                    await self._copy(file, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _copy(self, file: BinaryIO, send: Send) -> None:
        file.seek(self._start)
        left = self._count
        while left:
            data = await asyncio.to_thread(file.read, min(PIECE_BYTES, left))
            if not data:
                raise OSError("the file became shorter while it was sent")
            left -= len(data)
            await send({"type": "http.response.body", "body": data, "more_body": True})


@dataclass(frozen=True, slots=True)
class Stored:
    """A whole file of the store, open."""

    file: BinaryIO
    name: str
    etag: str


def open_stored(download_id: str, name: str, sha256: str) -> Stored | None:
    """The file, if it is there as a plain file; it can't be swapped for another afterwards."""
    try:
        path = files.finished(download_id, name)
        if path is None:
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(path, flags), "rb")
    except (ValueError, OSError):
        return None
    return Stored(file, name, f'"{sha256[:40]}"')


def attachment(stored: Stored, request: Request) -> Response:
    """To be saved. Never with a kind of its own: a fetched page must not run as ours."""
    disposition = f"attachment; filename*=utf-8''{quote(stored.name, safe='')}"
    headers = {
        "content-type": "application/octet-stream",
        "content-disposition": disposition,
        "content-security-policy": POWERLESS,
        "cache-control": "private, no-cache",
        "etag": stored.etag,
    }
    return StoredFile(stored.file, request, headers)


def preview(stored: Stored, request: Request) -> Response:
    """To be looked at, in a frame of our own page. ValueError for what is not shown."""
    kind = preview_kind(stored.name)
    headers = {
        "content-security-policy": POWERLESS_PDF if kind == "pdf" else POWERLESS,
        "x-frame-options": "SAMEORIGIN",
        "content-disposition": "inline",
        "cache-control": "private, no-cache",
        "etag": stored.etag,
    }
    if kind == "image":
        headers["content-type"] = PICTURES[PurePosixPath(stored.name).suffix.lower()]
        return StoredFile(stored.file, request, headers)
    if kind == "pdf":
        headers["content-type"] = "application/pdf"
        return StoredFile(stored.file, request, headers)
    if kind == "text":
        with stored.file as file:
            beginning = file.read(TEXT_SHOWN_BYTES).decode(errors="replace")
        headers["content-type"] = "text/plain; charset=utf-8"
        return Response(beginning, headers=headers)
    stored.file.close()
    raise ValueError(stored.name)


def _asked(request: Request, etag: str, size: int) -> tuple[int, int, int]:
    """Status, first byte and count of what a request wants."""
    if _matches(request.headers.get("if-none-match", ""), etag):
        return 304, 0, 0
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    same = request.headers.get("if-range", etag) == etag
    if found is None or not same or found.groups() == ("", ""):
        return 200, 0, size
    first, last = found[1], found[2]
    if not first:  # the last so many bytes
        count = min(int(last), size)
        return (206, size - count, count) if count else (416, 0, 0)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return 200, 0, size  # not a range at all
    return (206, start, end - start + 1) if start < size else (416, 0, 0)


def _matches(header: str, etag: str) -> bool:
    named = {part.strip().removeprefix("W/") for part in header.split(",")}
    return etag in named or "*" in named
