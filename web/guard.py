"""What both web servers owe to a browser that is open on other pages too.

A server on the loopback address is reachable by every page in the person's browser, so each
request is checked before the application sees it, and each answer carries the headers that keep
foreign content from acting as ours:

* ``Host`` must be one of our own names with our own port: a foreign name that resolves to
  127.0.0.1 (DNS rebinding) gets 421.
* What another page loads (``Sec-Fetch-Site``), other than by a link that is followed, is refused:
  it could not read the answer, but it could keep the server busy.
* A request that changes something must come from our own page (``Origin``, ``Sec-Fetch-Site``) or
  from no page at all (curl), and its body must be ``application/json``, which no HTML form sends.
* A body is read here, bounded in size and time, before the application runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.guard_refusals import (
    BEHIND_A_PROXY,
    FOREIGN_ORIGIN,
    FOREIGN_PAGE,
    NOT_JSON,
    READ_ONLY,
    TOO_LARGE,
    TOO_SLOW,
    WRONG_HOST,
    Refusal,
)
from web.language import negotiate

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

BODY_LIMIT_BYTES = 256 * 1024
"""Enough for a thousand pasted addresses; nothing that these servers accept is larger."""

BODY_TIMEOUT_S = 10.0
"""A body of this size arrives on the loopback within milliseconds; a dripping one is cut off."""

UNREAD_LIMIT_BYTES = 4 * 1024 * 1024
UNREAD_TIMEOUT_S = 1.0
"""So much of a refused request is read and thrown away before it is answered, for so long."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)

SECURITY_HEADERS = {
    b"content-security-policy": CONTENT_SECURITY_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


class Guard:
    """ASGI middleware around one of the two applications; outermost, so that errors pass it too.

    ``port`` is the port that the server listens on (part of the allowed ``Host`` names). With
    ``read_only`` every request that would change something is refused with 403. ``origins``
    ("https://ops.example.com", without a path) are the addresses under which a proxy shows this
    server: their names are answered too, and their pages are ours. None: it can't be given any.
    """

    def __init__(
        self,
        app: ASGIApp,
        port: int,
        read_only: bool = False,
        *,
        body_limit_bytes: int = BODY_LIMIT_BYTES,
        origins: Iterable[str] | None = None,
    ) -> None:
        self._app = app
        self._port = port
        self._read_only = read_only
        self._body_limit_bytes = body_limit_bytes
        own = frozenset(_own_hosts(port))
        public = frozenset(origins or ())
        self._hosts = own | frozenset(_hosts_of(public))
        self._origins = frozenset(f"http://{host}" for host in own) | public
        self._has_origins = origins is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # neither server speaks WebSocket
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = _headers(scope)
        guarded = _with_security_headers(send)
        refusal = self._refusal(scope["method"], headers)
        if refusal is None and scope["method"] not in SAFE_METHODS:
            body = await self._body(headers, receive)
            if isinstance(body, Refusal):
                refusal = body
            else:
                receive = _replay(body, receive)
        if refusal is not None:
            await _discard(receive)
            await self._refuse(refusal, headers, scope["method"], guarded)
            return
        await self._app(scope, receive, guarded)

    def _refusal(self, method: str, headers: dict[str, list[str]]) -> Refusal | None:
        hosts = headers.get("host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return WRONG_HOST
        if method in SAFE_METHODS:
            return FOREIGN_PAGE if _is_read_by_another_page(headers) else None
        if not self._from_own_page(headers):
            return FOREIGN_ORIGIN
        if self._read_only:
            return READ_ONLY
        if not _is_json_or_empty(headers):
            return NOT_JSON
        return None

    def _from_own_page(self, headers: dict[str, list[str]]) -> bool:
        # No Origin at all is a program, not a page: browsers send one with every such request.
        if any(origin.lower() not in self._origins for origin in headers.get("origin", [])):
            return False
        sites = headers.get("sec-fetch-site", [])
        return all(site in {"same-origin", "none"} for site in sites)

    async def _body(self, headers: dict[str, list[str]], receive: Receive) -> bytes | Refusal:
        """The whole body, or why it is refused. A client that leaves gives what it sent."""
        for length in headers.get("content-length", []):
            if length.isdecimal() and int(length) > self._body_limit_bytes:
                return TOO_LARGE
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                more = True
                while more:
                    message = await receive()
                    body += message.get("body", b"")
                    if len(body) > self._body_limit_bytes:
                        return TOO_LARGE
                    more = message["type"] == "http.request" and message.get("more_body", False)
        except TimeoutError:
            return TOO_SLOW
        return bytes(body)

    async def _refuse(
        self, refusal: Refusal, headers: dict[str, list[str]], method: str, send: Send
    ) -> None:
        language = negotiate(", ".join(headers.get("accept-language", [])))
        words = (
            part.format(port=self._port, limit=self._body_limit_bytes)
            for part in refusal.words[language]
        )
        answer = dict(zip(("title", "message", "next_step"), words, strict=True))
        if self._has_origins and refusal in (WRONG_HOST, FOREIGN_ORIGIN):
            answer["next_step"] += BEHIND_A_PROXY[language]
        body = json.dumps(answer, ensure_ascii=False).encode()
        await send(
            {
                "type": "http.response.start",
                "status": refusal.status,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", str(len(body)).encode()),
                    (b"cache-control", b"no-store"),
                    # What is left of a refused body must not be read as the next request.
                    (b"connection", b"close"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def _is_read_by_another_page(headers: dict[str, list[str]]) -> bool:
    """Whether another page fetches or frames this. A link to it may be followed; and programs and
    browsers of before 2023 do not tell, which costs only the reading of what is public here."""
    if all(site in {"same-origin", "none"} for site in headers.get("sec-fetch-site", [])):
        return False
    return (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) != (
        ["navigate"],
        ["document"],
    )


def _own_hosts(port: int) -> Iterable[str]:
    for name in ("127.0.0.1", "localhost", "[::1]"):
        yield f"{name}:{port}"
        if port == 80:  # the scheme's own port is left out by browsers
            yield name


def _hosts_of(origins: Iterable[str]) -> Iterable[str]:
    """What a proxy under these addresses passes on as ``Host``."""
    for origin in origins:
        scheme, _, host = origin.partition("://")
        yield host
        if not host.rpartition("]")[2].rpartition(":")[1]:  # without a port: the scheme's own
            yield f"{host}:{80 if scheme == 'http' else 443}"


def _headers(scope: Scope) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return headers


def _is_json_or_empty(headers: dict[str, list[str]]) -> bool:
    kinds = headers.get("content-type", [])
    if kinds:
        return all(kind.partition(";")[0].strip().lower() == "application/json" for kind in kinds)
    lengths = headers.get("content-length", ["0"])
    return "transfer-encoding" not in headers and lengths == ["0"]


async def _discard(receive: Receive) -> None:
    """Read what is left of a refused request. A connection that is closed over unread bytes is
    reset by the kernel, and the client may lose the answer with it."""
    unread = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(UNREAD_TIMEOUT_S):
            while unread <= UNREAD_LIMIT_BYTES:
                message = await receive()
                unread += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the body that was read already, then what comes after it."""
    unread = True

    async def replay() -> Message:
        nonlocal unread
        if unread:
            unread = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


def _with_security_headers(send: Send) -> Send:
    """Adds the headers to an answer; one that the application set itself stays as it is."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            present = {name.lower() for name, _ in own}
            own += [(n, v) for n, v in SECURITY_HEADERS.items() if n not in present]
            message = {**message, "headers": own}
        await send(message)

    return guarded
