"""httpx over connections that are pinned, patient and, if the person says so, through a proxy."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote, urlsplit

import certifi
import httpcore
import httpx

from web.downloads.addresses import check_url, resolve
from web.downloads.failures import DownloadError
from web.downloads.network import PinnedBackend
from web.downloads.patience import Patience, Phase


class Transport(httpx.BaseTransport):
    """One transfer's connections. Raises httpcore's errors and :class:`DownloadError`."""

    def __init__(self, patience: Patience, proxy: str = "") -> None:
        self._patience = patience
        self._through_proxy = bool(proxy)
        self._pool = _proxied(patience, proxy) if proxy else _direct(patience)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        check_url(str(request.url))  # also of every redirect
        if self._through_proxy:
            self._check(request.url)
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.read(),
                extensions=request.extensions,
            )
        )
        self._patience.enter(Phase.BODY)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._pool.close()

    @staticmethod
    def _check(url: httpx.URL) -> None:
        """A proxy resolves names itself; one that leads to this network is still refused, as far
        as can be told from here."""
        try:
            resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        except DownloadError as error:
            if error.code != "unknown-host":
                raise


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def _direct(patience: Patience) -> httpcore.ConnectionPool:
    # Never used twice: a server may close an idle connection just as the next request comes.
    return httpcore.ConnectionPool(
        ssl_context=_trust(_authorities()),
        max_keepalive_connections=0,
        network_backend=PinnedBackend(patience),
    )


def _proxied(patience: Patience, proxy: str) -> httpcore.HTTPProxy:
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise DownloadError("proxy", proxy=f"{parts.scheme}://{parts.hostname or ''}")
    port = f":{parts.port}" if parts.port else ""
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return httpcore.HTTPProxy(
        f"{parts.scheme}://{name}{port}",
        proxy_auth=(unquote(parts.username), unquote(parts.password or ""))
        if parts.username
        else None,
        ssl_context=_trust(_authorities()),
        max_keepalive_connections=0,
        network_backend=PinnedBackend(patience, parts.hostname),
    )


def _authorities() -> str:
    """Whom to believe: ``SSL_CERT_FILE``, else the authorities that browsers believe."""
    return os.environ.get("SSL_CERT_FILE") or certifi.where()


@cache
def _trust(authorities: str) -> ssl.SSLContext:
    """Read once a process: it takes 30 ms, more than many a download."""
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
