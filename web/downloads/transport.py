"""Connections to exactly the address that was checked.

A name is resolved once, every resulting address is checked, and the connection goes to that very
address, so a second look-up can't change the answer.
"""

from __future__ import annotations

import httpx

from web.downloads.addresses import resolve


class PinnedTransport(httpx.BaseTransport):
    """Resolves and checks each request's host, redirects included, and connects to that address."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        address = resolve(host, request.url.port or (443 if request.url.scheme == "https" else 80))
        pinned = request.url.copy_with(host=address)
        extensions = {**request.extensions, "sni_hostname": host}
        return self._inner.handle_request(
            httpx.Request(
                request.method,
                pinned,
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
        )

    def close(self) -> None:
        self._inner.close()
