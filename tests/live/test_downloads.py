"""Downloads in a stack that the engine keeps running. (What the app itself does: tests/web.)"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pytest_httpserver import HTTPServer
from redis import Redis
from werkzeug import Request, Response

from tests.live.conftest import Stack, until
from web.broker import DEFAULT, DOWNLOADS, MAINTENANCE, QUEUES

Client = httpx.Client


@pytest.fixture
def api(stack: Stack) -> Iterator[Client]:
    report = stack.start("web", "worker1")
    assert not report.failed
    with httpx.Client(base_url=f"http://127.0.0.1:{stack.web_port}", timeout=10) as client:
        yield client


def submit(api: Client, url: str, **more: str) -> str:
    answer = api.post("/api/downloads", json={"url": url, **more})
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "PENDING"
    return str(answer.json()["id"])


def ended(api: Client, download_id: str) -> dict[str, object]:
    def ask() -> dict[str, object] | None:
        value: dict[str, object] = api.get(f"/api/downloads/{download_id}").json()
        if value["state"] == "SUCCESS":
            file = value["file"]
            assert isinstance(file, dict), "SUCCESS is never shown before the file is there"
            assert api.head(str(file["href"])).status_code in {200, 405}
        return value if value["state"] in {"SUCCESS", "FAILURE", "REVOKED"} else None

    found = until(ask)
    assert found is not None
    return found


def slow(size: int, chunk: int = 50_000, pause_s: float = 0.05) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            for _ in range(size // chunk):
                time.sleep(pause_s)
                yield b"x" * chunk

        return Response(body(), headers={"Content-Length": str(size)})

    return answer


def test_a_download_waits_in_its_own_queue_until_its_worker_comes(
    stack: Stack, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"a")
    stack.start("redis", "web")
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{stack.web_port}", timeout=10) as api,
        Redis.from_url(stack.redis_url) as broker,
    ):
        one = submit(api, httpserver.url_for("/a"))
        waiting = {name: broker.llen(name) for name in QUEUES}
        assert waiting == {DEFAULT: 0, DOWNLOADS: 1, MAINTENANCE: 0}
        stack.start("worker1")
        assert ended(api, one)["state"] == "SUCCESS"


def test_failures_have_words_and_no_file(api: Client, httpserver: HTTPServer, stack: Stack) -> None:
    httpserver.expect_request("/missing").respond_with_data("no", status=404)
    httpserver.expect_request("/wrong").respond_with_data(b"data")
    gone = ended(api, submit(api, httpserver.url_for("/missing")))
    assert gone["state"] == "FAILURE"
    assert gone["file"] is None
    assert "404" in gone["error"]["message"]  # type: ignore[index]
    assert gone["error"]["next_step"]  # type: ignore[index]
    wrong = ended(api, submit(api, httpserver.url_for("/wrong"), sha256="0" * 64))
    assert wrong["state"] == "FAILURE"
    assert wrong["error"]["code"] == "checksum"  # type: ignore[index]
    # A file that never came was counted as a task that succeeded.
    until(lambda: stack.status().tasks.failed == 2)
    assert stack.status().tasks.succeeded == 0


def test_the_store_is_private(stack: Stack, tmp_path: Path) -> None:
    stack.start("redis")
    store = next(stack.home.root.glob("stacks/*/files"))
    assert store.stat().st_mode & 0o077 == 0


def test_a_killed_redis_comes_back_and_the_download_ends_whole(
    api: Client, httpserver: HTTPServer, stack: Stack
) -> None:
    """Celery's worker ends with it when a task runs; both are started again."""
    httpserver.expect_request("/slow").respond_with_handler(slow(2_000_000))
    one = submit(api, httpserver.url_for("/slow"))
    until(lambda: api.get(f"/api/downloads/{one}").json()["progress"]["done_bytes"] > 0)
    os.kill(stack.service("redis").pid or 0, signal.SIGKILL)

    def whole() -> dict[str, object] | None:
        answer = api.get(f"/api/downloads/{one}")
        value: dict[str, object] = answer.json()
        return value if answer.status_code == 200 and value["state"] == "SUCCESS" else None

    value = until(whole, 60)
    assert value is not None
    assert api.get(value["file"]["href"]).content == b"x" * 2_000_000  # type: ignore[index]
