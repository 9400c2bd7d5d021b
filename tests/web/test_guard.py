"""The guard in front of both web servers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from web.guard import SECURITY_HEADERS, Guard

PORT = 8123
OWN = f"http://127.0.0.1:{PORT}"


async def echo(request: Request) -> Response:
    if request.method == "GET":
        return PlainTextResponse("hello")
    body = await request.body()
    return JSONResponse({"length": len(body)})


async def broken(request: Request) -> Response:
    raise ZeroDivisionError


async def sandboxed(request: Request) -> Response:
    return PlainTextResponse("", headers={"Content-Security-Policy": "sandbox"})


def client(**options: Any) -> httpx.AsyncClient:
    app = Starlette(
        routes=[
            Route("/", echo, methods=["GET", "POST", "DELETE"]),
            Route("/broken", broken),
            Route("/sandboxed", sandboxed),
        ]
    )
    transport = httpx.ASGITransport(Guard(app, PORT, **options), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=OWN)


@pytest.mark.parametrize(
    "host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"LOCALHOST:{PORT}", f"[::1]:{PORT}"]
)
async def test_own_names_are_answered(host: str) -> None:
    async with client() as http:
        assert (await http.get("/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "127.0.0.1:1",
        f"127.0.0.1.evil.example:{PORT}",
        f"user@127.0.0.1:{PORT}",
        "",
    ],
)
async def test_foreign_names_are_misdirected(host: str) -> None:
    async with client() as http:
        answer = await http.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert set(answer.json()) == {"title", "message", "next_step"}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_server_that_can_be_behind_a_proxy_says_how(language: str) -> None:
    asked = {"Host": "ops.example.com", "Accept-Language": language}
    for options, told in (({"origins": ()}, True), ({}, False)):
        async with client(**options) as http:
            answer = await http.get("/", headers=asked)
            assert ("--origin https://" in answer.json()["next_step"]) is told
            other = {"Origin": "https://ops.example.com", "Accept-Language": language}
            changed = await http.post("/", headers=other)
        assert changed.status_code == 403
        assert ("--origin https://" in changed.json()["next_step"]) is told


async def test_two_host_headers_are_misdirected() -> None:
    own = f"127.0.0.1:{PORT}"
    async with client() as http:
        answer = await http.get("/", headers=[("Host", own), ("Host", own)])
    assert answer.status_code == 421


@pytest.mark.parametrize("origin", [OWN, f"http://localhost:{PORT}", f"http://[::1]:{PORT}"])
async def test_own_page_may_change_things(origin: str) -> None:
    async with client() as http:
        answer = await http.post("/", json={"a": 1}, headers={"Origin": origin})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", f"https://127.0.0.1:{PORT}", "http://127.0.0.1:1", f"{OWN}/"],
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
async def test_another_page_may_change_nothing(origin: str, method: str) -> None:
    async with client() as http:
        answer = await http.request(method, "/", json={}, headers={"Origin": origin})
    assert answer.status_code == 403


async def test_cross_site_request_without_origin_is_refused() -> None:
    async with client() as http:
        answer = await http.post("/", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
async def test_body_that_a_form_could_send_is_refused(kind: str) -> None:
    async with client() as http:
        answer = await http.post("/", content=b'{"a": 1}', headers={"Content-Type": kind})
    assert answer.status_code == 415


async def test_body_without_content_type_is_refused() -> None:
    async with client() as http:
        assert (await http.post("/", content=b"{}")).status_code == 415


async def test_chunked_body_without_content_type_is_refused() -> None:
    async def chunks() -> Any:
        yield b"{}"

    async with client() as http:
        assert (await http.post("/", content=chunks())).status_code == 415


async def test_empty_body_needs_no_content_type() -> None:
    async with client() as http:
        assert (await http.post("/")).status_code == 200
        assert (await http.delete("/")).status_code == 200


async def test_json_with_charset_is_json() -> None:
    async with client() as http:
        answer = await http.post(
            "/", content=b"{}", headers={"Content-Type": "Application/JSON; charset=utf-8"}
        )
    assert answer.json() == {"length": 2}


async def test_large_body_is_refused_by_its_length_and_by_its_bytes() -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield b"x" * 10

    kind = {"Content-Type": "application/json"}
    async with client(body_limit_bytes=100) as http:
        assert (await http.post("/", content=b"x" * 101, headers=kind)).status_code == 413
        assert (await http.post("/", content=chunks(), headers=kind)).status_code == 413
        assert (await http.post("/", content=b"x" * 100, headers=kind)).json() == {"length": 100}


async def test_read_only_changes_nothing() -> None:
    async with client(read_only=True) as http:
        assert (await http.get("/")).status_code == 200
        refused = await http.post("/", json={}, headers={"Origin": OWN})
        assert refused.status_code == 403
        assert "--read-only" in refused.json()["next_step"]


@pytest.mark.parametrize(
    ("path", "host"), [("/", None), ("/missing", None), ("/broken", None), ("/", "evil.example")]
)
async def test_every_answer_carries_the_security_headers(path: str, host: str | None) -> None:
    async with client() as http:
        answer = await http.get(path, headers={"Host": host} if host else None)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name.decode()] == value.decode()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy


async def test_stricter_policy_of_the_application_stays() -> None:
    async with client() as http:
        answer = await http.get("/sandboxed")
    assert answer.headers.get_list("content-security-policy") == ["sandbox"]


async def test_refusals_speak_the_language_of_the_browser() -> None:
    async with client() as http:
        answer = await http.get(
            "/", headers={"Host": "evil.example", "Accept-Language": "zh-CN,en;q=0.5"}
        )
    assert answer.json()["title"] == "主机名不对"


async def test_refused_body_is_read_before_the_answer() -> None:
    """A server that closes over unread bytes resets the connection, and with it the answer: one
    client in a hundred lost it so."""
    parts = [{"type": "http.request", "body": b"{", "more_body": more} for more in (True, False)]
    order: list[str] = []

    async def receive() -> Message:
        order.append("read")
        return parts.pop(0)

    async def send(message: Message) -> None:
        order.append(message["type"])

    headers = [(b"host", f"127.0.0.1:{PORT}".encode()), (b"content-length", b"2")]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    await Guard(Starlette(), PORT)(scope, receive, send)
    assert order == ["read", "read", "http.response.start", "http.response.body"]


async def test_refused_body_that_never_ends_is_answered_all_the_same() -> None:
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": bytes(65536), "more_body": True}

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"evil")]}
    await Guard(Starlette(), PORT)(scope, receive, send)
    assert statuses[0] == 421
