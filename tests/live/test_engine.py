"""A real stack through the engine: start, adopt, restart, fail, stop, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import redis

from desktop.engine.client import Client
from desktop.engine.commands import Leave, Start, Stop
from desktop.engine.states import ServiceState, StackState
from tests.live.conftest import Stack, until

S = ServiceState
MakeStack = Callable[[str], Stack]


def pids(stack: Stack) -> dict[str, int | None]:
    return {service.name: service.pid for service in stack.status().services if service.pid}


def test_everything_starts_is_ready_and_stops_without_a_trace(stack: Stack) -> None:
    report = stack.start()
    assert not report.failed
    assert set(report.ready) == {"redis", "worker1", "monitor", "web"}
    status = stack.status()
    assert status.state is StackState.RUNNING
    assert all(service.wanted for service in status.services if service.enabled)
    assert stack.start().ready == report.ready, "starting again changes nothing"
    assert pids(stack) == {service.name: service.pid for service in status.services if service.pid}
    assert not stack.stop().busy
    assert stack.status().state is StackState.STOPPED
    until(lambda: stack.left_over() == [], 15)


def test_a_redis_that_answers_is_used_and_never_stopped(stack: Stack, tmp_path: Path) -> None:
    theirs = subprocess.Popen(
        ["redis-server", "--port", str(stack.redis_port), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        client = redis.Redis(port=stack.redis_port)
        until(lambda: _pongs(client))
        stack.start("worker1")
        assert stack.service("redis").state is S.EXTERNAL
        assert stack.service("redis").pid is None
        stack.stop()
        assert theirs.poll() is None
        assert _pongs(client)
    finally:
        theirs.terminate()
        theirs.wait(10)


def test_a_killed_engine_is_replaced_and_adopts_everything(stack: Stack) -> None:
    stack.start("worker1", "web")
    before = pids(stack)
    os.kill(stack.engine_pid(), signal.SIGKILL)
    begun = time.monotonic()
    status = stack.status()
    assert time.monotonic() - begun < 20
    assert pids(stack) == before
    assert status.service("worker1").state is S.RUNNING  # type: ignore[union-attr]


def test_an_engine_killed_while_a_worker_stops_lets_it_stop(stack: Stack) -> None:
    stack.start("worker1")
    with stack.client() as client:
        client.submit(Stop(stack.project, ("worker1",), patience_s=0.0))
    os.kill(stack.engine_pid(), signal.SIGKILL)
    until(lambda: stack.service("worker1").state is S.STOPPED)
    assert stack.service("redis").state is S.RUNNING


def test_a_redis_that_is_stopped_waited_for_its_workers_for_ever(stack: Stack) -> None:
    stack.start("worker1", "web")
    before = pids(stack)
    assert set(stack.restart("redis").ready) == {"redis", "worker1"}
    after = pids(stack)
    assert after["redis"] != before["redis"]
    assert after["worker1"] != before["worker1"]
    assert after["web"] == before["web"], "it does without for a while"
    assert set(stack.stop("redis").stopped) == {"redis", "worker1"}
    assert stack.service("web").state is S.RUNNING


def test_a_suspended_worker_that_is_to_stop_is_told_as_such(stack: Stack) -> None:
    stack.start("worker1")
    pid = stack.service("worker1").pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    with stack.client() as client:
        client.submit(Stop(stack.project, patience_s=0.1))
    until(lambda: f"kill -CONT {pid}" in str(stack.service("worker1").note))
    os.kill(pid, signal.SIGCONT)
    until(lambda: stack.service("worker1").pid is None)


def test_each_killed_service_comes_back_and_the_rest_is_unharmed(stack: Stack) -> None:
    stack.start()
    for name in ("web", "monitor", "worker1", "redis"):
        before = pids(stack)
        victim = before[name]
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        until(
            lambda name=name, victim=victim: (  # type: ignore[misc]
                (now := stack.service(name)).state is S.RUNNING and now.pid != victim
            )
        )
        after = pids(stack)
        assert {k: v for k, v in after.items() if k != name} == {
            k: v for k, v in before.items() if k != name
        }
        assert stack.service(name).restarts == 1


def test_a_taken_port_names_its_holder(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", stack.web_port)):
        report = stack.start("web")
        assert [one.service for one in report.failed] == ["web"]
        problem = report.failed[0].problem
        assert problem.code == "port-taken"
        assert str(os.getpid()) in str(problem.message)
    assert "web" in stack.start("web").ready, "once the port is free, it starts"


def test_a_service_that_crashes_at_once_fails_with_its_own_last_words(
    make_stack: MakeStack,
) -> None:
    stack = make_stack(
        '[service.broken]\ncommand = ["sh", "-c", "echo the reason is this; exit 3"]\n'
    )
    report = stack.start("broken")
    problem = report.failed[0].problem
    assert any("the reason is this" in line for line in problem.log)
    assert "3" in str(problem.message)
    assert stack.service("broken").state is S.FAILED
    stack.stop("broken")
    assert stack.service("broken").state is S.STOPPED


def test_a_program_that_is_not_there_is_told(make_stack: MakeStack) -> None:
    stack = make_stack('[service.gone]\ncommand = ["no-such-program-anywhere"]\n')
    problem = stack.start("gone").failed[0].problem
    assert "no-such-program-anywhere" in str(problem.message)


def test_two_starts_at_once_start_one_of_each(stack: Stack) -> None:
    reports = []
    threads = [
        threading.Thread(target=lambda: reports.append(stack.start("worker1"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [set(report.ready) for report in reports] == [{"redis", "worker1"}] * 4
    assert stack.log("worker1").count("ready.") == 1


def test_a_stop_during_a_start_wins(stack: Stack) -> None:
    with stack.client() as first, stack.client() as second:
        thread = threading.Thread(target=lambda: first.submit(Start(stack.project)))
        thread.start()
        until(lambda: any(s.state is S.STARTING for s in _services(stack, second)))
        second.submit(Stop(stack.project))
        thread.join(30)
        assert not thread.is_alive(), "the start that lost answers too"
    assert stack.status().state is StackState.STOPPED


def test_a_face_that_reads_nothing_delays_nobody(stack: Stack) -> None:
    stack.start("redis")
    with stack.client() as deaf:
        deaf._subscribe()
        for _ in range(30):
            assert stack.status().service("redis")
        deaf.close()


def test_a_frame_that_makes_no_sense_only_cuts_off_its_sender(stack: Stack) -> None:
    stack.start("redis")
    for junk in (b"\xff\xff\xff\xff", b"\0\0\0\5hello", b"GET / HTTP/1.1\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as bad:
            bad.connect(str(stack.home.socket))
            bad.sendall(junk)
            bad.shutdown(socket.SHUT_WR)
            while bad.recv(4096):
                pass
    assert stack.service("redis").state is S.RUNNING


def test_the_socket_and_the_records_belong_to_the_user_alone(stack: Stack) -> None:
    stack.start("redis")
    assert stack.home.socket.stat().st_mode & 0o077 == 0
    assert stack.home.root.stat().st_mode & 0o077 == 0
    for path in stack.home.root.rglob("*.json"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_an_engine_that_is_asked_to_leave_leaves_the_services(stack: Stack) -> None:
    stack.start("worker1")
    before = pids(stack)
    with Client.connect(stack.home, "cli") as client:
        client.submit(Leave())
    assert pids(stack) == before


def test_a_reused_pid_only_clears_the_record(stack: Stack) -> None:
    stack.start("redis")
    record = next(stack.home.root.glob("stacks/*/records/redis.json"))
    stranger = subprocess.Popen(["sleep", "300"])
    try:
        os.kill(stack.engine_pid(), signal.SIGKILL)
        was = stack._seen
        data = record.read_text()
        pid = next(p for p, _ in was if f'"pid":{p},' in data)
        record.write_text(data.replace(f'"pid":{pid},', f'"pid":{stranger.pid},'))
        status = stack.status()
        stack.stop()
        assert stranger.poll() is None, "a stranger is never signalled"
        assert status.service("redis").pid != stranger.pid  # type: ignore[union-attr]
    finally:
        stranger.kill()
        stranger.wait()
        psutil.Process(pid).terminate()


def _services(stack: Stack, client: Client) -> tuple[object, ...]:
    found = next((s for s in client.snapshot().stacks if s.project == stack.project), None)
    return found.services if found else ()


def _pongs(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
