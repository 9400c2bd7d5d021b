"""Which addresses may be fetched from, and the connection made to exactly the checked one.

Without this, a pasted address could make the worker read from this computer or its network
(server-side request forgery). The name is resolved once, every resulting address is checked, and
the connection goes to that very address, so a second look-up can't change the answer.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from urllib.parse import urlsplit

import httpx

from web.downloads.failures import DownloadError

URL_MAX_CHARS = 8192


def check_url(url: str) -> str:
    """The URL if it may be asked for at all. Raises :class:`DownloadError` with the reason."""
    shown = url[:200]
    if len(url) > URL_MAX_CHARS or any(ord(c) < 33 or ord(c) == 127 for c in url):
        raise DownloadError("bad-url", url=shown)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise DownloadError("bad-url", url=shown) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise DownloadError("bad-url", url=shown)
    if parts.username is not None or parts.password is not None:
        raise DownloadError("credentials")
    if not private_allowed():
        literal = _literal(host)
        if (literal is not None and not _is_public(literal)) or host.lower() == "localhost":
            raise DownloadError("private-address", host=host)
    return url


def private_allowed() -> bool:
    return os.environ.get("CELERY_TRAY_ALLOW_PRIVATE", "") in {"1", "true", "yes"}


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


def resolve(host: str, port: int) -> str:
    """The address to connect to; one private address among several refuses the whole name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise DownloadError("unknown-host", transient=True, host=host) from None
    addresses = [str(entry[4][0]) for entry in found]
    if not private_allowed():
        for address in addresses:
            if not _is_public(ipaddress.ip_address(address.partition("%")[0])):
                raise DownloadError("private-address", host=host)
    return addresses[0]


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is already, in any spelling that the system accepts (2130706433,
    0x7f.1, 127.1); None for a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(inner)
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast
