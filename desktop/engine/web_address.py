"""Where a web server of ours is reached from outside: behind which path, under which names. Pure.

A server of ours listens on the loopback address and answers to its own names alone. A proxy before
it (nginx, Caddy, Traefik) gives it other ones, which a person has to allow.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PART = r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*"
_PREFIX = re.compile(rf"{_PART}(/{_PART})*")
_HOST = re.compile(r"[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]")
_PORTS = {"http": 80, "https": 443}


def url_prefix(value: str) -> str | None:
    """``"/celery"`` of ``"celery"``, ``"/celery"`` or ``"/celery/"``; ``""`` of ``"/"``; None when
    it can be no beginning of an address."""
    name = value.strip("/")
    if not name:
        return ""
    return f"/{name}" if _PREFIX.fullmatch(name) else None


def web_origin(value: str) -> str | None:
    """``"https://ops.example.com"`` as a browser sends it in ``Origin``: scheme and host in small
    letters, without the scheme's own port. None when it is more or less than that."""
    try:
        parts = urlsplit(value.strip().rstrip("/"))
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    more = parts.path or parts.query or parts.fragment
    if parts.scheme not in _PORTS or more or port == 0 or not _HOST.fullmatch(host):
        return None
    shown = "" if port in {None, _PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host.lower()}{shown}"
