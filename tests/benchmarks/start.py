"""Start and stop of a whole stack, over a worker alone and over the slowest service alone."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from desktop.engine.states import ServiceKind
from tests.benchmarks.measurement import Measurement, Settings, in_turn, measured, seconds
from tests.benchmarks.processes import running, surroundings
from tests.benchmarks.stacks import (
    BIN,
    Moves,
    Service,
    answers_pong,
    bench_stack,
    celery_tray,
    dismiss_engine,
    services,
    wait_until_ready,
)
from tests.live.conftest import Stack, until
from tests.ports import free_port

READY = b" ready."


class Cycle(msgspec.Struct, frozen=True):
    """One start and stop of our whole stack, in seconds."""

    start: float
    services: float
    """From the first spawn until the last service was ready, as the engine logged it."""
    stop: float


class Alone(msgspec.Struct, frozen=True):
    """Each service by hand, one after the other, in seconds."""

    plain_worker: float
    slowest_start: float
    slowest_stop: float


def measure(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """``start`` and ``stop`` of everything; all peers in the same rounds."""
    with bench_stack(folder / "stack") as stack:
        celery_tray(stack, "start")
        parts = services(stack)
        celery_tray(stack, "stop")
        dismiss_engine(stack)
        with plain_redis(folder / "plain", free_port()) as url:
            pairs = in_turn(
                lambda: cycle(stack),
                lambda: alone(folder, parts, url),
                settings.rounds,
            )
    yield measured(
        "start",
        1.0,
        ((ours.start, peer.plain_worker) for ours, peer in pairs),
        "`celery-tray start`, neither engine nor Redis running, until it returns with redis, "
        "worker, monitor and web ready; over `celery -A web.celery_app worker` of the same "
        "concurrency on a running Redis, from spawn to its line `ready.`",
    )
    yield measured(
        "start-services",
        1.15,
        ((ours.services, peer.slowest_start) for ours, peer in pairs),
        "first spawn to all ready in the engine's log; over the slowest service by hand with "
        "the same command line, alone, from spawn to its answer",
    )
    yield measured(
        "stop",
        1.15,
        ((ours.stop, peer.slowest_stop) for ours, peer in pairs),
        "`celery-tray stop` until it returns with everything stopped; over the slowest service "
        "by hand, from TERM to its exit",
    )


def cycle(stack: Stack) -> Cycle:
    moves = Moves(stack)
    start_s = seconds(lambda: celery_tray(stack, "start"))
    begun = min(one.started_at for one in stack.status().services if one.started_at)
    ready = max(moves.instants("running").values())
    stop_s = seconds(lambda: celery_tray(stack, "stop"))
    dismiss_engine(stack)
    return Cycle(start_s, ready - begun, stop_s)


def alone(folder: Path, parts: tuple[Service, ...], url: str) -> Alone:
    worker = next(one for one in parts if one.spec.kind is ServiceKind.WORKER)
    concurrency = worker.argv[worker.argv.index("-c") + 1]
    plain = plain_worker(folder / "plain.log", url, concurrency)
    starts, stops = [], []
    with ExitStack() as server:
        for one in parts:
            with ExitStack() as own:
                # Redis stays up for the others; what it takes is measured on the way.
                holder = server if one.spec.kind is ServiceKind.REDIS else own
                begun = time.perf_counter()
                process = holder.enter_context(
                    running(one.argv, one.env, one.spec.cwd, folder / f"{one.name}.log")
                )
                wait_until_ready((one,))
                starts.append(time.perf_counter() - begun)
                if holder is own:
                    stops.append(seconds(lambda: stop(process)))  # noqa: B023 - called at once
    return Alone(plain, max(starts), max(stops))


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def plain_worker(output: Path, url: str, concurrency: str) -> float:
    """Seconds from spawn to "ready." of a worker as its documentation starts it."""
    output.unlink(missing_ok=True)
    argv = [str(BIN / "celery"), "-A", "web.celery_app", "worker"]
    argv += ["--loglevel=info", "-c", concurrency]
    begun = time.perf_counter()
    with running(argv, surroundings(CELERY_BROKER_URL=url), output.parent, output) as process:
        while READY not in output.read_bytes():
            if process.poll() is not None:
                raise RuntimeError(output.read_text())
            time.sleep(0.002)
        return time.perf_counter() - begun


@contextmanager
def plain_redis(folder: Path, port: int) -> Iterator[str]:
    """A Redis without a disk; its URL."""
    folder.mkdir()
    url = f"redis://127.0.0.1:{port}/0"
    argv = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
    argv += ["--save", "", "--dir", str(folder)]
    with running(argv, surroundings()):
        until(lambda: answers_pong(url))
        yield url
