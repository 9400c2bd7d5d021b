"""Workers that somebody else started beside ours: same node name, replaced, never mistaken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.engine.commands import Existing, Restart
from desktop.engine.control import Control
from tests.live.conftest import until
from tests.live.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    one = Ledger(tmp_path)
    yield one
    one.hold.unlink(missing_ok=True)
    one.open_gate()
    one.end()


@pytest.fixture
def start_theirs(ledger: Ledger) -> Iterator[Callable[[], int]]:
    """Starts a worker by hand, with the node name of ours; its pid, once it consumes."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> int:
        ledger.start("redis")
        log = ledger.folder.parent / f"theirs{len(started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                f"{sys.executable} -m celery -A book worker -n hand@%h -c 2 -l info "
                "--without-mingle".split(),
                cwd=ledger.folder,
                env=ledger.environment(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        started.append(process)
        until(lambda: " ready." in log.read_text())
        return process.pid

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def consuming(ledger: Ledger) -> set[int]:
    node = ledger.service("hand").node
    replies = Control(ledger.redis_url).replies("stats", 0.5, [node, node, node])
    return {reply["pid"] for _, reply in replies}


def test_another_worker_of_the_same_name_does_not_answer_for_ours(
    ledger: Ledger, start_theirs: Callable[[], int]
) -> None:
    theirs = start_theirs()
    report = ledger.start("hand", existing=Existing.KEEP)
    assert report.ready == ("redis", "hand")
    ours = ledger.service("hand").pid
    assert consuming(ledger) == {theirs, ours}, "ready means that ours consumes"
    with ledger.client() as client:
        client.submit(Restart(ledger.project, ("hand",)))
    assert ledger.service("hand").pid in consuming(ledger)
    assert theirs in consuming(ledger), "theirs was not stopped by its name"


def test_replaced_workers_finish_their_tasks_and_only_they_are_stopped(
    ledger: Ledger, start_theirs: Callable[[], int]
) -> None:
    theirs = {start_theirs(), start_theirs()}
    ledger.send(10, 0.2)
    ledger.until_began(4)
    report = ledger.start("hand", existing=Existing.REPLACE)
    assert (set(report.replaced), report.failed, report.finishing) == (theirs, (), ())
    ledger.send(4)
    assert set(ledger.until_all_ended().values()) == {1}
    assert consuming(ledger) == {ledger.service("hand").pid}
