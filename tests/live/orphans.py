"""Workers whose launcher is gone: what a closed terminal or a killed script leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from tests.live.conftest import Stack, until

QUIET = ("--without-mingle", "--without-gossip", "--without-heartbeat")


def worker(name: str, *more: str) -> tuple[str, ...]:
    """The command line of a solo worker of the bundled app."""
    celery = (sys.executable, "-P", "-m", "celery", "-A", "web.celery_app", "worker")
    return (*celery, "-n", f"{name}@%h", "-P", "solo", *QUIET, *more)


@contextmanager
def orphans(stack: Stack, names: Sequence[str]) -> Iterator[list[int]]:
    """One worker of each name on the stack's Redis; the shell that started them has ended.

    What is left of them afterwards is killed, by its pid and create time.
    """
    log = stack.folder / "orphans.log"
    jobs = "".join(f"{' '.join(worker(name))} >>{log} 2>&1 & echo $!\n" for name in names)
    shell = subprocess.Popen(
        ["bash", "-c", jobs],
        cwd=stack.folder,
        env={**os.environ, "CELERY_BROKER_URL": stack.redis_url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert shell.stdout
    started = [psutil.Process(int(shell.stdout.readline())) for _ in names]
    shell.wait(30)
    shell.stdout.close()
    try:
        yield [one.pid for one in started]
    finally:
        for one in started:
            if one.is_running() and one.status() != psutil.STATUS_ZOMBIE:
                one.send_signal(signal.SIGKILL)


def gone(pid: int) -> bool:
    """Ended, reaped or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def answering(stack: Stack, names: Sequence[str], timeout_s: float = 90.0) -> None:
    """Wait until each of them answers on the broker."""
    from desktop.engine.control import Control

    control = Control(stack.redis_url)

    def all_answer() -> bool:
        return {node.partition("@")[0] for node in control.stats(1.0)} >= set(names)

    until(all_answer, timeout_s)
