"""One transfer: from a URL into the store, streamed, checked, and moved in place when whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from typing import NamedTuple, NoReturn
from urllib.parse import urlsplit

import httpcore
import httpx

from web.downloads import files, sharing
from web.downloads.answer import Coming, StartAnewError, read_answer
from web.downloads.decoding import decoded
from web.downloads.failures import DownloadError
from web.downloads.limits import Limits
from web.downloads.names import name_for, safe_name
from web.downloads.partial import HASH_PIECE_BYTES, Facts, Partial, Whole, Writer
from web.downloads.patience import Patience
from web.downloads.transport import Transport

REDIRECTS_MAX = 10
SPACE_EVERY_BYTES = 32 * 1024 * 1024
USER_AGENT = "celery-tray"


class Order(NamedTuple):
    """What is to be fetched, as it was asked for."""

    download_id: str
    url: str
    auth: str = ""
    filename: str = ""
    sha256: str = ""


class StoppedError(Exception):
    """The person gave it up or paused it; raised by ``look``."""


Look = Callable[[int, int | None], None]
"""Told ``(done_bytes, total_bytes)`` at least every few tenths of a second, also when nothing
comes; raises :class:`StoppedError` or :class:`DownloadError` to end the transfer."""


def fetch(order: Order, look: Look, limits: Limits) -> Whole:
    """Bring the file, building on what earlier runs left of it. Safe to call twice, or at once.

    Raises :class:`DownloadError` with the reason, and what ``look`` raises. Whatever happens, the
    file's own name exists only when the file is whole; what came of it stays for the next run.
    """
    try:
        place = files.make(order.download_id)
        with sharing.held(place / sharing.LOCK, lambda: look(0, None)):
            return _Transfer(order, Partial(place), look, limits).run()
    except OSError as error:
        if error.errno == 28:  # ENOSPC: others fill the same disk
            raise DownloadError("disk", free="0 GB") from None
        reason = error.strerror or type(error).__name__
        raise DownloadError("store", reason=reason) from None


class _Transfer:
    def __init__(self, order: Order, partial: Partial, look: Look, limits: Limits) -> None:
        self._order = order
        self._partial = partial
        self._look_at = look
        self._limits = limits
        self._key = sharing.key(order.url, order.auth)
        self._done = 0
        self._total: int | None = None

    def run(self) -> Whole:
        whole = self._partial.settled()
        if whole is not None and self._order.sha256.lower() in {"", whole.sha256}:
            return whole
        host = urlsplit(self._order.url).netloc
        with (
            sharing.held(sharing.url_lock(self._key), self._look),
            sharing.slot("all", self._limits.at_once, self._look),
            sharing.slot(f"host {host}", self._limits.per_host, self._look),
        ):
            try:
                return self._attempt(self._partial.resumable(self._order.url))
            except StartAnewError:
                self._partial.drop()
            try:
                return self._attempt(None)
            except StartAnewError:
                raise DownloadError("bad-answer", transient=True) from None

    def _look(self) -> None:
        self._look_at(self._done, self._total)

    def _attempt(self, had: Facts | None) -> Whole:
        earlier = None if had else sharing.earlier(self._key)
        headers = {"accept-encoding": "identity", "user-agent": USER_AGENT, "accept": "*/*"}
        if had is not None:
            self._done, self._total = had.synced_bytes, had.total_bytes
            headers |= {"range": f"bytes={had.synced_bytes}-", "if-range": had.validator}
        elif earlier is not None and earlier.etag:
            headers["if-none-match"] = earlier.etag
        elif earlier is not None:
            headers["if-modified-since"] = earlier.last_modified
        user, _, password = self._order.auth.partition(":")
        auth = httpx.BasicAuth(user, password) if self._order.auth else None
        patience = Patience(self._look, self._limits)
        try:
            with (
                _client(patience, self._limits) as client,
                client.stream("GET", self._order.url, headers=headers, auth=auth) as response,
            ):
                if earlier is not None and response.status_code == 304:
                    return self._taken(earlier)
                return self._received(response, read_answer(response, had))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            _explain_httpx(error)
        except httpcore.RemoteProtocolError as error:
            if self._total is not None and self._done < self._total:
                raise DownloadError(
                    "truncated", transient=True, done=self._done, total=self._total
                ) from None
            raise DownloadError("bad-answer", transient=True, reason=str(error)[:200]) from None
        except (httpcore.ProxyError, httpcore.ProtocolError) as error:
            proxied = isinstance(error, httpcore.ProxyError)
            code = "proxy-refused" if proxied else "bad-answer"
            raise DownloadError(code, transient=True, reason=str(error)[:200]) from None

    def _received(self, response: httpx.Response, coming: Coming) -> Whole:
        name = name_for(
            str(response.url),
            dict(response.headers.raw).get(b"Content-Disposition", b"")
            or response.headers.get("content-disposition", "").encode("utf-8", "surrogateescape"),
            self._order.filename,
            response.headers.get("content-type", ""),
        )
        self._total = coming.total_bytes
        self._check_size(coming)
        marks = (coming.etag, coming.last_modified) if not coming.codings else ("", "")
        facts = Facts(self._order.url, *marks, coming.total_bytes)
        writer = Writer(self._partial, facts, coming.start)
        self._done = coming.start
        try:
            self._copy(response, coming, writer)
            done, total = writer.size_bytes, coming.total_bytes
            if total is not None and done != total:
                raise DownloadError("truncated", transient=True, done=done, total=total)
            writer.close(complete=True)
        finally:
            with contextlib.suppress(OSError):  # the disk is full: told by what failed before
                writer.close()
        self._check_sum(writer.sha256())
        whole = Whole(name, writer.size_bytes, writer.sha256())
        return self._settle(facts, whole)

    def _copy(self, response: httpx.Response, coming: Coming, writer: Writer) -> None:
        unchecked = 0
        for data in decoded(response.iter_raw(), coming.codings):
            writer.write(data)
            self._done = writer.size_bytes
            unchecked += len(data)
            if unchecked >= SPACE_EVERY_BYTES:
                unchecked = 0
                files.check_space(0, self._limits.keep_free_bytes)
            if self._done > self._limits.file_max_bytes:
                self._partial.drop()
                raise DownloadError("too-large", most=f"{self._limits.file_max_bytes / 1e9:.1f} GB")
            self._look()
        files.check_space(0, self._limits.keep_free_bytes)

    def _check_size(self, coming: Coming) -> None:
        expected = (coming.total_bytes or 0) - coming.start
        if (coming.total_bytes or 0) > self._limits.file_max_bytes:
            raise DownloadError("too-large", most=f"{self._limits.file_max_bytes / 1e9:.1f} GB")
        files.check_space(expected, self._limits.keep_free_bytes)

    def _check_sum(self, actual: str) -> None:
        if self._order.sha256 and actual != self._order.sha256.lower():
            self._partial.drop()
            raise DownloadError("checksum", actual=actual)

    def _taken(self, earlier: sharing.Earlier) -> Whole:
        """The server says that the file in the store is still the same: checked, not fetched."""
        if not sharing.take(earlier, self._partial.path):
            sharing.forget(self._key)
            raise StartAnewError
        digest = hashlib.sha256()
        with self._partial.path.open("rb") as file:
            while piece := file.read(HASH_PIECE_BYTES):
                digest.update(piece)
                self._done += len(piece)
                self._look()
            os.fsync(file.fileno())
        if digest.hexdigest() != earlier.sha256:  # somebody changed it behind our back
            sharing.forget(self._key)
            raise StartAnewError
        self._check_sum(earlier.sha256)
        name = safe_name(self._order.filename) if self._order.filename else earlier.name
        facts = Facts(self._order.url, earlier.etag, earlier.last_modified, earlier.size_bytes)
        return self._settle(facts, Whole(name, earlier.size_bytes, earlier.sha256))

    def _settle(self, facts: Facts, whole: Whole) -> Whole:
        self._partial.settle(facts, whole)
        sharing.remember(
            self._key,
            sharing.Earlier(
                self._order.download_id,
                whole.name,
                whole.size_bytes,
                whole.sha256,
                facts.etag,
                facts.last_modified,
            ),
        )
        return whole


def _client(patience: Patience, limits: Limits) -> httpx.Client:
    return httpx.Client(
        transport=Transport(patience, limits.proxy),
        follow_redirects=True,
        max_redirects=REDIRECTS_MAX,
        trust_env=False,
    )


def _explain_httpx(error: Exception) -> NoReturn:
    if isinstance(error, httpx.TooManyRedirects):
        raise DownloadError("redirects") from None
    reason = str(error)[:200] or type(error).__name__
    raise DownloadError("bad-answer", transient=True, reason=reason) from None
