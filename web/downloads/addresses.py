"""Which addresses may be fetched from.

Without this, a pasted address could make the worker read from this computer or its network
(server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import os
import socket
from urllib.parse import urlsplit

from web.downloads.failures import DownloadError

URL_MAX_CHARS = 8192


def check_url(url: str) -> str:
    """The URL if it may be asked for at all. Raises :class:`DownloadError` with the reason."""
    import httpx  # 60 ms, for which the page's first answer need not wait

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
