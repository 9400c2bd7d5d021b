"""Addresses with credentials in them: how they may be shown, and what they point at."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MASK = "***"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0", "::", ""})  # noqa: S104
"""Hosts that mean this machine ("" is a URL that names none)."""

# Up to the last @, so that a password holding / or @ is covered as well.
_CREDENTIALS = re.compile(r"(?<=://)[^\s\"'<>]*@")
_QUERY_SECRET = re.compile(
    r"(?<=[?&])((?:\w*password|\w*secret|token)=)[^&\s\"'<>]*", re.IGNORECASE
)


def masked(words: str) -> str:
    """``words`` (an address, a line of a log, a piece of a file) without any credentials."""
    return _QUERY_SECRET.sub(rf"\1{MASK}", _CREDENTIALS.sub(f"{MASK}@", words))


def local_port(url: str, default: int | None = None) -> int | None:
    """The TCP port on this machine that ``url`` points at; None when it is another machine's,
    no TCP address at all, or no address that can be read."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme in {"unix", "redis+socket", "file"} or (parts.hostname or "") not in LOOPBACK:
        return None
    return port or default
