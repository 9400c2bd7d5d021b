"""One transfer: from a URL into the store, streamed, checked, and moved in place when whole."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpx

from web.downloads import files
from web.downloads.addresses import check_url
from web.downloads.failures import DownloadError
from web.downloads.transport import PinnedTransport

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
REDIRECTS_MAX = 10
CHUNK_BYTES = 256 * 1024
REPORT_EVERY_S = 0.25
"""Progress is reported, and a cancellation noticed, at most this far apart."""
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
RETRY_AFTER_MAX_S = 600.0
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
"""The number before an operating system's own words: nothing that a person can use."""


class Fetched(NamedTuple):
    name: str
    size_bytes: int
    sha256: str


class CancelledError(Exception):
    """The person gave it up."""


def fetch(
    download_id: str,
    url: str,
    *,
    filename: str,
    sha256: str,
    report: Callable[[int, int | None], bool],
) -> Fetched:
    """Bring the file. ``report(done_bytes, total_bytes)`` answers False to give it up.

    Raises :class:`DownloadError` with the reason, :class:`CancelledError` when given up. Whatever
    happens, the file's own name exists only when the file is whole.
    """
    partial = files.partial(download_id)
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        with _client() as client, client.stream("GET", check_url(url)) as response:
            _check_status(response)
            name = files.name_for(
                str(response.url), response.headers.get("content-disposition", ""), filename
            )
            size_bytes, digest = _receive(response, partial, report)
            if sha256 and digest != sha256.lower():
                raise DownloadError("checksum", actual=digest)
        partial.replace(partial.with_name(name))
        _sync_folder(partial.parent)
    except httpx.TooManyRedirects:
        raise DownloadError("redirects") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = _ERRNO.sub("", str(error)) or type(error).__name__
        raise DownloadError("network", transient=True, reason=reason) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DownloadError("store", reason=reason) from None
    return Fetched(name, size_bytes, digest)


def _client() -> httpx.Client:
    return httpx.Client(
        transport=PinnedTransport(),
        timeout=TIMEOUT,
        follow_redirects=True,
        max_redirects=REDIRECTS_MAX,
        headers={"accept-encoding": "identity", "user-agent": "celery-tray"},
        trust_env=False,
        event_hooks={"response": [_check_redirect]},
    )


def _check_redirect(response: httpx.Response) -> None:
    if response.next_request is not None:
        check_url(str(response.next_request.url))


def _check_status(response: httpx.Response) -> None:
    if response.is_success:
        return
    status = response.status_code
    raise DownloadError(
        "status",
        transient=status in TRANSIENT_STATUSES,
        retry_after_s=_retry_after(response.headers.get("retry-after", "")),
        status=f"{status} {response.reason_phrase}".strip(),
    )


def _receive(
    response: httpx.Response,
    partial: os.PathLike[str],
    report: Callable[[int, int | None], bool],
) -> tuple[int, str]:
    total = _length(response)
    files.check_space(total or 0)
    digest = hashlib.sha256()
    done, told_at = 0, 0.0
    with open(partial, "wb") as file:  # noqa: PTH123 - an os.PathLike is all that is asked for
        try:
            for chunk in response.iter_bytes(CHUNK_BYTES):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if time.monotonic() - told_at >= REPORT_EVERY_S:
                    told_at = time.monotonic()
                    files.check_space(0)
                    if not report(done, total):
                        raise CancelledError
        except httpx.RemoteProtocolError:
            if total is None:
                raise
            raise DownloadError("truncated", transient=True, done=done, total=total) from None
        file.flush()
        os.fsync(file.fileno())
    if total is not None and done != total:
        raise DownloadError("truncated", transient=True, done=done, total=total)
    if not report(done, done):
        raise CancelledError
    return done, digest.hexdigest()


def _length(response: httpx.Response) -> int | None:
    """The length that the server promised; it says nothing of a body that it compressed."""
    if response.headers.get("content-encoding", "identity") != "identity":
        return None
    said = response.headers.get("content-length", "")
    return int(said) if said.isdecimal() else None


def _retry_after(said: str) -> float | None:
    if said.isdecimal():
        return min(float(said), RETRY_AFTER_MAX_S)
    try:
        wait_s = parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, TypeError):
        return None
    return min(max(wait_s, 0.0), RETRY_AFTER_MAX_S)


def _sync_folder(folder: os.PathLike[str]) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
