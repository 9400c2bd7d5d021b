"""What a server's answer means for the bytes that are here already (RFC 9110, 14 and 15)."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpx

from web.downloads.decoding import codings
from web.downloads.failures import DownloadError
from web.downloads.partial import Facts

TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
RETRY_AFTER_MAX_S = 600.0
WEAK_WITHIN_S = 60.0
"""A ``Last-Modified`` this close to ``Date`` may have a second version in the same second."""
_CONTENT_RANGE = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)


class StartAnewError(Exception):
    """The bytes that are here can't be added to; ask for the whole."""


class Coming(NamedTuple):
    """What the body brings."""

    start: int
    """Where its first byte belongs."""
    total_bytes: int | None
    """Size of the whole file when the body has ended; None: not told."""
    codings: tuple[str, ...]
    etag: str
    last_modified: str


def read_answer(response: httpx.Response, had: Facts | None) -> Coming:
    """Judge the answer to a request, which asked for the rest after ``had.synced_bytes`` if given.

    Raises :class:`StartAnewError` or :class:`DownloadError`.
    """
    status, headers = response.status_code, response.headers
    if status == 416 and had is not None:
        raise StartAnewError
    if status == 206:
        return _rest(response, had)
    if status not in {200, 203}:
        raise _refusal(response)
    coded = _codings(response)
    length = None if coded else _length(headers)
    return Coming(0, length, coded, _strong_etag(headers), _strong_date(headers))


def _rest(response: httpx.Response, had: Facts | None) -> Coming:
    headers = response.headers
    if had is None:
        raise DownloadError("unasked-range")
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if found is None or codings(headers.get("content-encoding", "")):
        raise StartAnewError
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    other_version = any(
        was and now and was != now
        for was, now in (
            (had.etag, headers.get("etag", "")),
            (had.last_modified, headers.get("last-modified", "")),
            (had.total_bytes, total),
        )
    )
    if other_version or first != had.synced_bytes or last < first:
        raise StartAnewError
    if total is not None and last != total - 1:
        raise StartAnewError  # a piece of the rest; asking piece by piece would take for ever
    length = _length(headers)
    if length is not None and length != last - first + 1:
        raise StartAnewError
    return Coming(first, last + 1, (), had.etag, had.last_modified)


def _refusal(response: httpx.Response) -> DownloadError:
    status = response.status_code
    said = f"{status} {_reason(response)}".strip()
    if status in {401, 407}:
        given = "authorization" in response.request.headers
        return DownloadError("password-wrong" if given else "password-needed", status=said)
    if status in {404, 410}:
        return DownloadError("missing", status=said)
    if 200 <= status < 300:
        return DownloadError("no-content", status=said)
    return DownloadError(
        "status",
        transient=status in TRANSIENT_STATUSES,
        retry_after_s=retry_after_s(response.headers.get("retry-after", "")),
        status=said,
    )


def _reason(response: httpx.Response) -> str:
    said = "".join(c for c in response.reason_phrase if c.isprintable())
    return said[:100]


def _codings(response: httpx.Response) -> tuple[str, ...]:
    """The codings to undo. A .gz file that is declared as compressed *is* the file."""
    named = codings(response.headers.get("content-encoding", ""))
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    archive = kind in {"application/gzip", "application/x-gzip", "application/x-tgz"}
    path = response.url.path.lower()
    if named in {("gzip",), ("x-gzip",)} and (archive or path.endswith((".gz", ".tgz"))):
        return ()
    return named


def _length(headers: httpx.Headers) -> int | None:
    if "transfer-encoding" in headers:
        return None
    said = headers.get("content-length", "")
    return int(said) if said.isdecimal() and len(said) < 19 else None


def _strong_etag(headers: httpx.Headers) -> str:
    etag: str = headers.get("etag", "").strip()
    return etag if re.fullmatch(r'"[\x21\x23-\x7e\x80-\xff]{0,500}"', etag) else ""


def _strong_date(headers: httpx.Headers) -> str:
    said: str = headers.get("last-modified", "").strip()
    try:
        then = parsedate_to_datetime(said).timestamp()
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return ""
    return said if now - then >= WEAK_WITHIN_S else ""


def retry_after_s(said: str) -> float | None:
    """Seconds of a ``Retry-After`` (a number or a date), bounded; None when it says nothing."""
    if said.isdecimal():
        return min(float(said[:12]), RETRY_AFTER_MAX_S)
    try:
        wait_s = parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait_s, 0.0), RETRY_AFTER_MAX_S)
