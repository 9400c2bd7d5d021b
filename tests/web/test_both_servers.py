"""Both real servers before requests that mean it ill: what they share is asked of each."""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

import web.guard
from desktop.paths import Home
from tests.web.monitor.conftest import wait_until
from tests.web.servers import HARMLESS, NAMES, Server, exchange, serving
from web import patient_protocol
from web.downloads.__main__ import configured as downloads_configured
from web.guard import SECURITY_HEADERS
from web.monitor.app import application
from web.monitor.feed import Feed
from web.monitor.server import configured as monitor_configured

STATIC = "/static/icon.svg"
"""A file that both have."""


@pytest.fixture(scope="module", params=NAMES)
def server(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(request.param, tmp_path_factory.mktemp(request.param)) as one:
        yield one
        assert "Traceback" not in one.log.read_text()


def head(server: Server, first: str, *lines: str, host: str | None = None) -> bytes:
    own = f"Host: {server.own}" if host is None else host
    found = [first, *([own] if own else []), "Connection: close", *lines]
    return ("\r\n".join(found) + "\r\n\r\n").encode("latin-1")


def status(answer: bytes) -> int:
    """0: it was hung up on without a word."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


def untouched(server: Server) -> bool:
    """Nothing was asked of the engine that changes anything."""
    engine = server.engine
    return engine is None or all(isinstance(one, HARMLESS) for one in engine.commands)


# --- whose request it is --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:0{port}",
        "127.0.0.1:{port}.evil.example", "127.0.0.1.evil.example:{port}", "evil@127.0.0.1:{port}",
        "127.0.0.1:{port}@evil", "127.0.0.1:{port}/", "127.0.0.1:{port}, evil", "127.1:{port}",
        "2130706433:{port}", "0.0.0.0:{port}", "0:{port}", "[::]:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "localhost.:{port}", "localhost.evil.example:{port}", "127.0.0.1:{port}\t", "", " ",
    ],
)  # fmt: skip
def test_only_our_own_names_with_our_port_are_answered(server: Server, host: str) -> None:
    named = host.format(port=server.port)
    asked = server.raw(head(server, "GET / HTTP/1.1", host=f"Host: {named}"))
    if named.strip() == server.own:  # white space around a value is no part of it
        assert status(asked) == 200
    else:
        assert status(asked) in {400, 421}
        assert b"<html" not in asked


def test_a_request_without_host_or_with_two_is_refused(server: Server) -> None:
    assert status(server.raw(head(server, "GET / HTTP/1.1", host=""))) in {400, 421}
    assert status(server.raw(head(server, "GET / HTTP/1.0", host=""))) in {400, 421}
    twice = (f"Host: {server.own}", "Host: evil.example")
    for one, other in (twice, twice[::-1]):
        assert status(server.raw(head(server, "GET / HTTP/1.1", other, host=one))) in {400, 421}


@pytest.mark.parametrize("target", ["http://evil.example/", "http://{own}/", "*", "evil:80"])
def test_an_absolute_target_leads_nowhere(server: Server, target: str) -> None:
    asked = server.raw(head(server, f"GET {target.format(own=server.own)} HTTP/1.1"))
    assert status(asked) in {400, 404, 421}
    assert b"location" not in asked.lower()


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "{url}.evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "{url}", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": "text/plain; application/json"}, 415),
        ({"Content-Type": "application/json-patch+json"}, 415),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_another_page_changes_nothing(
    server: Server, method: str, headers: dict[str, str], refused: int
) -> None:
    given = {"Content-Type": "application/json"}
    given |= {name: value.format(url=server.url) for name, value in headers.items()}
    with server.http() as http:
        answer = http.request(method, server.change, content=b"{}", headers=given)
    assert answer.status_code == refused
    assert untouched(server)


def test_a_preflight_allows_nothing(server: Server) -> None:
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    with server.http() as http:
        answer = http.options(server.change, headers=asks)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_may_link_here_and_load_nothing(server: Server, site: str) -> None:
    def asked(mode: str, dest: str) -> int:
        told = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        with server.http() as http:
            return http.get("/", headers=told).status_code

    assert asked("navigate", "document") == 200
    for mode, dest in (("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")):
        assert asked(mode, dest) == 403


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "PROPFIND", "GETX", "post"])
def test_odd_methods_are_refused(server: Server, method: str) -> None:
    asked = server.raw(head(server, f"{method} / HTTP/1.1", "X-Secret: s3cret"))
    assert status(asked) in {400, 403, 404, 405, 415}
    assert b"s3cret" not in asked
    assert untouched(server)


# --- what is answered -----------------------------------------------------------------------------


def test_every_answer_carries_every_header(server: Server) -> None:
    def answers() -> Iterator[httpx.Response]:
        with server.http() as http:
            for path in ("/", "/healthz", "/api/openapi.json", "/nowhere", "/static/", "/static"):
                yield http.get(path)
            yield http.get(STATIC)
            yield http.head("/")
            yield http.get(STATIC, headers={"If-None-Match": "*"})
            yield http.put("/", json={})
            yield http.post("/nowhere", json={})
            yield http.get("/", headers={"Host": "evil.example"})
            yield http.post(server.change, content=b"{}")
            yield http.post(server.change, json={}, headers={"Origin": "null"})

    for answer in answers():
        where = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
        for name, value in SECURITY_HEADERS.items():
            told = answer.headers.get_list(name.decode())
            if name == b"content-security-policy":
                assert len(told) == 1 and told[0].startswith(value.decode()), where
            else:
                assert told == [value.decode()], where
        policy = answer.headers["content-security-policy"]
        assert not re.search(r"unsafe|\*|data:|http:", policy), where
        assert "set-cookie" not in answer.headers and "server" not in answer.headers, where
        assert "access-control-allow-origin" not in answer.headers, where


@pytest.mark.parametrize(
    "way",
    [
        "../../../../etc/passwd", "..%2f..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd",
        "%2e%2e%2f%2e%2e%2fetc/passwd", "..%5c..%5cetc%5cpasswd", "%252e%252e%252fetc%252fpasswd",
        "..;/..;/etc/passwd", "....//....//etc/passwd", "/etc/passwd", "%2fetc%2fpasswd",
        "%2f%2fetc/passwd", "%c0%ae%c0%ae/etc/passwd", "%uff0e%uff0e/etc/passwd",
        "icon.svg%00.html", "%00", "icon.svg/..", "./icon.svg/../../app.py", "../app.py",
        "%2e%2e/app.py", "%", "%ff%fe", "..", ".", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("base", ["/static/", "/"])
def test_no_spelling_of_a_path_leads_out(server: Server, base: str, way: str) -> None:
    asked = server.raw(head(server, f"GET {base}{way} HTTP/1.1"))
    if base == "/" and way == "":
        return  # the page itself
    assert b"root:" not in asked and b"from starlette" not in asked
    assert status(asked) in {400, 404, 405, 307}, asked[:200]


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "//evil.example/", "/\\evil.example", "/%5cevil.example/",
     "///evil.example/",
     "/static//evil.example/", "/api/downloads/%0d%0aX-Evil:1/", "/%0d%0aX-Evil:%201",
     "/healthz/%0aX-Evil:1", "/?next=%0d%0aX-Evil:1"],
)  # fmt: skip
def test_no_path_makes_a_header_or_leads_to_another_host(server: Server, path: str) -> None:
    asked = server.raw(head(server, f"GET {path} HTTP/1.1"))
    lines = asked.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert not [line for line in lines if line.startswith(b"x-evil")]
    for line in lines:
        if line.startswith(b"location:"):
            assert re.match(rb"location: (http://%s)?/[^/\\]" % server.own.encode(), line)


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Content-Length: 2", "Content-Length: 40"),
        ("Content-Length: +2",), ("Content-Length: -1",), ("Content-Length: 0x2",),
        ("Transfer-Encoding: chunked, identity",), ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding : chunked",), ("X-Bad\x00: 1",), ("X-Bad: a\x00b",), ("No colon",),
        (": no name",), ("X Y: 1",),
    ],
)  # fmt: skip
def test_one_request_is_never_read_as_two(server: Server, lines: tuple[str, ...]) -> None:
    """What a proxy and the server might read differently."""
    inner = f"GET /smuggled HTTP/1.1\r\nHost: {server.own}\r\n\r\n"
    request = head(server, f"POST {server.change} HTTP/1.1", "Content-Type: text/plain", *lines)
    asked = server.raw(request + b"{}" + inner.encode())
    assert asked.count(b"HTTP/1.1 ") <= 1
    assert status(asked) in {0, 400, 415, 501}
    assert untouched(server)


# --- how much, and how slowly ---------------------------------------------------------------------


def test_large_requests_are_refused(server: Server) -> None:
    long, many = "x" * 300_000, [f"X-{number}: 1" for number in range(20_000)]
    assert status(server.raw(head(server, f"GET /{long} HTTP/1.1"))) in {0, 400}
    assert status(server.raw(head(server, "GET / HTTP/1.1", f"X-Long: {long}"))) in {0, 400}
    assert status(server.raw(head(server, "GET / HTTP/1.1", *many))) in {0, 400}
    kind = {"Content-Type": "application/json"}
    with server.http() as http:
        assert http.post(server.change, content=long.encode(), headers=kind).status_code == 413
        deep = http.post(server.change, content=b"[" * 100_000, headers=kind)
        assert deep.status_code in {400, 422}
        assert http.get("/").status_code == 200
    claimed = head(server, f"POST {server.change} HTTP/1.1", "Content-Type: application/json",
                   "Content-Length: 99999999999999")  # fmt: skip
    assert status(server.raw(claimed)) == 413
    assert untouched(server)


def test_a_compressed_body_is_not_unpacked(server: Server) -> None:
    bomb = gzip.compress(json.dumps({"url": "x" * 20_000_000}).encode())
    kind = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with server.http() as http:
        answer = http.post(server.change, content=bomb, headers=kind)
    assert answer.status_code in {400, 415, 422}
    assert untouched(server)


def test_more_connections_than_any_browser_opens_are_told_so(server: Server) -> None:
    open_ = [
        socket.create_connection(("127.0.0.1", server.port), timeout=20)
        for _ in range(patient_protocol.CONNECTIONS_MAX)
    ]
    try:
        with server.http() as http:
            wait_until(lambda: http.get("/", headers={"Connection": "close"}).status_code == 503)
    finally:
        for one in open_:
            one.close()
    with server.http() as http:
        wait_until(lambda: http.get("/", headers={"Connection": "close"}).status_code == 200)


@pytest.fixture(params=NAMES)
def impatient(request: Any, tmp_path: Any, monkeypatch: Any) -> Iterator[tuple[str, int]]:
    """Where each server listens, in this process, with less patience than a person's has."""
    monkeypatch.setattr(patient_protocol, "HEAD_TIMEOUT_S", 0.4)
    monkeypatch.setattr(patient_protocol, "STALL_S", 0.4)
    monkeypatch.setattr(web.guard, "BODY_TIMEOUT_S", 0.4)
    monkeypatch.setattr(web.guard, "UNREAD_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = listener.getsockname()
        if request.param == "downloads":
            config = downloads_configured(place[1])
            config.lifespan = "off"
        else:
            config = monitor_configured(application(Feed(Home(tmp_path), ""), place[1]))
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield place
        running.should_exit = True
        thread.join()


def test_who_drips_or_stops_is_cut_off_wherever_it_does(impatient: tuple[str, int]) -> None:
    own = f"Host: 127.0.0.1:{impatient[1]}\r\n"
    kind = "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n"
    for beginning, answer in (
        ("", 0),
        ("GET / HTTP/1.1\r\nX-Drip: ", 0),
        (f"POST /api/stop HTTP/1.1\r\n{own}{kind}{{", 408),
        (f"POST /api/stop HTTP/1.1\r\nHost: evil\r\n{kind}{{", 421),
        # A body that nobody reads, and the head of the request after a whole one.
        (f"GET /static/icon.svg HTTP/1.1\r\n{own}Content-Length: 10\r\n\r\n{{", 200),
        (f"GET /static/icon.svg HTTP/1.1\r\n{own}\r\nGET / HT", 200),
    ):
        assert status(exchange(impatient, beginning.encode())) == answer, beginning


def test_dripping_on_buys_no_time(impatient: tuple[str, int]) -> None:
    own = f"Host: 127.0.0.1:{impatient[1]}\r\n"
    for beginning in (
        f"GET / HTTP/1.1\r\n{own}X-Drip: ",
        f"GET /static/icon.svg HTTP/1.1\r\n{own}Content-Length: 100000\r\n\r\n",
        f"POST /api/stop HTTP/1.1\r\n{own}Content-Type: application/json\r\n"
        "Content-Length: 100000\r\n\r\n",
    ):
        with socket.create_connection(impatient, timeout=10) as connection:
            connection.sendall(beginning.encode())
            connection.settimeout(0.05)
            wait_until(lambda c=connection: _is_over(c), 10)


def _is_over(connection: socket.socket) -> bool:
    """Send one more byte; whether the other side has hung up."""
    try:
        connection.sendall(b"x")
        return connection.recv(65536) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_who_takes_no_answer_is_cut_off(impatient: tuple[str, int]) -> None:
    host = f"Host: 127.0.0.1:{impatient[1]}"
    request = f"GET /api/openapi.json HTTP/1.1\r\n{host}\r\n\r\n".encode()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(impatient)
        connection.setblocking(False)
        wait_until(lambda: _has_hung_up(connection, request * 20), 20)


def _has_hung_up(connection: socket.socket, request: bytes) -> bool:
    """Ask once more and read nothing; whether the other side has hung up."""
    try:
        connection.send(request)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return False


def test_who_is_quick_is_answered_again_and_again(impatient: tuple[str, int]) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{impatient[1]}", trust_env=False) as http:
        for _ in range(5):
            assert http.get("/static/icon.svg").status_code == 200
