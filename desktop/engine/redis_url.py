"""Broker addresses of Redis, as Celery writes them: what they point at.

Celery takes a socket's path as ``redis+socket:///path?virtual_host=N``, several addresses with
``;`` between them (of which the first is tried first), and sentinels as
``sentinel://h1:26379;sentinel://h2:26379/N``.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from desktop.engine.urls import LOOPBACK

SCHEMES = frozenset({"redis", "rediss", "unix", "redis+socket", "sentinel"})
SOCKET_SCHEMES = frozenset({"unix", "redis+socket"})
PORT = 6379
SENTINEL_PORT = 26379
"""Redis's own; Celery takes 6379 where a ``sentinel://`` address names no port."""
_CERT_REQS = {"CERT_NONE": "none", "CERT_OPTIONAL": "optional", "CERT_REQUIRED": "required"}


class Login(NamedTuple):
    user: str
    """"" for Redis's default user."""
    password: str


def is_redis(url: str) -> bool:
    return url.partition("://")[0] in SCHEMES


def is_local(url: str) -> bool:
    """Whether a server for this address would run on this machine."""
    try:
        parts = urlsplit(_first(url))
    except ValueError:
        return False
    if parts.scheme in SOCKET_SCHEMES:
        return True
    host = parts.hostname or ""
    return parts.scheme in {"redis", "rediss"} and (host in LOOPBACK or host.startswith("127."))


def address(url: str) -> tuple[str, int, int]:
    """Host, port and number of the database; Redis's own defaults where the URL says nothing.

    Raises ValueError: a port that is none.
    """
    parts = urlsplit(_first(url))
    database = dict(parse_qsl(parts.query)).get("virtual_host", "")
    if parts.scheme not in SOCKET_SCHEMES:
        database = parts.path
    database = database.strip("/")
    return (
        parts.hostname or "127.0.0.1",
        PORT if parts.port is None else parts.port,
        int(database) if database.isdecimal() else 0,
    )


def socket_path(url: str) -> str:
    """The socket's path; "" for an address on the network."""
    parts = urlsplit(_first(url))
    return unquote(parts.path) if parts.scheme in SOCKET_SCHEMES else ""


def sentinels(url: str) -> tuple[tuple[str, int], ...]:
    """Host and port of each sentinel that the address names. Raises ValueError like
    :func:`address`."""
    found = (urlsplit(one) for one in url.split(";"))
    return tuple(
        (parts.hostname or "127.0.0.1", PORT if parts.port is None else parts.port)
        for parts in found
        if parts.scheme == "sentinel"
    )


def login(url: str) -> Login:
    """User and password in the URL, decoded; "" for what it does not have."""
    parts = urlsplit(_first(url))
    return Login(unquote(parts.username or ""), unquote(parts.password or ""))


def password(url: str) -> str:
    """The password in the URL, decoded; "" when there is none."""
    return login(url).password


def place(url: str) -> str:
    """What the address points at, for people: ``127.0.0.1:6379``, or a socket's path."""
    path = socket_path(url)
    if path:
        return path
    host, port, _ = address(url)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def client_url(url: str) -> str:
    """``url`` in redis-py's spelling: Celery also knows ``redis+socket:``, ``CERT_NONE`` and
    several addresses in one."""
    parts = urlsplit(_first(url))
    query = dict(parse_qsl(parts.query))
    scheme = parts.scheme
    if scheme == "redis+socket":
        scheme = "unix"
        if "virtual_host" in query:
            query["db"] = query.pop("virtual_host")
    if query.get("ssl_cert_reqs") in _CERT_REQS:
        query["ssl_cert_reqs"] = _CERT_REQS[query["ssl_cert_reqs"]]
    tail = f"?{urlencode(query)}" if query else ""
    return f"{scheme}://{parts.netloc}{parts.path}{tail}"


def _first(url: str) -> str:
    return url.split(";", maxsplit=1)[0]
