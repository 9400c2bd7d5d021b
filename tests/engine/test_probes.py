"""Ready is an answer, from real servers."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from desktop.engine.model import CeleryPing, HttpOk, Probe, RedisPing, StaysAlive, TcpOpen
from desktop.engine.probes import ProbeAnswer, ready
from tests.engine.conftest import Server
from tests.engine.redis_servers import listener
from tests.ports import free_port


async def ask(probe: Probe, alive_for_s: float = 0.0) -> ProbeAnswer:
    return await ready(probe, alive_for_s=alive_for_s, control=None)


class _Page(BaseHTTPRequestHandler):
    """/301 answers with that status, and so on."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.partition("?")[0].strip("/") or 200))
        if self.headers["Host"] != f"{self.server.server_name}:{self.server.server_port}":  # type: ignore[attr-defined]
            self.send_header("X-Host", "wrong")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class _SixthVersion(ThreadingHTTPServer):
    address_family = 10


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    running: list[ThreadingHTTPServer] = []

    def start(host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> int:
        kind = _SixthVersion if ":" in host else ThreadingHTTPServer
        server = kind((host, 0), _Page)
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return server.server_port

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "ok"), [(200, True), (204, True), (302, True), (404, False), (503, False)]
)
async def test_a_page_is_ready_when_it_answers_well(
    serve: Callable[..., int], status: int, ok: bool
) -> None:
    assert (await ask(HttpOk(f"http://127.0.0.1:{serve()}/{status}?a=b"))).ok is ok


async def test_a_page_in_the_sixth_version(serve: Callable[..., int]) -> None:
    assert (await ask(HttpOk(f"http://[::1]:{serve('::1')}/"))).ok


async def test_an_encrypted_page_with_a_certificate_made_at_home(
    serve: Callable[..., int],
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("elsewhere.example").configure_cert(context)
    port = serve(context=context)
    assert (await ask(HttpOk(f"https://127.0.0.1:{port}/"))).ok
    assert (await ask(HttpOk(f"https://localhost:{port}/"))).ok
    assert not (await ask(HttpOk(f"http://127.0.0.1:{port}/"))).ok
    assert not (await ask(HttpOk(f"https://[::ffff:127.0.0.1]:{port}/"))).ok


async def test_a_page_that_nobody_serves() -> None:
    assert not (await ask(HttpOk(f"http://127.0.0.1:{free_port()}/"))).ok
    assert not (await ask(HttpOk("http://127.0.0.1:70000/"))).ok
    assert not (await ask(HttpOk("http://none.invalid/"))).ok


async def test_a_server_that_speaks_no_http(server: Server) -> None:
    assert not (await ask(HttpOk(f"http://127.0.0.1:{server.port}/"))).ok


async def test_a_port_is_ready_when_something_listens() -> None:
    with listener() as something:
        assert (await ask(TcpOpen("127.0.0.1", something.getsockname()[1]))).ok
    assert not (await ask(TcpOpen("127.0.0.1", free_port()))).ok


async def test_redis_is_ready_when_it_can_be_used(server: Server) -> None:
    answer = await ask(RedisPing(server.url))
    assert answer.ok and str(server.port) in str(answer.detail)
    absent = await ask(RedisPing(f"redis://127.0.0.1:{free_port()}/0"))
    assert not absent.ok and absent.retry
    wrong = await ask(RedisPing(server.url.replace("127.0.0.1", ":x@127.0.0.1")))
    assert not wrong.ok and not wrong.retry and wrong.problem


async def test_a_worker_without_a_broker_to_ask_is_not_ready() -> None:
    assert not (await ask(CeleryPing("worker1@here", ""))).ok


async def test_what_answers_nobody_is_ready_after_its_time() -> None:
    assert not (await ask(StaysAlive(1.0), 0.9)).ok
    assert (await ask(StaysAlive(1.0), 1.0)).ok
