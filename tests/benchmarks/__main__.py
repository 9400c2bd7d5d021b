"""``make bench``: ratios measured side by side in one run, one JSON line each."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.live.conftest import Stack, until

ROUNDS = 5
IDLE_S = 30.0
CLI = (sys.executable, "-m", "desktop")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for measure in (start_and_stop, status, engine_memory, idle):
            for line in measure(root / measure.__name__):
                print(json.dumps(line), flush=True)
    return 0


def result(what: str, goal: float, ours: list[float], peer: list[float], against: str) -> dict:
    """One line: the median of the pairwise ratios."""
    ratios = [a / b for a, b in zip(ours, peer, strict=True)]
    return {
        "what": what,
        "against": against,
        "ratio": round(statistics.median(ratios), 3),
        "goal": goal,
        "met": statistics.median(ratios) <= goal,
        "ours_median": round(statistics.median(ours), 4),
        "peer_median": round(statistics.median(peer), 4),
        "rounds": len(ratios),
    }


def start_and_stop(root: Path) -> list[dict]:
    """``start`` from nothing, over a plain worker alone until it says "ready."."""
    started, plain, slowest, stopped, slowest_stop = [], [], [], [], []
    for number in range(ROUNDS + 1):
        peer = plain_worker(root / f"plain{number}")
        stack = Stack(root / str(number))
        ours = timed(lambda stack=stack: cli(stack, "start"))  # type: ignore[misc]
        state = stack.status()
        begun = min(one.started_at for one in state.services if one.started_at)
        moves = engine_moves(stack)
        ready = {name: at for name, what, at in moves if what == "running"}
        spawned = {one.name: one.started_at for one in state.services if one.started_at}
        own = max(ready[name] - spawned[name] for name in spawned)
        whole = max(ready.values()) - begun
        stop_s = timed(lambda stack=stack: cli(stack, "stop"))  # type: ignore[misc]
        moves = engine_moves(stack)
        ended = {name: at for name, what, at in moves if what == "stopped"}
        asked = {name: at for name, what, at in moves if what == "stopping"}
        longest = max(ended[name] - asked[name] for name in ended if name != "redis")
        stack.end()
        if number:  # the first round warms the disk's cache
            started.append(ours)
            plain.append(peer)
            slowest.append((whole, own))
            stopped.append(stop_s)
            slowest_stop.append(longest)
    return [
        result(
            "start, nothing running, to all ready", 1.0, started, plain, "celery worker to ready."
        ),
        result(
            "services' part of start",
            1.15,
            [whole for whole, _ in slowest],
            [own for _, own in slowest],
            "the slowest service from spawn to ready",
        ),
        result("stop all", 1.15, stopped, slowest_stop, "the slowest service's own stop"),
    ]


def status(root: Path) -> list[dict]:
    """``status --json`` with the engine running, over ``python -c pass``."""
    stack = Stack(root)
    stack.start("redis")
    script = Path(sys.executable).with_name("celery-tray")
    ours, peer = [], []
    for _ in range(ROUNDS * 4):
        peer.append(timed(lambda: run(sys.executable, "-c", "pass")))
        ours.append(
            timed(
                lambda: run(
                    str(script),
                    "status",
                    "--json",
                    "--home",
                    str(stack.home.root),
                    "--project",
                    stack.project,
                    codes=(0, 4),
                )
            )
        )
    stack.end()
    return [result("status --json with the engine running", 6.0, ours, peer, "python -c pass")]


def engine_memory(root: Path) -> list[dict]:
    """The engine's memory with a running stack, over the bare imports."""
    stack = Stack(root)
    stack.start()
    ours = psutil.Process(stack.engine_pid()).memory_info().rss
    code = "import celery, psutil, redis, sys; print(flush=True); sys.stdin.read()"
    peer = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert peer.stdout is not None and peer.stdin is not None
    peer.stdout.readline()
    bare = psutil.Process(peer.pid).memory_info().rss
    peer.stdin.close()
    peer.wait()
    stack.end()
    return [result("engine memory", 1.6, [ours], [bare], "import celery, psutil, redis")]


def idle(root: Path) -> list[dict]:
    """CPU of the idle engine with a running stack, as a share of one core."""
    stack = Stack(root)
    stack.start()
    engine = psutil.Process(stack.engine_pid())
    time.sleep(3)
    before = engine.cpu_times()
    begun = time.monotonic()
    time.sleep(IDLE_S)
    after = engine.cpu_times()
    spent = after.user + after.system - before.user - before.system
    share = spent / (time.monotonic() - begun)
    stack.end()
    return [result("engine idle, stack running: CPU", 0.003, [share], [1.0], "one core")]


def plain_worker(folder: Path) -> float:
    """Seconds from spawn to "ready." of a plain worker of the same app on a running Redis."""
    folder.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    redis = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    until(lambda: answers(port))
    begun = time.monotonic()
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "web.celery_app",
            "worker",
            "--loglevel=info",
            "-c",
            "2",
        ],
        env={**os.environ, "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr is not None
    for line in worker.stderr:
        if " ready." in line:
            break
    taken = time.monotonic() - begun
    worker.terminate()
    worker.communicate()
    redis.terminate()
    redis.wait()
    return taken


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def engine_moves(stack: Stack) -> list[tuple[str, str, float]]:
    """(service, state, seconds since the epoch) as the engine logged them."""
    moves = []
    for line in stack.home.engine_log.read_text().splitlines():
        if "desktop.engine.supervisor: " not in line:
            continue
        at, _, words = line.partition(" INFO desktop.engine.supervisor: ")
        moment, _, millis = at.partition(",")
        epoch = time.mktime(time.strptime(moment, "%Y-%m-%d %H:%M:%S")) + int(millis) / 1000
        name, _, rest = words.partition(": ")
        moves.append((name, rest.split()[0], epoch))
    return moves


def timed(act: Callable[[], object]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def cli(stack: Stack, verb: str) -> None:
    run(*CLI, verb, "--home", str(stack.home.root), "--project", stack.project)


def run(*argv: str, codes: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(argv, capture_output=True, check=False, text=True)
    assert done.returncode in codes, done.stderr


if __name__ == "__main__":
    sys.exit(main())
