"""The monitor and the real engine: each finds the other, and goes when nobody needs it."""

from __future__ import annotations

import os
import signal

import httpx


def test_the_monitor_starts_an_engine_and_shows_its_stack(home, start_monitor, wait_until):
    monitor = start_monitor()
    wait_until(lambda: monitor.http.get("/api/status").json()["services"])
    status = monitor.http.get("/api/status").json()
    pid = status["engine"]["pid"]
    try:
        assert {service["kind"] for service in status["services"]} >= {"redis", "worker", "web"}
        assert status["stack"]["app"] == "web.celery_app"
        assert status["stack"]["state"] == "stopped"
        assert status["machine"]["cores"] == os.cpu_count()
    finally:
        assert monitor.end() == 0
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not home.socket.exists() or not is_alive(pid))


def test_a_killed_engine_is_followed_by_the_next(home, start_monitor, wait_until):
    monitor = start_monitor()

    def engine_pid() -> int | None:
        try:
            engine = monitor.http.get("/api/status").json()["engine"]
        except httpx.HTTPError:
            return None
        return engine["pid"] if engine else None

    first = engine_pid()
    assert first
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: engine_pid() not in {None, first})
    second = engine_pid()
    assert monitor.http.get("/healthz").status_code == 200
    assert monitor.end() == 0
    assert second
    os.kill(second, signal.SIGTERM)
    wait_until(lambda: not is_alive(second))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
