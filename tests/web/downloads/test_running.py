"""Downloads through a real server, worker and Redis, while these are killed and started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time

import psutil
import pytest
import redis

from tests.web.downloads.conftest import new_id
from tests.web.downloads.origin import DATA, SLOW, Origin
from tests.web.downloads.rig import Rig, until
from web.downloads.records import CLEANED, PREFIX


def _pool_process_that_fetches(rig: Rig, port: int) -> psutil.Process:
    def find() -> psutil.Process | None:
        for child in rig.process("worker").children():
            with contextlib.suppress(psutil.Error):
                if any(
                    one.raddr and one.raddr.port == port for one in child.net_connections("tcp")
                ):
                    return child
        return None

    found = until(find)
    assert found is not None
    return found


def test_a_killed_pool_process_costs_only_what_was_not_on_the_disk(
    rig: Rig, origin: Origin
) -> None:
    key = new_id()
    one = rig.submit(origin.url("slower", key))
    rig.some_came(one, 600_000)
    _pool_process_that_fetches(rig, origin.port).kill()
    value = rig.ended(one)
    assert value["state"] == "SUCCESS"
    assert rig.content(value) == SLOW
    assert (origin.requests("slower", key)[-1].first_byte or 0) > 0, "it began again from nothing"


def test_a_killed_worker_and_its_messages_are_made_good(rig: Rig, origin: Origin) -> None:
    """Nobody gives its messages back for half an hour; the page's server sends them again."""
    key = new_id()
    one = rig.submit(origin.url("slower", key))
    rig.some_came(one, 600_000)
    rig.restart_worker()
    value = rig.ended(one)
    assert value["state"] == "SUCCESS"
    assert rig.content(value) == SLOW
    assert (origin.requests("slower", key)[-1].first_byte or 0) > 0


def test_redis_may_be_restarted_in_the_middle(rig: Rig, origin: Origin) -> None:
    one = rig.submit(origin.url("slower", new_id()))
    rig.some_came(one)
    rig.stop("redis", signal.SIGKILL)
    rig.start("redis")
    value = rig.ended(one)
    assert value["state"] == "SUCCESS"
    assert rig.content(value) == SLOW


def test_a_redis_that_forgets_everything_costs_no_download(rig: Rig, origin: Origin) -> None:
    done = rig.ended(rig.submit(origin.url("plain", new_id())))
    running = rig.submit(origin.url("slower", new_id()))
    rig.some_came(running)
    rig.stop("redis", signal.SIGKILL)
    for path in rig.folder.glob("appendonlydir/*"):
        path.unlink()
    rig.start("redis")
    until(lambda: rig.get(done["id"]).get("state") == "SUCCESS")
    assert rig.content(rig.get(done["id"])) == DATA
    until(lambda: rig.get(running).get("state") == "SUCCESS" or rig.supervise())
    assert rig.content(rig.get(running)) == SLOW


def test_pause_keeps_what_has_come(rig: Rig, origin: Origin) -> None:
    key = new_id()
    one = rig.submit(origin.url("slow", key))
    rig.some_came(one, 200_000)
    assert rig.post(one, "pause").status_code == 200
    until(lambda: rig.get(one)["state"] == "PAUSED")
    assert rig.post(one, "pause").status_code == 409
    assert rig.post(one, "resume").json()["state"] in {"PENDING", "STARTED"}
    assert rig.content(rig.ended(one)) == SLOW
    assert (origin.requests("slow", key)[-1].first_byte or 0) >= 200_000


def test_a_cancelled_download_leaves_nothing(rig: Rig, origin: Origin) -> None:
    one = rig.submit(origin.url("silent_answer", new_id()))
    until(lambda: rig.supervise() or rig.get(one)["state"] == "STARTED")
    assert rig.post(one, "cancel").status_code == 200
    assert rig.ended(one)["state"] == "REVOKED"
    until(lambda: not (rig.store / one).exists())
    assert rig.post(one, "cancel").status_code == 409
    assert rig.post(one, "retry").status_code == 200
    assert rig.post(one, "cancel").status_code == 200


def test_it_is_tried_four_times_and_then_told(rig: Rig, origin: Origin) -> None:
    key = new_id()
    value = rig.ended(rig.submit(origin.url("server_error", key)))
    assert value["state"] == "FAILURE"
    assert value["attempt"] == 4
    assert len(origin.requests("server_error", key)) == 4
    assert value["error"]["message"] == "It answered 500 Internal Server Error."


def test_a_full_disk_is_told_and_nothing_is_left_half(rig: Rig, origin: Origin) -> None:
    rig.restart_worker(CELERY_TRAY_MIN_FREE_BYTES=str(10**18))
    one = rig.submit(origin.url("plain", new_id()))
    assert rig.ended(one)["error"]["code"] == "disk"
    assert not list((rig.store / one).glob("[!.]*"))
    rig.restart_worker(CELERY_TRAY_MIN_FREE_BYTES="0")
    rig.post(one, "retry")
    assert rig.content(rig.ended(one)) == DATA


def test_credentials_are_used_and_never_shown(rig: Rig, origin: Origin) -> None:
    secret = origin.url("password_needed", new_id()).replace("//", "//user:pa%20ss@")
    value = rig.ended(rig.submit(secret))
    assert value["state"] == "SUCCESS"
    assert value["has_password"]
    shown = json.dumps(value) + rig.log("worker") + rig.log("web")
    assert "pa ss" not in shown and "pa%20ss" not in shown and "user:" not in shown
    (ticket,) = (rig.store / value["id"]).glob(".ticket")
    assert ticket.parent.stat().st_mode & 0o077 == 0


def test_events_are_resumed_where_they_broke_off(rig: Rig, origin: Origin) -> None:
    listed = rig.api.get("/api/downloads").json()
    latest, before = listed["change"], {one["id"] for one in listed["downloads"]}
    gone, kept = (rig.submit(origin.url("plain", new_id())) for _ in range(2))
    rig.ended(gone), rig.ended(kept)
    rig.api.request("DELETE", f"/api/downloads/{gone}")
    seen: dict[str, object] = {}
    number = 0
    headers = {"Last-Event-ID": str(latest)}
    with rig.api.stream("GET", "/api/events", headers=headers) as events:
        for line in events.iter_lines():
            if line.startswith("id: "):
                number = int(line.removeprefix("id: "))
            if line.startswith("data: "):
                value = json.loads(line.removeprefix("data: "))
                seen[value["id"]] = value
            if {gone, kept} <= seen.keys() and number:
                break
    assert seen[gone] == {"id": gone, "deleted": True}
    assert seen[kept]["state"] == "SUCCESS"  # type: ignore[index]
    polled = rig.api.get(f"/api/changes?after={latest}").json()
    # What other tests have left may still change.
    assert {one["id"] for one in polled["downloads"]} - before == {gone, kept}
    assert rig.api.get(f"/api/changes?after={number + 10**6}").json()["reset"] is True


def test_maintenance_removes_what_nobody_needs_and_counts_it(rig: Rig, origin: Origin) -> None:
    old, young = (rig.ended(rig.submit(origin.url("plain", new_id())))["id"] for _ in range(2))
    orphan = rig.store / new_id()
    orphan.mkdir()
    (orphan / ".partial").write_bytes(b"x")
    hour_ago = time.time() - 3600
    os.utime(orphan, (hour_ago, hour_ago))
    week_ago = repr(time.time() - 8 * 24 * 3600)
    with redis.Redis.from_url(rig.broker) as broker:
        broker.hset(PREFIX + old, "ended_at", week_ago)
        broker.delete(CLEANED)
    assert rig.api.post("/api/clean", json={}).status_code == 202
    cleaned = until(lambda: rig.api.get("/api/clean").json()["cleaned"])
    assert cleaned["files"] >= 1
    assert cleaned["partials"] >= 1
    assert cleaned["kept_files"] >= 1
    assert not orphan.exists()
    assert rig.get(old)["error"]["code"] == "file-gone"
    assert rig.get(young)["file"]


def test_the_list_is_newest_first_and_can_be_searched(rig: Rig, origin: Origin) -> None:
    key = new_id()
    ids = [rig.submit(origin.url(name, key)) for name in ("plain", "not_found", "empty")]
    for one in ids:
        rig.ended(one)
    found = rig.api.get(f"/api/downloads?q={key}").json()["downloads"]
    assert [one["id"] for one in found] == ids[::-1]
    before = f"/api/downloads?q={key}&before={found[1]['created_at']!r}"
    assert [one["id"] for one in rig.api.get(before).json()["downloads"]] == ids[:1]
    failed = rig.api.get(f"/api/downloads?q={key}&state=FAILURE,PAUSED").json()["downloads"]
    assert [one["id"] for one in failed] == ids[1:2]
    assert rig.api.get("/api/downloads?state=LOST").status_code == 422
    chinese = rig.api.get(f"/api/downloads/{ids[1]}", headers={"Accept-Language": "zh-CN"})
    assert chinese.json()["error"]["title"] == "没有这个文件"


def test_worker_of_other_queues_is_told_as_such(rig: Rig) -> None:
    from web.downloads.queueing import missing_worker

    assert missing_worker({}) == ("no-worker", {"queue": "download_queue"})
    code, details = missing_worker({"mail@host": ["email"]}) or ("", {})
    assert code == "wrong-queue"
    assert details["workers"] == "mail@host" and details["queues"] == "email"
    assert missing_worker({"w@h": ["celery", "download_queue", "maintenance_queue"]}) is None
    assert rig.api.get("/api/worker").json()["ok"] is True


@pytest.mark.soak
def test_500_downloads_while_everything_is_killed_at_random(rig: Rig, origin: Origin) -> None:
    from tests.web.downloads.soak import soak

    report = soak(rig, origin, int(os.environ.get("SOAK_DOWNLOADS", "500")))
    print(report)
