"""The real server before requests that mean it ill."""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.web.downloads.conftest import new_id
from tests.web.downloads.origin import DATA, Origin
from tests.web.downloads.rig import Rig

GOOD = "https://example.org/"


@pytest.fixture(scope="module")
def done(rig: Rig, origin: Origin) -> dict[str, object]:
    return rig.ended(rig.submit(origin.url("plain", new_id())))


def raw(rig: Rig, request: bytes, wait_s: float = 5.0) -> bytes:
    """Exactly these bytes, as no client would send them; the whole answer."""
    with socket.create_connection(("127.0.0.1", rig.web_port), timeout=wait_s) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):  # it may be cut off while it still sends
            connection.sendall(request)
            while data := connection.recv(65536):
                answer += data
        return answer


def get(rig: Rig, path: str, *lines: str) -> bytes:
    host = f"Host: 127.0.0.1:{rig.web_port}"
    head = "\r\n".join((f"GET {path} HTTP/1.1", host, "Connection: close", *lines))
    return raw(rig, f"{head}\r\n\r\n".encode("latin-1"))


@pytest.mark.parametrize(
    "way",
    [
        "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd",
        "..%5c..%5cetc%5cpasswd", "%252e%252e%252fetc%252fpasswd", "..;/..;/etc/passwd",
        "....//....//etc/passwd", "/etc/passwd", "%2fetc%2fpasswd", "plain%00.txt", "plain/",
        "./plain", "%c0%ae%c0%ae/etc/passwd", ".facts", ".partial", ".ticket",
        ".lock", "../{id}/plain", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("base", ["/files/{id}/", "/preview/{id}/", "/files/", "/static/"])
def test_no_path_leads_out_of_the_store(
    base: str, way: str, rig: Rig, done: dict[str, object]
) -> None:
    path = (base + way).replace("{id}", str(done["id"]))
    answer = get(rig, path)
    status = answer.split(b" ", 2)[1]
    assert status in {b"404", b"400", b"307", b"405"}, answer[:200]
    assert b"root:" not in answer
    assert DATA[:100] not in answer


def test_links_in_the_store_are_not_followed(rig: Rig, origin: Origin, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"s" * len(DATA))
    for swap in ("file", "folder"):
        value = rig.ended(rig.submit(origin.url("plain", new_id())))
        folder = rig.store / value["id"]
        if swap == "file":
            (folder / "plain").unlink()
            (folder / "plain").symlink_to(secret)
        else:
            (tmp_path / "plain").write_bytes(b"s" * len(DATA))
            folder.rename(tmp_path / "moved")
            folder.symlink_to(tmp_path)
        assert rig.get(value["id"])["file"] is None
        assert rig.api.get(value["file"]["href"]).status_code == 404
        assert rig.api.request("DELETE", f"/api/downloads/{value['id']}").status_code == 200
        assert secret.exists() and tmp_path.exists()


def test_no_header_is_made_of_a_name(rig: Rig, origin: Origin) -> None:
    name = 'a"b\r\nX-Evil: 1; filename=c\u2028.html'
    value = rig.ended(rig.submit(origin.url("plain", new_id()), filename=name))
    answer = rig.api.get(value["file"]["href"])
    assert "x-evil" not in answer.headers
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''")
    assert not set(disposition) & set('"\r\n')
    assert answer.headers["content-type"] == "application/octet-stream"


def test_a_file_is_sent_in_ranges_and_by_version(rig: Rig, done: dict[str, object]) -> None:
    href = done["file"]["href"]  # type: ignore[index]
    whole = rig.api.get(href)
    assert whole.content == DATA and whole.headers["accept-ranges"] == "bytes"
    etag = whole.headers["etag"]
    for asked, status, content in (
        ("bytes=0-9", 206, DATA[:10]),
        ("bytes=299990-", 206, DATA[299_990:]),
        ("bytes=-10", 206, DATA[-10:]),
        ("bytes=100-999999999", 206, DATA[100:]),
        ("bytes=300000-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=9-3", 200, DATA),
        ("bytes=0-1,5-6", 200, DATA),
        ("lines=1-2", 200, DATA),
        ("bytes=" + "9" * 40 + "-", 200, DATA),
    ):
        answer = rig.api.get(href, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (status, content), asked
    stale = rig.api.get(href, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (stale.status_code, stale.content) == (200, DATA)
    assert rig.api.get(href, headers={"If-None-Match": f'W/"x", {etag}'}).status_code == 304
    head = rig.api.head(href)
    assert head.headers["content-length"] == str(len(DATA)) and head.content == b""


def test_a_file_and_its_row_are_as_guarded_as_the_rest(rig: Rig, done: dict[str, object]) -> None:
    """What both servers share is asked in ``test_both_servers.py``."""
    row, href = f"/api/downloads/{done['id']}", str(done["file"]["href"])  # type: ignore[index]
    assert rig.api.request("DELETE", row, headers={"Origin": "http://x"}).status_code == 403
    assert rig.api.get(href).content == DATA
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert rig.api.get(href, headers=foreign).status_code == 403
    headers = rig.api.get(href).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors" in headers["content-security-policy"]
    assert "set-cookie" not in headers


def test_too_many_addresses_are_refused(rig: Rig) -> None:
    assert rig.api.post("/api/downloads", json={"urls": ["x"] * 501}).status_code == 422


@pytest.mark.parametrize(
    "order",
    [
        {}, {"url": 5}, {"url": ["x"]}, {"url": ""}, {"url": "\ud800"}, {"url": "https://x/\x00"},
        {"url": GOOD, "filename": 7}, {"url": GOOD, "sha256": "g" * 64},
        {"url": GOOD, "filename": "x" * 2000}, {"urls": []}, {"urls": [5]}, {"urls": "x"},
    ],
)  # fmt: skip
def test_orders_that_are_none_are_told_why(order: dict[str, object], rig: Rig) -> None:
    answer = rig.api.post(
        "/api/downloads", content=json.dumps(order), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["title"] and answer.json()["next_step"]


def test_quoted_names_lead_to_their_file(rig: Rig, origin: Origin) -> None:
    name = "100% safe? #1 & 文件.txt"
    value = rig.ended(rig.submit(origin.url("plain", new_id()), filename=name))
    assert value["file"]["href"].endswith(quote(value["file"]["name"], safe=""))
    assert rig.content(value) == DATA
