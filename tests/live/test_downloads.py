"""Downloads through the real page's API, a real worker and a real origin."""

from __future__ import annotations

import hashlib
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


def test_a_body_shorter_than_promised_never_succeeds(api: Client, httpserver: HTTPServer) -> None:
    def short(request: Request) -> Response:
        return Response(iter([b"x" * 1000]), headers={"Content-Length": "5000"})

    httpserver.expect_request("/short").respond_with_handler(short)
    one = submit(api, httpserver.url_for("/short"))
    until(lambda: api.get(f"/api/downloads/{one}").json()["state"] == "RETRY")
    value = api.get(f"/api/downloads/{one}").json()
    assert value["file"] is None
    assert value["error"]["code"] in {"truncated", "network"}
    assert api.post(f"/api/downloads/{one}/cancel", json={}).json()["state"] == "REVOKED"


def test_a_cancelled_download_ends_soon_and_leaves_nothing(
    api: Client, httpserver: HTTPServer, stack: Stack
) -> None:
    httpserver.expect_request("/slow").respond_with_handler(slow(5_000_000))
    one = submit(api, httpserver.url_for("/slow"))
    until(lambda: api.get(f"/api/downloads/{one}").json()["progress"]["done_bytes"] > 0)
    assert api.post(f"/api/downloads/{one}/cancel", json={}).status_code == 200
    assert ended(api, one)["state"] == "REVOKED"
    assert not list(stack.home.root.rglob(one))
    assert api.post(f"/api/downloads/{one}/cancel", json={}).status_code == 409


def test_a_killed_worker_never_shows_half_a_file_and_the_download_ends_whole(
    api: Client, httpserver: HTTPServer, stack: Stack
) -> None:
    httpserver.expect_request("/slow").respond_with_handler(slow(1_000_000))
    one = submit(api, httpserver.url_for("/slow"))
    until(lambda: api.get(f"/api/downloads/{one}").json()["progress"]["done_bytes"] > 0)
    worker = stack.service("worker1")
    child = min(pid for pid in _children(worker.pid or 0) if _runs_task(pid))
    os.kill(child, signal.SIGKILL)
    value = ended(api, one)
    assert value["state"] == "SUCCESS", "the task was given back and run again"
    assert api.get(value["file"]["href"]).content == b"x" * 1_000_000  # type: ignore[index]


def test_the_file_is_served_in_ranges_as_an_attachment_and_never_as_a_page(
    api: Client, httpserver: HTTPServer
) -> None:
    page = b"<script>alert(1)</script>"
    httpserver.expect_request("/evil").respond_with_data(
        page,
        headers={
            "Content-Disposition": 'attachment; filename="../../<b>\u202etxt.html"'.encode(
                "utf-8"
            ).decode("latin-1")
        },
        content_type="text/html",
    )
    value = ended(api, submit(api, httpserver.url_for("/evil")))
    file = value["file"]
    assert isinstance(file, dict)
    assert not set(file["name"]) & set("/\\<>\u202e")
    answer = api.get(file["href"], headers={"Range": "bytes=1-6"})
    assert (answer.status_code, answer.content) == (206, page[1:7])
    whole = api.get(file["href"])
    assert whole.headers["content-type"] == "application/octet-stream"
    assert whole.headers["content-disposition"].startswith("attachment")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["etag"]
    assert file["sha256"] == hashlib.sha256(page).hexdigest()


def test_bad_requests_are_told_why(api: Client) -> None:
    for url in (
        "",
        "ftp://host/x",
        "file:///etc/passwd",
        "http://",
        "http://a%0Ab:p@host/",
        "data:text/plain,x",
        "x" * 9000,
    ):
        answer = api.post("/api/downloads", json={"url": url})
        assert answer.status_code == 422, url
        assert answer.json()["title"]
    bad = api.post("/api/downloads", json={"url": "https://example.org/x", "sha256": "abc"})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad-checksum")
    assert api.post("/api/downloads", content=b"{").status_code == 415
    chinese = api.post(
        "/api/downloads", json={"url": "nothing"}, headers={"Accept-Language": "zh-CN"}
    )
    assert chinese.json()["title"] == "不是网址"
    assert api.get("/api/downloads/nothing").status_code == 404
    for path in ("/files/../../etc/passwd", "/files/%2e%2e/passwd", "/files/" + "0" * 32 + "/x"):
        assert api.get(path).status_code == 404, path
    assert api.get("/healthz", headers={"Host": "evil.example"}).status_code == 421


def test_the_list_is_newest_first_and_a_deleted_one_is_gone(
    api: Client, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"a")
    ids = [submit(api, httpserver.url_for("/a")) for _ in range(3)]
    for one in ids:
        ended(api, one)
    listed = api.get("/api/downloads?limit=2").json()["downloads"]
    assert [one["id"] for one in listed] == ids[:0:-1]
    older = api.get(f"/api/downloads?before={listed[-1]['created_at']!r}").json()["downloads"]
    assert [one["id"] for one in older] == ids[:1]
    assert api.request("DELETE", f"/api/downloads/{ids[0]}").status_code == 200
    assert api.get(f"/api/downloads/{ids[0]}").status_code == 404


def test_changes_arrive_as_events(api: Client, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(b"a")
    with api.stream("GET", "/api/events") as events:
        lines = events.iter_lines()
        assert next(lines).startswith("retry:")
        one = submit(api, httpserver.url_for("/a"))
        seen = ""
        for line in lines:
            seen += line
            if '"SUCCESS"' in line and one in line:
                break
    assert "event: download" in seen


def _children(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children()]


def _runs_task(pid: int) -> bool:
    """A pool process with a connection to the origin is the one that fetches."""
    import psutil

    return len(psutil.Process(pid).net_connections("tcp")) > 0


def test_the_store_is_private(stack: Stack, tmp_path: Path) -> None:
    stack.start("redis")
    store = next(stack.home.root.glob("stacks/*/files"))
    assert store.stat().st_mode & 0o077 == 0
