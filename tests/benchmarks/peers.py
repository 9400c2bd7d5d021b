"""The same services under honcho and under supervisor: the same command lines, folders and
environments, and the same questions until all are ready."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.measurement import Measurement, Settings, in_turn, measured
from tests.benchmarks.processes import running, surroundings
from tests.benchmarks.stacks import (
    BIN,
    PROGRAM,
    Service,
    bench_stack,
    celery_tray,
    dismiss_engine,
    services,
    wait_until_ready,
)
from tests.live.conftest import Stack


def measure_honcho(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """Over ``honcho start`` with a Procfile."""
    yield from _measure("honcho", _honcho, folder, settings)


def measure_supervisor(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """Over ``supervisord`` with a program section each."""
    yield from _measure("supervisor", _supervisor, folder, settings)


def _measure(
    peer: str,
    command: Callable[[Path, tuple[Service, ...]], list[str]],
    folder: Path,
    settings: Settings,
) -> Iterator[Measurement]:
    with bench_stack(folder / "stack") as stack:
        celery_tray(stack, "start")
        parts = services(stack)
        celery_tray(stack, "stop")
        dismiss_engine(stack)
        argv = command(folder, parts)
        pairs = in_turn(
            lambda: _ours(stack, parts),
            lambda: _theirs(argv, folder, parts),
            settings.rounds,
        )
    yield measured(
        peer,
        1.0,
        pairs,
        f"spawn of `celery-tray start` until Redis says PONG, the worker answers a ping, monitor "
        f"and web answer 200; over spawn of {peer} with the same command lines until the same",
    )


def _ours(stack: Stack, parts: tuple[Service, ...]) -> float:
    where = ["--home", str(stack.home.root), "--project", stack.project]
    begun = time.perf_counter()
    with running([PROGRAM, "start", *where], surroundings()) as process:
        wait_until_ready(parts)
        taken = time.perf_counter() - begun
        if process.wait(60):
            raise RuntimeError("celery-tray start failed")
    stack.status()
    celery_tray(stack, "stop")
    dismiss_engine(stack)
    return taken


def _theirs(argv: list[str], folder: Path, parts: tuple[Service, ...]) -> float:
    begun = time.perf_counter()
    with running(argv, surroundings(), folder, folder / "peer.log"):
        wait_until_ready(parts)
        return time.perf_counter() - begun


def _honcho(folder: Path, parts: tuple[Service, ...]) -> list[str]:
    lines = []
    for one in parts:
        environment = [f"{name}={value}" for name, value in one.added.items()]
        command = shlex.join(["env", *environment, *one.argv])
        lines.append(f"{one.name}: cd {shlex.quote(one.spec.cwd)} && exec {command}\n")
    (folder / "Procfile").write_text("".join(lines))
    return [str(BIN / "honcho"), "start", "-f", str(folder / "Procfile")]


def _supervisor(folder: Path, parts: tuple[Service, ...]) -> list[str]:
    lines = ["[supervisord]", "nodaemon=true", f"logfile={folder}/supervisord.log"]
    lines += [f"pidfile={folder}/supervisord.pid", f"childlogdir={folder}"]
    for place, one in enumerate(parts):
        environment = ",".join(f'{name}="{value}"' for name, value in one.added.items())
        lines += [f"[program:{one.name}]", f"command={shlex.join(one.argv)}"]
        lines += [f"directory={one.spec.cwd}", f"priority={place}", "stopwaitsecs=60"]
        lines += [f"environment={environment}"]
    # "%" begins an expansion in this format.
    (folder / "supervisord.conf").write_text("\n".join(lines).replace("%", "%%") + "\n")
    return [str(BIN / "supervisord"), "-c", str(folder / "supervisord.conf")]
