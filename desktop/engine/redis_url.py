"""Broker addresses: what they point at, and how they may be shown."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from desktop.engine.urls import LOOPBACK, masked

SCHEMES = frozenset({"redis", "rediss", "unix", "redis+socket", "sentinel"})


def mask(url: str) -> str:
    """The address without any credentials."""
    return masked(url)


def is_redis(url: str) -> bool:
    return url.partition("://")[0] in SCHEMES


def is_local(url: str) -> bool:
    """Whether a server for this address would run on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme in {"unix", "redis+socket"}:
        return True
    host = parts.hostname or ""
    return parts.scheme in {"redis", "rediss"} and (host in LOOPBACK or host.startswith("127."))


def address(url: str) -> tuple[str, int, int]:
    """Host, port and number of the database; Redis's own defaults where the URL says nothing."""
    parts = urlsplit(url)
    database = parts.path.strip("/")
    return (
        parts.hostname or "127.0.0.1",
        parts.port or 6379,
        int(database) if database.isdecimal() else 0,
    )


def password(url: str) -> str:
    """The password in the URL, decoded; "" when there is none."""
    return unquote(urlsplit(url).password or "")
