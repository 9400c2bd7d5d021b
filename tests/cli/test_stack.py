"""The verbs on a real stack: start, status, workers, logs, restart, stop, and their exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.conftest import Cli
from tests.live.conftest import Stack, until
from tests.ports import free_port


def test_a_stack_from_start_to_stop(on_stack: Cli, stack: Stack) -> None:
    started = on_stack("start")
    stack.status()
    assert started.code == 0, started.err
    assert "● worker1: Running" in started.err.splitlines()
    assert re.match(r"● Ready after .* s: redis, worker1, monitor, web\n", started.out)
    assert f"http://127.0.0.1:{stack.web_port}/" in started.out

    again = on_stack("start")
    assert (again.code, again.out.splitlines()[0]) == (
        0,
        "● Already running: redis, worker1, monitor, web",
    )

    status = on_stack("status", "--json")
    assert status.code == 0
    assert status.document["engine"]["pid"] == stack.engine_pid()
    services = {one["name"]: one for one in status.document["services"]}
    assert services["worker1"]["state"] == services["redis"]["state"] == "running"
    assert services["worker1"]["uptime_s"] > 0

    told = on_stack("status")
    assert told.code == 0
    assert re.search(r"^worker1 +● Running +\d+ ", told.out, re.MULTILINE)

    workers = on_stack("workers", "--json").document["workers"]
    (ours,) = [row for row in workers if row["pid"] == services["worker1"]["pid"]]
    assert (ours["owner"], ours["role"]) == ("ours", "worker")
    assert str(ours["pid"]) in on_stack("workers").out

    stopped = on_stack("stop", "web", "--json")
    assert (stopped.code, stopped.document["stopped"]) == (0, ["web"])
    assert on_stack("status").code == 4

    restarted = on_stack("restart", "--worker", "worker1", "--json")
    assert (restarted.code, restarted.document["ready"]) == (0, ["worker1"])
    assert stack.service("worker1").pid != services["worker1"]["pid"]

    assert on_stack("stop").out == "Stopped: redis, worker1, monitor\n"
    assert on_stack("status").code == 3
    assert on_stack("stop").out == "Nothing is running.\n"
    assert stack.left_over() in ([], [(stack.engine_pid(), stack.left_over()[0][1])])


def test_a_named_worker_with_its_queue(on_stack: Cli, stack: Stack) -> None:
    done = on_stack(
        *("start", "--worker", "download_worker", "--concurrency", "1"),
        *("--queue", "download_queue", "--loglevel", "warning", "--json"),
    )
    assert done.code == 0
    assert "download_worker" in done.document["ready"]
    argv = stack.service("download_worker").argv
    assert argv[argv.index("-Q") :][:2] == ("-Q", "download_queue")
    assert on_stack("stop", "--worker", "download_worker").code == 0
    assert on_stack("stop", "--worker", "download_workre").code == 2


@pytest.mark.parametrize("name", ["bad name!", "../escape", "redis", "x" * 61])
def test_a_worker_is_not_called_what_it_can_not_be(on_stack: Cli, stack: Stack, name: str) -> None:
    refused = on_stack("start", "--worker", name)
    assert refused.code == 2
    assert "No worker can be called" in refused.err
    assert not [one for one in stack.status().services if one.pid]


def test_a_simple_worker_is_worker1_on_all_queues(on_stack: Cli, stack: Stack) -> None:
    assert on_stack("start", "--simple", "--concurrency", "2").code == 0
    worker = stack.service("worker1")
    assert worker.state == "running"
    assert {one.name for one in stack.status().services if one.pid} == {"redis", "worker1"}


def test_one_failed_service_is_four_and_its_words_are_shown(on_stack: Cli, stack: Stack) -> None:
    port = free_port()
    crash = f'command = ["{sys.executable}", "-c", "print(\'no licence\'); exit(3)"]'
    stack.configure(f"[service.broken]\n{crash}\nready = 'http://127.0.0.1:{port}/'\n")
    done = on_stack("start", "broken", "redis", "--json")
    assert done.code == 4
    (failed,) = done.document["failed"]
    assert failed["service"] == "broken"
    assert "| no licence" in done.err
    told = on_stack("status")
    assert told.code == 4
    assert "✕ Failed" in told.out and "no licence" in told.out


def test_nothing_that_could_be_started_is_one(on_stack: Cli, stack: Stack) -> None:
    stack.configure('[service.broken]\ncommand = ["/nonexistent/program"]\n')
    done = on_stack("start", "broken")
    assert done.code == 1
    assert "broken" in done.err


def test_workers_that_run_already_are_listed_and_nothing_is_started_beside_them(
    on_stack: Cli, stack: Stack, theirs: subprocess.Popen[bytes]
) -> None:
    until(lambda: "theirs" in on_stack("workers").out)
    refused = on_stack("start", "--simple", "--json")
    assert refused.code == 5
    assert [row["pid"] for row in refused.document["existing"]] == [theirs.pid]
    assert str(theirs.pid) in refused.err and "--replace" in refused.err
    assert stack.service("worker1").pid is None

    replaced = on_stack("start", "--simple", "--replace", "--json")
    assert replaced.code == 0, replaced.err
    assert replaced.document["replaced"] == [theirs.pid]
    assert theirs.wait(10) is not None


def test_logs_are_merged_filtered_and_harmless(on_stack: Cli, stack: Stack) -> None:
    stack.start("redis")
    home = stack.home.stack(stack.status().id)
    home.log("other").write_text("one\n\x1b]0;title\x07two \x1b[31mred\x1b[0m\n")
    both = on_stack("logs", "-n", "1000").out
    assert "redis | " in both and "other | one\n" in both
    assert on_stack("logs", "other").out == "one\n\\x1b]0;title\\x07two red\n"
    assert on_stack("logs", "other", "-n", "1", "--grep", "one").out == ""
    assert on_stack("logs", "other", "--grep", "^o").out == "one\n"
    document = on_stack("logs", "other", "--json").document
    assert document["logs"][0]["lines"][0] == "one"


def test_logs_are_followed_until_interrupted(on_stack: Cli, stack: Stack) -> None:
    stack.start("redis")
    log = stack.home.stack(stack.status().id).log("redis")
    follower = on_stack.open("logs", "redis", "-f", "-n", "0", "--grep", "news")
    assert follower.stdout is not None
    lines = iter(follower.stdout.readline, "")
    deadline = time.monotonic() + 30
    with log.open("a") as file:
        while time.monotonic() < deadline:
            # It may not have looked for the end of the file yet.
            file.write("old\nnews\n")
            file.flush()
            if os.waitid(os.P_PID, follower.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            if _readable(follower):
                break
    assert next(lines) == "news\n"
    follower.send_signal(signal.SIGINT)
    assert follower.wait(10) == 130


def _readable(process: subprocess.Popen[str]) -> bool:
    import select

    return bool(select.select([process.stdout], [], [], 0.1)[0])


def test_the_monitor_reports_once_per_interval(on_stack: Cli, stack: Stack) -> None:
    stack.start("redis", "worker1")
    reports = on_stack("monitor", "--json", "--interval", "0.2", "--count", "2")
    assert reports.code == 0
    documents = [json.loads(line) for line in reports.out.splitlines()]
    assert len(documents) == 2
    assert all(one["engine"]["pid"] == stack.engine_pid() for one in documents)
    simple = on_stack("monitor", "--simple", "--count", "1").out.splitlines()
    assert "▲ Partly running" in simple[0] and "CPU" in simple[0]
    assert re.match(r"  ● worker1  Running  pid \d+", simple[1])
    full = on_stack("monitor", "--count", "1").out
    assert "worker1@" in full and "● ours" in full


def test_status_tells_the_truth_when_the_engine_was_killed(on_stack: Cli, stack: Stack) -> None:
    stack.start("redis")
    redis = stack.service("redis")
    os.kill(stack.engine_pid(), signal.SIGKILL)
    until(lambda: on_stack("status", "--json").document["engine"] is None)
    told = on_stack("status", "--json")
    assert told.code in {0, 4}
    pids = {one["name"]: one["pid"] for one in told.document["services"]}
    assert pids["redis"] == redis.pid
    assert {"worker1", "monitor", "web"} <= {name for name, pid in pids.items() if pid is None}
    assert "No engine runs" in on_stack("status").out
    stopped = on_stack("stop", "--json")
    assert (stopped.code, stopped.document["stopped"]) == (0, ["redis"])


def test_flower_without_a_free_port_names_who_has_it(on_stack: Cli, stack: Stack) -> None:
    stack.start("redis")
    done = on_stack("flower", "--port", str(stack.redis_port))
    assert done.code == 1
    assert f"Port {stack.redis_port} is taken." in done.err


@pytest.mark.parametrize(("verb", "path"), [("web", "healthz"), ("builtin-monitor", "healthz")])
def test_a_server_alone_in_the_foreground(
    on_stack: Cli, stack: Stack, verb: str, path: str
) -> None:
    import httpx

    stack.start("redis")
    port = free_port()
    server = on_stack.open(verb, "--port", str(port))

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/{path}").status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(answers)
    finally:
        server.send_signal(signal.SIGINT)
        output, _ = server.communicate(timeout=20)
    assert f"http://127.0.0.1:{port}/" in output
    assert server.returncode in {0, 130, -signal.SIGINT}
