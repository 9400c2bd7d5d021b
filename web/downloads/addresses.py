"""Which addresses may be fetched from.

Without this, a pasted address could make the worker read from this computer or its network
(server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from web.downloads.failures import DownloadError

URL_MAX_CHARS = 8192
AUTH_MAX_CHARS = 1024
LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa")
_NAT64 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))


class Target(NamedTuple):
    """What to ask for. The credentials are apart, so that no list, log or message shows them."""

    url: str
    auth: str
    """``user:password``, or empty."""


def check_url(url: str) -> Target:
    """The target if it may be asked for at all. Raises :class:`DownloadError` with the reason."""
    import httpx  # 60 ms, for which the page's first answer need not wait

    if len(url) > URL_MAX_CHARS or any(ord(c) < 33 or ord(c) == 127 for c in url):
        raise DownloadError("bad-url", url=_shown(url))
    scheme = url.partition(":")[0].lower()
    if scheme in {"file", "data", "ftp", "ftps", "sftp", "blob", "javascript", "magnet"}:
        raise DownloadError(f"scheme-{'ftp' if 'ftp' in scheme else scheme}", url=_shown(url))
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        httpx.URL(url)
        if host and not host.isascii():
            host = host.encode("idna").decode()  # other alphabets have digits and dots too
    except (ValueError, httpx.InvalidURL):
        raise DownloadError("bad-url", url=_shown(url)) from None
    if parts.scheme not in {"http", "https"} or not host or parts.port == 0:
        raise DownloadError("bad-url", url=_shown(url))
    if not private_allowed():
        literal = _literal(host)
        name = host.lower().rstrip(".")
        if (literal is not None and not is_public(literal)) or name == "localhost":
            raise DownloadError("private-address", host=host)
        if name.endswith(LOCAL_NAMES):
            raise DownloadError("private-address", host=host)
    return Target(*_without_credentials(parts))


def _without_credentials(parts: SplitResult) -> tuple[str, str]:
    if "@" not in parts.netloc:
        return urlunsplit(parts._replace(fragment="")), ""
    said, _, place = parts.netloc.rpartition("@")
    user, _, password = said.partition(":")
    auth = f"{unquote(user)}:{unquote(password)}"
    # A colon would end the user's name early; a line break would begin a header of its own.
    if ":" in unquote(user) or len(auth) > AUTH_MAX_CHARS or not auth.isprintable():
        raise DownloadError("credentials")
    return urlunsplit(parts._replace(netloc=place, fragment="")), auth if auth != ":" else ""


def _shown(url: str) -> str:
    """The beginning of what was pasted, for a message: without what may be a password."""
    head, at, tail = url[:URL_MAX_CHARS].rpartition("@")
    scheme, separator, _ = head.partition("//")
    return (f"{scheme}{separator}…@{tail}" if at and separator else url)[:200]


def private_allowed() -> bool:
    return os.environ.get("CELERY_TRAY_ALLOW_PRIVATE", "") in {"1", "true", "yes"}


def resolve(host: str, port: int) -> list[str]:
    """The addresses to connect to, the best first; one private among them refuses the name.

    Blocks as long as the system's resolver does. Raises :class:`DownloadError`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise DownloadError("unknown-host", transient=True, host=host) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not private_allowed():
        for address in addresses:
            if not is_public(ipaddress.ip_address(address.partition("%")[0])):
                raise DownloadError("private-address", host=host)
    return addresses


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is already, in any spelling that the system accepts (2130706433,
    0x7f.1, 127.1); None for a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except (OSError, UnicodeError):
        return None


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address belongs to the open internet, also by the IPv4 address inside it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and any(address in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None and int(address) >> 32 == 0:  # ::a.b.c.d, long deprecated
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast
